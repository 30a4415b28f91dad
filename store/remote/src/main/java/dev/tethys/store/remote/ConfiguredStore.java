package dev.tethys.store.remote;

import dev.tethys.model.Matcher;
import dev.tethys.model.storage.SelectHints;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A foreign store and when it is queried.
 *
 * @param key configuration key that defines it, {@code remote_read} or another
 * @param shown its name in warnings
 * @param requiredMatchers queried only by selectors that have all of these as equality matchers
 * @param readRecent queried also for times that the embedded store has
 * @param timeLimit timeout
 */
record ConfiguredStore(
    String key,
    String shown,
    Map<String, String> requiredMatchers,
    boolean readRecent,
    AdaptiveTimeout timeLimit,
    ForeignStore store) {
  /**
   * Time range to request from it; null if it is not queried.
   *
   * @param localStart earliest time from which the embedded store is complete
   */
  @Nullable SelectHints hintsFor(SelectHints hints, List<Matcher> matchers, long localStart) {
    for (var required : requiredMatchers.entrySet()) {
      if (matchers.stream()
          .noneMatch(
              m ->
                  m.type() == Matcher.Type.EQUAL
                      && m.name().equals(required.getKey())
                      && m.value().equals(required.getValue()))) {
        return null;
      }
    }
    if (readRecent) {
      return hints;
    }
    long end = Math.min(hints.maxTime(), localStart - 1);
    return end < hints.minTime()
        ? null
        : new SelectHints(
            hints.minTime(),
            end,
            hints.step(),
            hints.range(),
            hints.function(),
            hints.resolution(),
            hints.windows());
  }
}
