package dev.tethys.model.profiles;

import java.util.Arrays;

/**
 * Columns of profiles with their samples in encoded form. Rows are only added, so that the arrays
 * are unchanged up to a count that was read before. Not thread-safe.
 *
 * <p>Samples of a row: for each: svarint stack - that of the previous sample, uvarint set of
 * attributes, svarint value.
 */
public final class ProfileRows {
  private static final int ROW_BYTES = 48;
  private static final int MAX_SAMPLE = 5 + 5 + 10;

  /** Number of rows. */
  public int count;

  /** Series index of each row. */
  public int[] series = new int[16];

  /** Start of the profile, Unix nanoseconds. */
  public long[] times = new long[16];

  /** Nanoseconds, 0 if unknown. */
  public long[] durations = new long[16];

  /** Distance of two samples in units of the period type. */
  public long[] periods = new long[16];

  /** Sum of the values in each profile. */
  public long[] totals = new long[16];

  /** Sets of {@link ProfileSymbols#attributes} of profiles. */
  public int[] metas = new int[16];

  /** Number of samples in each profile. */
  public int[] samples = new int[16];

  /** Offset of the samples in {@code bytes}; the end of the last row follows. */
  public int[] starts = new int[17];

  /** Encoded samples. */
  public byte[] bytes = new byte[1 << 10];

  /** Adds a row; the samples are copied. */
  public void add(int seriesIndex, long time, long duration, long period, int meta, Samples of) {
    if (count == series.length) {
      int n = count * 2;
      series = Arrays.copyOf(series, n);
      times = Arrays.copyOf(times, n);
      durations = Arrays.copyOf(durations, n);
      periods = Arrays.copyOf(periods, n);
      totals = Arrays.copyOf(totals, n);
      metas = Arrays.copyOf(metas, n);
      samples = Arrays.copyOf(samples, n);
      starts = Arrays.copyOf(starts, n + 1);
    }
    int at = starts[count];
    int most = Math.addExact(at, Math.multiplyExact(of.count, MAX_SAMPLE));
    if (most > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8L, most * 3L / 2));
    }
    int before = 0;
    for (int i = 0; i < of.count; i++) {
      at = put(at, zigzag(of.stacks[i] - before));
      before = of.stacks[i];
      at = put(at, of.attributes[i]);
      at = put(at, zigzag(of.values[i]));
    }
    series[count] = seriesIndex;
    times[count] = time;
    durations[count] = duration;
    periods[count] = period;
    totals[count] = of.total();
    metas[count] = meta;
    samples[count] = of.count;
    starts[++count] = at;
  }

  /** Removes all rows and keeps the arrays: views of these rows must no longer be in use. */
  void clear() {
    count = 0;
  }

  private static long zigzag(long v) {
    return v << 1 ^ v >> 63;
  }

  private int put(int offset, long value) {
    int at = offset;
    long v = value;
    while ((v & ~0x7fL) != 0) {
      bytes[at++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    bytes[at++] = (byte) v;
    return at;
  }

  /** Returns the memory used by the rows. */
  public long size() {
    return starts[count] + (long) ROW_BYTES * count;
  }

  /** Copy of the first rows, which shares no array. */
  public ProfileRows copy(int rows) {
    ProfileRows c = new ProfileRows();
    int n = Math.max(16, rows);
    c.count = rows;
    c.series = Arrays.copyOf(series, n);
    c.times = Arrays.copyOf(times, n);
    c.durations = Arrays.copyOf(durations, n);
    c.periods = Arrays.copyOf(periods, n);
    c.totals = Arrays.copyOf(totals, n);
    c.metas = Arrays.copyOf(metas, n);
    c.samples = Arrays.copyOf(samples, n);
    c.starts = Arrays.copyOf(starts, n + 1);
    c.bytes = Arrays.copyOf(bytes, Math.max(64, starts[rows]));
    return c;
  }

  /** Rows so far, unchanged by later ones. */
  public ProfileRows view() {
    ProfileRows v = new ProfileRows();
    v.count = count;
    v.series = series;
    v.times = times;
    v.durations = durations;
    v.periods = periods;
    v.totals = totals;
    v.metas = metas;
    v.samples = samples;
    v.starts = starts;
    v.bytes = bytes;
    return v;
  }

  /** Decodes the samples of a row. */
  public void read(int row, Samples into) {
    int n = samples[row];
    into.clear().reserve(n);
    position = starts[row];
    int stack = 0;
    for (int i = 0; i < n; i++) {
      stack += (int) unzigzag(get());
      into.stacks[i] = stack;
      into.attributes[i] = (int) get();
      into.values[i] = unzigzag(get());
    }
    into.count = n;
  }

  private int position; // of read

  private long get() {
    int b = bytes[position++];
    if (b >= 0) {
      return b;
    }
    long v = b & 0x7f;
    for (int shift = 7; b < 0; shift += 7) {
      b = bytes[position++];
      v |= (long) (b & 0x7f) << shift;
    }
    return v;
  }

  private static long unzigzag(long v) {
    return v >>> 1 ^ -(v & 1);
  }
}
