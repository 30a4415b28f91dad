package dev.tethys.codec.exposition;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import java.util.Arrays;

/**
 * The fields of one {@code io.prometheus.client.Metric}, read into arrays that the next one reuses.
 * Strings and exemplars are kept as offsets into the body (0: none, as no field starts there).
 */
final class MetricMessage {
  /** Position of the message, for errors. */
  interface ErrorContext {
    String metricName();

    ExpositionException error(String what);
  }

  /** Label fields, tag included: offset and length of each. */
  int[] labelAt = new int[32];

  int labels;
  int labelBytes;

  double value;
  long timestamp;
  private boolean timed;
  long startTimestamp;
  int exemplarAt;
  int exemplarLength;

  /** Buckets or quantiles. */
  double[] bounds = new double[32];

  /** Their counts or values. */
  double[] cumulative = new double[32];

  int[] bucketExemplars = new int[64];
  int buckets;
  int bucketsRead;
  int quantiles;

  private long countInteger;
  private double countFloat;
  double sum;
  private int schema;
  private double zeroThreshold;
  private long zeroInteger;
  private double zeroFloat;
  private final Side positive = new Side();
  private final Side negative = new Side();
  int[] exemplarsAt = new int[16];
  int exemplars;

  private static final class Side {
    int[] offsets = new int[16];
    long[] lengths = new long[16];
    int spans;
    long[] deltas = new long[64];
    int deltaCount;
    double[] counts = new double[64];
    int countCount;

    void clear() {
      spans = 0;
      deltaCount = 0;
      countCount = 0;
    }
  }

