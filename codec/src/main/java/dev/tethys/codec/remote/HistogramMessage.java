package dev.tethys.codec.remote;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Histogram;
import java.util.Arrays;

/**
 * The Histogram message, which is the same in remote write 1.0, 2.0 and remote read, except that
 * only 2.0 has the start timestamp. Scratch arrays are reused; not for several threads
 * concurrently.
 */
final class HistogramMessage {
  private static final Histogram.ResetHint[] HINTS = Histogram.ResetHint.values();

  /** A full histogram of the finest schema has 524,288 buckets on each side. */
  static final int MAX_BUCKETS = 1 << 20;

  private static final class Column {
    double[] values = new double[32];
    int size;

    void push(ProtoReader r, double v) {
      if (size == values.length) {
        if (size >= MAX_BUCKETS) {
          throw r.malformed("a histogram with more than " + MAX_BUCKETS + " buckets");
        }
        values = Arrays.copyOf(values, size * 2);
      }
      values[size++] = v;
    }

    double[] take() {
      double[] out = Arrays.copyOf(values, size);
      if (values.length > KEEP) {
        values = new double[32];
      }
      size = 0;
      return out;
    }

    int[] takeInts() {
      int[] out = new int[size];
      for (int i = 0; i < size; i++) {
        out[i] = (int) values[i];
      }
      take();
      return out;
    }
  }

  /** Maximum size of scratch arrays kept for reuse. */
  private static final int KEEP = 4096;

  private final Column positiveSpans = new Column();
  private final Column negativeSpans = new Column();
  private final Column positiveDeltas = new Column();
  private final Column negativeDeltas = new Column();
  private final Column positiveCounts = new Column();
  private final Column negativeCounts = new Column();
  private final Column custom = new Column();

  long timestamp;
  long startTimestamp;

  /** Reads the message that the reader has entered, to its end. */
  Histogram read(ProtoReader r) {
    for (Column c :
        new Column[] {
          positiveSpans,
          negativeSpans,
          positiveDeltas,
          negativeDeltas,
          positiveCounts,
          negativeCounts,
          custom
        }) {
      c.size = 0;
    }
    timestamp = 0;
    startTimestamp = 0;
    boolean isFloat = false;
    double countInt = 0;
    double countFloat = 0;
    double sum = 0;
    int schema = 0;
    double zeroThreshold = 0;
    double zeroInt = 0;
    double zeroFloat = 0;
    int hint = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          countInt = unsigned(r.readLong());
          isFloat = false;
        }
        case 2 -> {
          countFloat = r.readDouble();
          isFloat = true;
        }
        case 3 -> sum = r.readDouble();
        case 4 -> schema = r.readSignedInt();
        case 5 -> zeroThreshold = r.readDouble();
        case 6 -> zeroInt = unsigned(r.readLong());
        case 7 -> zeroFloat = r.readDouble();
        case 8 -> span(r, negativeSpans);
        case 9 -> deltas(r, negativeDeltas);
        case 10 -> doubles(r, negativeCounts);
        case 11 -> span(r, positiveSpans);
        case 12 -> deltas(r, positiveDeltas);
        case 13 -> doubles(r, positiveCounts);
        case 14 -> hint = r.readInt();
        case 15 -> timestamp = r.readLong();
        case 16 -> doubles(r, custom);
        case 17 -> startTimestamp = r.readLong();
        default -> r.skip();
      }
    }
    return new Histogram(
        !isFloat,
        hint >= 0 && hint < HINTS.length ? HINTS[hint] : Histogram.ResetHint.UNKNOWN,
        schema,
        zeroThreshold,
        isFloat ? zeroFloat : zeroInt,
        isFloat ? countFloat : countInt,
        sum,
        positiveSpans.takeInts(),
        (isFloat ? positiveCounts : positiveDeltas).take(),
        negativeSpans.takeInts(),
        (isFloat ? negativeCounts : negativeDeltas).take(),
        schema == Histogram.CUSTOM_BUCKETS || custom.size > 0 ? custom.take() : null);
  }

  private static double unsigned(long v) {
    return v >= 0 ? v : (v >>> 1) * 2.0;
  }

  private static void span(ProtoReader r, Column into) {
    int offset = 0;
    long length = 0;
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> offset = r.readSignedInt();
        case 2 -> length = r.readLong();
        default -> r.skip();
      }
    }
    r.leave(outer);
    if (length < 0 || length > MAX_BUCKETS) {
      throw r.malformed("a histogram span of " + Long.toUnsignedString(length) + " buckets");
    }
    into.push(r, offset);
    into.push(r, length);
  }

  private static void deltas(ProtoReader r, Column into) {
    long last = into.size == 0 ? 0 : (long) into.values[into.size - 1];
    for (int outer = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(outer); ) {
      last += r.readSignedVarint();
      into.push(r, last);
    }
  }

  private static void doubles(ProtoReader r, Column into) {
    for (int outer = r.beginRepeated(ProtoReader.FIXED64); r.moreRepeated(outer); ) {
      into.push(r, r.rawDouble());
    }
  }

  /** Writes the message as a field; {@code startTimestamp} 0 is omitted. */
  static void write(ProtoWriter w, int field, long startTimestamp, long timestamp, Histogram h) {
    int m = w.begin(field);
    if (h.integer()) {
      w.int64(1, (long) h.count());
    } else {
      w.float64(2, h.count());
    }
    w.float64Unless0(3, h.sum());
    if (h.schema() != 0) {
      w.sint64(4, h.schema());
    }
    w.float64Unless0(5, h.zeroThreshold());
    if (h.integer()) {
      w.int64(6, (long) h.zeroCount());
    } else {
      w.float64(7, h.zeroCount());
    }
    side(w, 8, h.integer(), h.negativeSpans(), h.negative());
    side(w, 11, h.integer(), h.positiveSpans(), h.positive());
    w.int64Unless0(14, h.resetHint().ordinal());
    w.int64Unless0(15, timestamp);
    double[] custom = h.customBounds();
    if (custom != null && custom.length > 0) {
      doubles(w, 16, custom);
    }
    w.int64Unless0(17, startTimestamp);
    w.end(m);
  }

  private static void side(
      ProtoWriter w, int field, boolean integer, int[] spans, double[] buckets) {
    for (int i = 0; i < spans.length; i += 2) {
      int s = w.begin(field);
      if (spans[i] != 0) {
        w.sint64(1, spans[i]);
      }
      w.int64Unless0(2, Integer.toUnsignedLong(spans[i + 1]));
      w.end(s);
    }
    if (buckets.length == 0) {
      return;
    }
    if (!integer) {
      doubles(w, field + 2, buckets);
      return;
    }
    int d = w.begin(field + 1);
    long last = 0;
    for (double b : buckets) {
      w.signedVarint((long) b - last);
      last = (long) b;
    }
    w.end(d);
  }

  private static void doubles(ProtoWriter w, int field, double[] values) {
    int d = w.begin(field);
    for (double v : values) {
      w.rawDouble(v);
    }
    w.end(d);
  }
}
