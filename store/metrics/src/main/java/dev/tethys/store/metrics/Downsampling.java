package dev.tethys.store.metrics;

import java.time.Duration;
import java.util.List;

/**
 * Level of downsampled data: buckets of one length, created from data older than an age, with a
 * separate retention time.
 *
 * @param resolution the length of buckets
 * @param after the age at which data is downsampled, counted from the newest sample of the store
 * @param keep retention time of the buckets; zero forever
 */
public record Downsampling(Duration resolution, Duration after, Duration keep) {
  /** The shortest bucket. */
  public static final Duration MIN_RESOLUTION = Duration.ofSeconds(10);

  /** The longest bucket. */
  public static final Duration MAX_RESOLUTION = Duration.ofDays(1);

  /** The maximum number of levels. */
  public static final int MAX_LEVELS = 4;

  public Downsampling {
    if (resolution.compareTo(MIN_RESOLUTION) < 0 || resolution.compareTo(MAX_RESOLUTION) > 0) {
      throw new IllegalArgumentException("a resolution must be between 10s and 1d");
    }
    if (after.compareTo(resolution) < 0) {
      throw new IllegalArgumentException(
          "data is downsampled at an age of at least the resolution");
    }
    if (keep.isNegative() || !keep.isZero() && keep.compareTo(after) <= 0) {
      throw new IllegalArgumentException(
          "buckets must be kept longer than the age at which they are created, or forever");
    }
  }

  /** Milliseconds as a duration in one unit: {@code 5m}. */
  public static String text(long millis) {
    long[] sizes = {86_400_000, 3_600_000, 60_000, 1000};
    String[] units = {"d", "h", "m", "s"};
    for (int i = 0; i < sizes.length; i++) {
      if (millis >= sizes[i] && millis % sizes[i] == 0) {
        return millis / sizes[i] + units[i];
      }
    }
    return millis + "ms";
  }

  /**
   * Checks levels against each other and samples.
   *
   * @param samples retention of samples; zero for unlimited
   * @throws IllegalArgumentException names the level that conflicts, and the rule
   */
  public static void check(List<Downsampling> levels, Duration samples) {
    if (levels.size() > MAX_LEVELS) {
      throw new IllegalArgumentException("at most " + MAX_LEVELS + " levels of downsampling");
    }
    Duration below = samples;
    Downsampling before = null;
    for (Downsampling d : levels) {
      if (before != null
          && (d.resolution.compareTo(before.resolution) <= 0
              || d.resolution.toMillis() % before.resolution.toMillis() != 0)) {
        throw new IllegalArgumentException(
            "each resolution is a multiple of the one before it, and levels ascend");
      }
      if (before != null && d.after.compareTo(before.after) < 0) {
        throw new IllegalArgumentException(
            "longer buckets are built from shorter ones, so their age must not be lower");
      }
      if (!below.isZero() && d.after.compareTo(below) >= 0) {
        throw new IllegalArgumentException("data would be downsampled only after its retention");
      }
      below = d.keep;
      before = d;
    }
  }
}
