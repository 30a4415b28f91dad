package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Newest histograms of a series, each encoded as the difference to its predecessor. That is some
 * bytes for each bucket; objects with eight bytes per bucket and a header would live long enough to
 * be promoted and then become garbage.
 *
 * <p>Row:
 *
 * <pre>
 * svarint time, svarint start time    less those of the row before, or of 0
 * byte: bits 0-1 form, bits 2- reset hint
 *   0 WHOLE    a {@link HistogramColumn} of this one
 *   1 COUNTED  8 bytes sum, svarint count, zero count, buckets: less those of the row before
 *   2 RAW      8 bytes each: sum, count, zero count, buckets
 * </pre>
 *
 * The layout of a row that is not whole is that of the one before. All arithmetic wraps.
 */
final class HistogramRows {
  private static final int WHOLE = 0;
  private static final int COUNTED = 1;
  private static final int RAW = 2;
  private static final int HINT = 2;
  private static final ResetHint[] HINTS = ResetHint.values();
  private static final double[] NONE = {};

  /** Bytes of spare space in addition to a quarter of the content. */
  private static final int SPARE = 64;

  private byte[] bytes = new byte[0];
  private int size;
  private int count;
  private long first;
  private long time;
  private long start;
  private @Nullable Histogram layout; // of the newest row; may be of an older one
  private ResetHint hint = ResetHint.UNKNOWN; // of the newest row
  private double[] last = NONE; // sum, count, zero count and buckets of the newest row

  int count() {
    return count;
  }

  /** Returns the time of the oldest row; undefined without rows. */
  long firstTime() {
    return first;
  }

  /** Returns the time of the newest row; undefined without rows. */
  long newestTime() {
    return time;
  }

  long memory() {
    return 128L + bytes.length + 8L * last.length + (layout == null ? 0 : 300 + 8L * last.length);
  }

  void clear() {
    size = 0;
    count = 0;
    time = 0;
    start = 0;
  }

  /** Appends a row; scratch is overwritten. Nothing is changed on an out-of-memory error. */
  void add(long startTime, long time, Histogram h, HistogramColumn column, ByteSink scratch) {
    scratch.clear();
    scratch.svarint(time - this.time);
    scratch.svarint(startTime - start);
    Histogram before = layout;
    boolean same = before != null && HistogramColumn.sameLayout(before, h);
    double[] to = same ? last : new double[3 + h.positive().length + h.negative().length];
    if (!same || count == 0) {
      scratch.putByte(WHOLE);
      column.encode(new Histogram[] {h}, 1, scratch);
    } else if (whole(h) && wholeBefore()) {
      scratch.putByte(COUNTED | h.resetHint().ordinal() << HINT);
      counted(h, scratch);
    } else {
      scratch.putByte(RAW | h.resetHint().ordinal() << HINT);
      raw(h, scratch);
    }
    if (bytes.length < size + scratch.size) {
      bytes = Arrays.copyOf(bytes, Math.max(size + scratch.size, size + size / 4) + SPARE);
    }
    System.arraycopy(scratch.buf, 0, bytes, size, scratch.size);
    size += scratch.size;
    if (!same) {
      layout = h;
      last = to;
    }
    remember(h);
    if (count == 0) {
      first = time;
    }
    this.time = time;
    start = startTime;
    count++;
  }

  /** The newest; null if there is none. */
  @Nullable Histogram newest() {
    Histogram h = layout;
    if (h == null || count == 0) {
      return null;
    }
    int positives = 3 + h.positive().length;
    return new Histogram(
        h.integer(),
        hint,
        h.schema(),
        h.zeroThreshold(),
        last[2],
        last[1],
        last[0],
        h.positiveSpans(),
        Arrays.copyOfRange(last, 3, positives),
        h.negativeSpans(),
        Arrays.copyOfRange(last, positives, last.length),
        h.customBounds());
  }

  private void remember(Histogram h) {
    hint = h.resetHint();
    last[0] = h.sum();
    last[1] = h.count();
    last[2] = h.zeroCount();
    System.arraycopy(h.positive(), 0, last, 3, h.positive().length);
    System.arraycopy(h.negative(), 0, last, 3 + h.positive().length, h.negative().length);
  }

  private static boolean whole(Histogram h) {
    return isWhole(h.count())
        && isWhole(h.zeroCount())
        && areWhole(h.positive(), 0)
        && areWhole(h.negative(), 0);
  }

  private boolean wholeBefore() {
    return areWhole(last, 1);
  }

