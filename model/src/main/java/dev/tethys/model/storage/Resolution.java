package dev.tethys.model.storage;

/**
 * How coarse a reader will take what it reads. A store may keep summaries of buckets of samples
 * ({@link Summaries}) beside samples, and longer than these.
 *
 * @param same buckets of any length that divides this number of milliseconds answer the reader as
 *     samples would; 0 when none do
 * @param rough the longest buckets, in milliseconds, that the reader takes in the place of samples
 *     though the answer differs; 0 only where samples are no longer there
 * @param lookback how old a sample the reader shows, where it asks for the newest at moments; 0
 *     where it does not
 * @param summaries whether the reader understands {@link SampleBuffer#summaries}; one that does not
 *     is given samples that were kept
 * @param samplesOnly whether the reader wants nothing instead of what is left of samples
 */
public record Resolution(
    long same, long rough, long lookback, boolean summaries, boolean samplesOnly) {
  /** Samples, and what was kept of them where they are no longer there. */
  public static final Resolution FINEST = new Resolution(0, 0, 0, false, false);

  /** Samples alone. */
  public static final Resolution SAMPLES = new Resolution(0, 0, 0, false, true);

  public Resolution {
    if (same < 0 || rough < 0 || lookback < 0) {
      throw new IllegalArgumentException("a resolution is not negative");
    }
  }

  /** Whether buckets of some length answer as samples would. */
  public boolean isSame(long bucket) {
    return same > 0 && same % bucket == 0;
  }
}
