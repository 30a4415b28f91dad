package dev.tethys.model.storage;

/**
 * Coarsest resolution accepted by a reader. A store may keep summaries of sample buckets ({@link
 * Summaries}) in addition to samples, and for longer.
 *
 * @param same buckets of any length that divides this number of milliseconds give the reader the
 *     same result as samples; 0 if none do
 * @param rough the longest buckets, in milliseconds, that the reader accepts instead of samples
 *     although the result differs; 0 to accept them only where samples were deleted
 * @param lookback maximum age of a sample, if the reader requests the newest one at given times;
 *     otherwise 0
 * @param summaries whether the reader understands {@link SampleBuffer#summaries}; otherwise it gets
 *     stored samples
 * @param samplesOnly whether the reader accepts no summaries at all where samples were deleted
 */
public record Resolution(
    long same, long rough, long lookback, boolean summaries, boolean samplesOnly) {
  /** Samples, or the finest remaining data where samples have been deleted. */
  public static final Resolution FINEST = new Resolution(0, 0, 0, false, false);

  /** Only samples. */
  public static final Resolution SAMPLES = new Resolution(0, 0, 0, false, true);

  public Resolution {
    if (same < 0 || rough < 0 || lookback < 0) {
      throw new IllegalArgumentException("a resolution must not be negative");
    }
  }

  /** Whether buckets of a given length yield the same result as samples. */
  public boolean isSame(long bucket) {
    return same > 0 && same % bucket == 0;
  }
}