  void read(ProtoReader r, byte[] body, int offset, int length) {
    clear();
    r.reset(body, offset, length);
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          int from = r.fieldStart();
          int n = r.readLength();
          int to = r.position() + n;
          r.position(to);
          if (labelAt.length - labels * 2 < 2) {
            labelAt = Arrays.copyOf(labelAt, labelAt.length * 2);
          }
          labelAt[labels * 2] = from;
          labelAt[labels * 2 + 1] = to - from;
          labels++;
          labelBytes += to - from;
        }
        case 2, 5 -> simple(r);
        case 3 -> counter(r);
        case 4 -> summary(r);
        case 6 -> {
          timestamp = r.readLong();
          timed = true;
        }
        case 7 -> histogram(r);
        default -> r.skip();
      }
    }
    bucketsRead = buckets;
  }

  private void clear() {
    labels = 0;
    labelBytes = 0;
    value = 0;
    timestamp = 0;
    timed = false;
    startTimestamp = 0;
    exemplarAt = 0;
    exemplarLength = 0;
    buckets = 0;
    quantiles = 0;
    countInteger = 0;
    countFloat = 0;
    sum = 0;
    schema = 0;
    zeroThreshold = 0;
    zeroInteger = 0;
    zeroFloat = 0;
    positive.clear();
    negative.clear();
    exemplars = 0;
  }

  private void simple(ProtoReader r) {
    int outer = r.enter();
    while (r.next()) {
      if (r.field() == 1) {
        value = r.readDouble();
      } else {
        r.skip();
      }
    }
    r.leave(outer);
  }

  private void counter(ProtoReader r) {
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> value = r.readDouble();
        case 2 -> {
          exemplarLength = r.readLength();
          exemplarAt = r.position();
          r.position(exemplarAt + exemplarLength);
        }
        case 3 -> startTimestamp = instant(r);
        default -> r.skip();
      }
    }
    r.leave(outer);
  }

  private static long instant(ProtoReader r) {
    long seconds = 0;
    long nanos = 0;
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> seconds = r.readLong();
        case 2 -> nanos = r.readInt();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return seconds * 1000 + nanos / 1_000_000;
  }

  private void summary(ProtoReader r) {
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> countInteger = r.readLong();
        case 2 -> sum = r.readDouble();
        case 3 -> {
          roomForBucket(quantiles);
          int inner = r.enter();
          double q = 0;
          double v = 0;
          while (r.next()) {
            switch (r.field()) {
              case 1 -> q = r.readDouble();
              case 2 -> v = r.readDouble();
              default -> r.skip();
            }
          }
          r.leave(inner);
          bounds[quantiles] = q;
          cumulative[quantiles++] = v;
        }
        case 4 -> startTimestamp = instant(r);
        default -> r.skip();
      }
    }
    r.leave(outer);
  }

  private void roomForBucket(int n) {
    if (n == bounds.length) {
      bounds = Arrays.copyOf(bounds, n * 2);
      cumulative = Arrays.copyOf(cumulative, n * 2);
      bucketExemplars = Arrays.copyOf(bucketExemplars, n * 4);
    }
  }

  private void histogram(ProtoReader r) {
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> countInteger = r.readLong();
        case 2 -> sum = r.readDouble();
        case 3 -> bucket(r);
        case 4 -> countFloat = r.readDouble();
        case 5 -> schema = r.readSignedInt();
        case 6 -> zeroThreshold = r.readDouble();
        case 7 -> zeroInteger = r.readLong();
        case 8 -> zeroFloat = r.readDouble();
        case 9 -> span(r, negative);
        case 10 -> deltas(r, negative);
        case 11 -> counts(r, negative);
        case 12 -> span(r, positive);
        case 13 -> deltas(r, positive);
        case 14 -> counts(r, positive);
        case 15 -> startTimestamp = instant(r);
        case 16 -> {
          if (exemplarsAt.length - exemplars * 2 < 2) {
            exemplarsAt = Arrays.copyOf(exemplarsAt, exemplarsAt.length * 2);
          }
          int n = r.readLength();
          exemplarsAt[exemplars * 2] = r.position();
          exemplarsAt[exemplars * 2 + 1] = n;
          exemplars++;
          r.position(r.position() + n);
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
  }

  private void bucket(ProtoReader r) {
    roomForBucket(buckets);
    int outer = r.enter();
    long integer = 0;
    double floating = 0;
    double bound = 0;
    int at = 0;
    int n = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> integer = r.readLong();
        case 2 -> bound = r.readDouble();
        case 3 -> {
          n = r.readLength();
          at = r.position();
          r.position(at + n);
        }
        case 4 -> floating = r.readDouble();
        default -> r.skip();
      }
    }
    r.leave(outer);
    bounds[buckets] = bound;
    cumulative[buckets] = floating != 0 ? floating : unsigned(integer);
    bucketExemplars[buckets * 2] = at;
    bucketExemplars[buckets * 2 + 1] = n;
    buckets++;
  }

  private static void span(ProtoReader r, Side side) {
    if (side.spans == side.offsets.length) {
      side.offsets = Arrays.copyOf(side.offsets, side.spans * 2);
      side.lengths = Arrays.copyOf(side.lengths, side.spans * 2);
    }
    int outer = r.enter();
    int offset = 0;
    long length = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> offset = r.readSignedInt();
        case 2 -> length = r.readLong() & 0xffffffffL;
        default -> r.skip();
      }
    }
    r.leave(outer);
    side.offsets[side.spans] = offset;
    side.lengths[side.spans++] = length;
  }

  private static void deltas(ProtoReader r, Side side) {
    int outer = r.beginRepeated(ProtoReader.VARINT);
    while (r.moreRepeated(outer)) {
      if (side.deltaCount == side.deltas.length) {
        side.deltas = Arrays.copyOf(side.deltas, side.deltaCount * 2);
      }
      side.deltas[side.deltaCount++] = r.readSignedVarint();
    }
  }

  private static void counts(ProtoReader r, Side side) {
    int outer = r.beginRepeated(ProtoReader.FIXED64);
    while (r.moreRepeated(outer)) {
      if (side.countCount == side.counts.length) {
        side.counts = Arrays.copyOf(side.counts, side.countCount * 2);
      }
      side.counts[side.countCount++] = r.rawDouble();
    }
  }

  private static double unsigned(long v) {
    return v >= 0 ? v : (v >>> 1 | v & 1) * 2.0;
  }

  /** Timestamp; null if none. */
  @org.jspecify.annotations.Nullable
  Long timestampOrNull() {
    return timed ? timestamp : null;
  }

  double count() {
    return countFloat != 0 ? countFloat : unsigned(countInteger);
  }

  /**
   * Whether the message is meant as a native histogram; without spans, zero threshold and zero
   * count it is not. Libraries mark an empty native histogram with a span of length 0.
   */
  boolean isNative() {
    return positive.spans > 0
        || negative.spans > 0
        || zeroThreshold > 0
        || zeroInteger != 0
        || zeroFloat > 0;
  }

  Histogram nativeHistogram(boolean gauge, ErrorContext at) {
    boolean floats = countFloat > 0 || zeroFloat > 0;
    NativeBuckets up = side(positive, floats, "positive", at);
    NativeBuckets down = side(negative, floats, "negative", at);
    return new Histogram(
        !floats,
        gauge ? ResetHint.GAUGE : ResetHint.UNKNOWN,
        schema,
        zeroThreshold,
        floats ? zeroFloat : unsigned(zeroInteger),
        floats ? countFloat : unsigned(countInteger),
        sum,
        up.spans(),
        up.counts(),
        down.spans(),
        down.counts(),
        null);
  }

  private static NativeBuckets side(Side s, boolean floats, String name, ErrorContext at) {
    int have = floats ? s.countCount : s.deltaCount;
    long need = 0;
    for (int i = 0; i < s.spans; i++) {
      need += s.lengths[i];
    }
    if (need != have) {
      throw at.error(
          "histogram "
              + GoQuote.quote(at.metricName())
              + ": "
              + name
              + " side: spans require "
              + need
              + " buckets, have "
              + have);
    }
    NativeBuckets out = new NativeBuckets(0);
    long index = 0;
    long absolute = 0;
    int k = 0;
    for (int i = 0; i < s.spans; i++) {
      index += s.offsets[i];
      if (i > 0 && s.offsets[i] < 0 || Math.abs(index) + s.lengths[i] > Integer.MAX_VALUE) {
        throw at.error(
            "histogram "
                + GoQuote.quote(at.metricName())
                + ": "
                + name
                + " side: span number "
                + (i + 1)
                + " with offset "
                + s.offsets[i]);
      }
      for (long j = 0; j < s.lengths[i]; j++) {
        double c;
        if (floats) {
          c = s.counts[k++];
        } else {
          absolute += s.deltas[k++];
          c = absolute;
        }
        out.add((int) index++, c);
      }
    }
    return out;
  }
}