  private static boolean areWhole(double[] v, int from) {
    for (int i = from; i < v.length; i++) {
      if (!isWhole(v[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether it comes back from a long bit for bit. */
  private static boolean isWhole(double v) {
    return Double.doubleToRawLongBits((double) (long) v) == Double.doubleToRawLongBits(v);
  }

  private void counted(Histogram h, ByteSink out) {
    out.putLong(Double.doubleToRawLongBits(h.sum()));
    out.svarint((long) h.count() - (long) last[1]);
    out.svarint((long) h.zeroCount() - (long) last[2]);
    counted(h.positive(), 3, out);
    counted(h.negative(), 3 + h.positive().length, out);
  }

  private void counted(double[] v, int at, ByteSink out) {
    for (int i = 0; i < v.length; i++) {
      out.svarint((long) v[i] - (long) last[at + i]);
    }
  }

  private static void raw(Histogram h, ByteSink out) {
    out.putLong(Double.doubleToRawLongBits(h.sum()));
    out.putLong(Double.doubleToRawLongBits(h.count()));
    out.putLong(Double.doubleToRawLongBits(h.zeroCount()));
    for (double v : h.positive()) {
      out.putLong(Double.doubleToRawLongBits(v));
    }
    for (double v : h.negative()) {
      out.putLong(Double.doubleToRawLongBits(v));
    }
  }

  /** Returns a copy that a reader may keep. */
  Copy copy() {
    return new Copy(Arrays.copyOf(bytes, size), count, first, time);
  }

  /** The rows themselves, which the next call of this changes. */
  Copy rows() {
    return new Copy(bytes, count, first, time);
  }

  /** Rows of a series, with the times of the oldest and the newest. */
  record Copy(byte[] data, int count, long first, long newest) {
    /** Only when: at least one time of each block range that has any. */
    void times(long range, SampleBuffer into) {
      if (count > 0 && Math.floorDiv(first, range) == Math.floorDiv(newest, range)) {
        into.add(0, first, 0);
        return;
      }
      for (long t : decode().times()) {
        into.add(0, t, 0);
      }
    }

    /** Reads the histograms of a closed range. */
    void read(long min, long max, SampleBuffer into) {
      if (count > 0 && newest >= min && first <= max) {
        decode().read(min, max, into);
      }
    }

    /** Decodes all rows. */
    Decoded decode() {
      Decoded out = new Decoded(new long[count], new long[count], new Histogram[count]);
      ByteSource in = new ByteSource(data);
      long time = 0;
      long start = 0;
      Histogram before = Histogram.stale();
      for (int i = 0; i < count; i++) {
        time += in.svarint();
        start += in.svarint();
        int head = in.getByte();
        before =
            switch (head & (1 << HINT) - 1) {
              case WHOLE -> HistogramColumn.decode(in, 1)[0];
              case COUNTED -> next(in, before, HINTS[head >>> HINT], true);
              default -> next(in, before, HINTS[head >>> HINT], false);
            };
        out.times[i] = time;
        out.starts[i] = start;
        out.histograms[i] = before;
      }
      return out;
    }

    private static Histogram next(ByteSource in, Histogram h, ResetHint hint, boolean counted) {
      double sum = Double.longBitsToDouble(in.getLong());
      double count = value(in, h.count(), counted);
      double zero = value(in, h.zeroCount(), counted);
      double[] positive = values(in, h.positive(), counted);
      return new Histogram(
          h.integer(),
          hint,
          h.schema(),
          h.zeroThreshold(),
          zero,
          count,
          sum,
          h.positiveSpans(),
          positive,
          h.negativeSpans(),
          values(in, h.negative(), counted),
          h.customBounds());
    }

    private static double[] values(ByteSource in, double[] before, boolean counted) {
      double[] v = new double[before.length];
      for (int i = 0; i < v.length; i++) {
        v[i] = value(in, before[i], counted);
      }
      return v;
    }

    private static double value(ByteSource in, double before, boolean counted) {
      return counted
          ? (double) ((long) before + in.svarint())
          : Double.longBitsToDouble(in.getLong());
    }
  }

  /** Rows as objects. */
  record Decoded(long[] times, long[] starts, Histogram[] histograms) {
    /** Reads the histograms of a closed range. */
    void read(long min, long max, SampleBuffer into) {
      for (int i = 0; i < times.length; i++) {
        if (times[i] >= min && times[i] <= max) {
          into.add(starts[i], times[i], histograms[i]);
        }
      }
    }
  }
}
