package dev.tethys.model.storage;

import java.util.Arrays;

/**
 * Summaries of consecutive samples, row by row: the columns of downsampled data. A row aggregates
 * consecutive float samples of one series within one time bucket; buckets are open on the left and
 * closed on the right, like windows of range selectors. An unaggregated sample is a row with a
 * bucket of one millisecond.
 *
 * <p>Rows ascend by time. Arrays are longer than {@link #size} and belong to the buffer. Rows
 * contain no stale markers.
 */
public final class Summaries {
  /** Number of rows. */
  public int size;

  /** Start of the bucket in milliseconds (exclusive); {@link #to} is its end (inclusive). */
  public long[] from = new long[64];

  public long[] to = new long[64];

  /** The times of the first and the last sample. */
  public long[] firstTimes = new long[64];

  public long[] lastTimes = new long[64];

  /** Number of samples, at least 1. */
  public long[] counts = new long[64];

  public double[] first = new double[64];
  public double[] last = new double[64];

  /** The minimum and the maximum; NaN only if there are no other values. */
  public double[] min = new double[64];

  public double[] max = new double[64];

  /** The sum, as by {@link dev.tethys.model.CompensatedSum}. */
  public double[] sums = new double[64];

  /** Number of samples below the preceding one, as after a counter reset. */
  public long[] resets = new long[64];

  /** The sum of the samples before these. */
  public double[] lost = new double[64];

  /** Clears all rows. */
  public void clear() {
    size = 0;
  }

  /** Ensures a capacity in rows; existing rows are kept. */
  public void ensure(int capacity) {
    if (from.length < capacity) {
      int n = Math.max(capacity, from.length * 2);
      from = Arrays.copyOf(from, n);
      to = Arrays.copyOf(to, n);
      firstTimes = Arrays.copyOf(firstTimes, n);
      lastTimes = Arrays.copyOf(lastTimes, n);
      counts = Arrays.copyOf(counts, n);
      first = Arrays.copyOf(first, n);
      last = Arrays.copyOf(last, n);
      min = Arrays.copyOf(min, n);
      max = Arrays.copyOf(max, n);
      sums = Arrays.copyOf(sums, n);
      resets = Arrays.copyOf(resets, n);
      lost = Arrays.copyOf(lost, n);
    }
  }

  /** Appends one sample as a row. */
  public void add(long time, double value) {
    ensure(size + 1);
    int i = size++;
    from[i] = time - 1;
    to[i] = time;
    firstTimes[i] = time;
    lastTimes[i] = time;
    counts[i] = 1;
    first[i] = value;
    last[i] = value;
    min[i] = value;
    max[i] = value;
    sums[i] = value;
    resets[i] = 0;
    lost[i] = 0;
  }

  /** Appends a row of others. */
  public void add(Summaries other, int row) {
    ensure(size + 1);
    copy(other, row, size++);
  }

  /** Replaces a row by one of others, or of these. */
  public void copy(Summaries other, int row, int into) {
    from[into] = other.from[row];
    to[into] = other.to[row];
    firstTimes[into] = other.firstTimes[row];
    lastTimes[into] = other.lastTimes[row];
    counts[into] = other.counts[row];
    first[into] = other.first[row];
    last[into] = other.last[row];
    min[into] = other.min[row];
    max[into] = other.max[row];
    sums[into] = other.sums[row];
    resets[into] = other.resets[row];
    lost[into] = other.lost[row];
  }
}
