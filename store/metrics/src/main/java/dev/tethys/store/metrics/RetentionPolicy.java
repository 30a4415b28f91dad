package dev.tethys.store.metrics;

import dev.tethys.model.Matcher;
import java.time.Duration;
import java.util.List;

/**
 * Retention by time, size and rules. Ages are counted from the newest sample of the store, or from
 * the present where that is earlier, so that a clock that jumps removes nothing.
 *
 * @param time retention of series without a rule; zero keeps them forever. Without rules, whole
 *     blocks are removed once their newest sample is older; with rules, it is applied exactly, as
 *     the rules are
 * @param bytes the oldest blocks are removed while all blocks and the log take more; 0 for no limit
 * @param percentage the same as a share of the file system's size, which then replaces it; 0 to
 *     100, 0 for no limit
 * @param rules retention of matching series; the first match applies
 */
public record RetentionPolicy(Duration time, long bytes, double percentage, List<Rule> rules) {
  /** Fifteen days. */
  public static final RetentionPolicy DEFAULT =
      new RetentionPolicy(Duration.ofDays(15), 0, 0, List.of());

  public RetentionPolicy {
    if (time.isNegative() || bytes < 0 || !(percentage >= 0 && percentage <= 100)) {
      throw new IllegalArgumentException(
          "a retention time or size must not be negative, a percentage must be between 0 and 100");
    }
    rules = List.copyOf(rules);
  }

  /**
   * Returns the longest retention of any series, milliseconds; {@link Long#MAX_VALUE} for
   * unlimited.
   */
  long longest() {
    long longest = longest(time);
    for (Rule r : rules) {
      longest = Math.max(longest, longest(r.time));
    }
    return longest;
  }

  private static long longest(Duration time) {
    return time.isZero() ? Long.MAX_VALUE : time.toMillis();
  }

  /**
   * Retention of matching series.
   *
   * @param matchers all of which a series matches
   * @param time zero forever
   */
  public record Rule(List<Matcher> matchers, Duration time) {
    public Rule {
      if (time.isNegative() || matchers.isEmpty()) {
        throw new IllegalArgumentException("a rule needs matchers and a time that is not negative");
      }
      matchers = List.copyOf(matchers);
    }
  }
}
