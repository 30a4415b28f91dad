package dev.tethys.store.metrics;

import dev.tethys.model.Matcher;
import java.time.Duration;
import java.util.List;

/**
 * How long and how much is kept. Ages are counted from the newest sample of the store, or from the
 * present where that is earlier, so that a clock that jumps removes nothing.
 *
 * @param time of series without a rule; zero for ever. Without rules whole blocks go, when their
 *     newest sample is past it; with rules it is exact, as the rules are
 * @param bytes the oldest blocks go while all blocks and the log take more; 0 for no limit
 * @param percentage the same as a share of the file system's size, and then instead of it; 0 to
 *     100, 0 for no limit
 * @param rules of series that are kept for another time; the first that a series meets holds
 */
public record RetentionPolicy(Duration time, long bytes, double percentage, List<Rule> rules) {
  /** Fifteen days. */
  public static final RetentionPolicy DEFAULT =
      new RetentionPolicy(Duration.ofDays(15), 0, 0, List.of());

  public RetentionPolicy {
    if (time.isNegative() || bytes < 0 || !(percentage >= 0 && percentage <= 100)) {
      throw new IllegalArgumentException(
          "a retention time or size is not negative, a percentage lies between 0 and 100");
    }
    rules = List.copyOf(rules);
  }

  /** How long the series that is kept longest is, milliseconds; the largest number for ever. */
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
   * Series that are kept for a time of their own.
   *
   * @param matchers all of which a series meets
   * @param time zero for ever
   */
  public record Rule(List<Matcher> matchers, Duration time) {
    public Rule {
      if (time.isNegative() || matchers.isEmpty()) {
        throw new IllegalArgumentException("a rule has matchers and a time that is not negative");
      }
      matchers = List.copyOf(matchers);
    }
  }
}
