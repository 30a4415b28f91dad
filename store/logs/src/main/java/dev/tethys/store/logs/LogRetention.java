package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.List;

/**
 * Retention of a tenant's entries by stream, as in Loki's {@code limits_config}.
 *
 * @param nanos age of the oldest entries of streams that no rule selects, {@code retention_period};
 *     0 for no limit
 * @param rules {@code retention_stream}
 */
public record LogRetention(long nanos, List<Rule> rules) {
  /**
   * Retention of the streams that a selector fits.
   *
   * @param priority priority: of the rules that match a stream, the highest applies; among equal
   *     ones, the one that keeps data longest
   * @param nanos age of the oldest entries, 0 for no limit
   */
  public record Rule(List<Matcher> selector, long priority, long nanos) {
    private boolean fits(Labels stream) {
      return Matcher.matchAll(selector, stream);
    }

    private boolean isBefore(Rule other) {
      return priority != other.priority
          ? priority > other.priority
          : endless(nanos) > endless(other.nanos);
    }
  }

  private static long endless(long nanos) {
    return nanos == 0 ? Long.MAX_VALUE : nanos;
  }

  /**
   * Returns the age of the oldest entries of a stream in nanoseconds; {@link Long#MAX_VALUE} for no
   * limit.
   */
  long of(Labels stream) {
    Rule applies = null;
    for (Rule r : rules) {
      if ((applies == null || r.isBefore(applies)) && r.fits(stream)) {
        applies = r;
      }
    }
    return endless(applies == null ? nanos : applies.nanos);
  }

  /** The longest of all streams; {@link Long#MAX_VALUE} for no limit. */
  long longest() {
    long longest = endless(nanos);
    for (Rule r : rules) {
      longest = Math.max(longest, endless(r.nanos));
    }
    return longest;
  }
}
