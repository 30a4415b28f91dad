package dev.tethys.store.archive.prometheus;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.HistogramResolution;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.HistogramCheck;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Decoder of the records of Prometheus's write-ahead log. The first byte is the type; numbers of
 * fixed size are big-endian.
 *
 * <pre>
 *  1 series: { 8 bytes ref, labels: uvarint n, n * { name, value: uvarint length, bytes } }*
 *  2 samples: 8 bytes ref, 8 bytes time, { varint ref - first, varint time - first, 8 bytes value }*
 *  3 deletions: { 8 bytes ref, varint min, varint max }*
 *  4 exemplars: 8 bytes ref, 8 bytes time, { varint, varint, 8 bytes value, labels }*
 *  5 markers of chunks that went to a file (in the log of late samples)
 *  6 metadata: { uvarint ref, 1 byte type, uvarint n, n * { name, text } }*
 *  7, 9 histograms, 8, 10 float histograms: as 2 with a histogram instead of the value
 * 11 samples, 12 histograms, 13 float histograms with start times: varint ref, varint time, varint
 *    start, value, then { varint ref - before, varint time - first, start, value }*
 *    start: 0 none, 1 as before, 2 and varint - first
 * histogram: 1 byte reset hint, varint schema, 8 bytes zero threshold, zero count, count (uvarint or
 *   8 bytes), 8 bytes sum, positive spans, negative spans: uvarint n, n * { varint, uvarint },
 *   positive, negative buckets: uvarint n, n * (varint differences or 8 bytes), for schema -53 also
 *   uvarint n, n * 8 bytes bounds
 * </pre>
 *
 * <p>Not thread-safe.
 */
final class WalRecords {
  /** Receives the content of records. */
  interface Sink {
    void series(long ref, Labels labels);

    void sample(long ref, long start, long time, double value);

    void histogram(long ref, long start, long time, Histogram h);

    void deletion(long ref, long min, long max);

    void metadata(long ref, MetricType type, String unit, String help);

    /** Reports an inconsistent histogram. */
    void invalid(long ref, long time, String reason);

    void exemplar(long ref, Exemplar e);
  }

  private static final MetricType[] TYPES = MetricType.values();

  private final LabelsBuilder labels = new LabelsBuilder();
  private final Sink to;
  private byte[] buf = {};
  private int pos;
  private int end;

  WalRecords(Sink to) {
    this.to = to;
  }

  /**
   * Reads a record.
   *
   * @throws CodecException if it is invalid; everything before it has been returned
   */
  void read(byte[] record, int length) {
    buf = record;
    pos = 0;
    end = length;
    if (length == 0) {
      return;
    }
    int type = u8();
    switch (type) {
      case 1 -> series();
      case 2 -> first(this::value);
      case 3 -> deletions();
      case 4 -> exemplars();
      case 5 -> {} // the samples themselves are in the same log
      case 6 -> metadata();
      case 7, 9 -> first((r, s, t) -> histogram(r, s, t, true));
      case 8, 10 -> first((r, s, t) -> histogram(r, s, t, false));
      case 11 -> withStarts(this::value);
      case 12 -> withStarts((r, s, t) -> histogram(r, s, t, true));
      case 13 -> withStarts((r, s, t) -> histogram(r, s, t, false));
      default -> throw new CodecException("a record of the unknown type " + type);
    }
  }

  private interface Body {
    void read(long ref, long start, long time);
  }

  private void series() {
    while (pos < end) {
      long ref = int64();
      to.series(ref, labels());
    }
  }

  private Labels labels() {
    labels.clear();
    for (long n = uvarint(); n > 0; n--) {
      byte[] name = bytes();
      byte[] value = bytes();
      if (name.length == 0) {
        throw new CodecException("a label without a name");
      }
      labels.set(name, value);
    }
    return labels.build();
  }

  private void first(Body body) {
    if (pos == end) {
      return;
    }
    long ref = int64();
    long time = int64();
    while (pos < end) {
      long r = ref + varint();
      long t = time + varint();
      body.read(r, 0, t);
    }
  }

  private void withStarts(Body body) {
    if (pos == end) {
      return;
    }
    long ref = varint();
    long time = varint();
    long start = varint();
    long firstStart = start;
    body.read(ref, start, time);
    while (pos < end) {
      ref += varint();
      long t = time + varint();
      int marker = u8();
      start = marker == 0 ? 0 : marker == 1 ? start : firstStart + varint();
      body.read(ref, start, t);
    }
  }

  private void value(long ref, long start, long time) {
    to.sample(ref, start, time, Double.longBitsToDouble(int64()));
  }

  private void histogram(long ref, long start, long time, boolean integer) {
    int hint = u8();
    long schema = varint();
    double threshold = Double.longBitsToDouble(int64());
    double zero = integer ? uvarint() : Double.longBitsToDouble(int64());
    double count = integer ? uvarint() : Double.longBitsToDouble(int64());
    double sum = Double.longBitsToDouble(int64());
    int[] positiveSpans = spans();
    int[] negativeSpans = spans();
    double[] positive = buckets(integer);
    double[] negative = buckets(integer);
    double[] bounds = null;
    if (schema == Histogram.CUSTOM_BUCKETS) {
      bounds = new double[count(8)];
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] = Double.longBitsToDouble(int64());
      }
    }
    if (schema != Histogram.CUSTOM_BUCKETS
        && (schema < -9 || schema > HistogramResolution.MAX_KNOWN_SCHEMA)) {
      throw new CodecException("a histogram of the unknown schema " + schema);
    }
    Histogram h =
        new Histogram(
            integer,
            Histogram.ResetHint.values()[hint & 3],
            (int) schema,
            threshold,
            zero,
            count,
            sum,
            positiveSpans,
            positive,
            negativeSpans,
            negative,
            bounds);
    Histogram stored = HistogramResolution.storable(h);
    String wrong = h.isStale() ? null : HistogramCheck.problem(stored);
    if (wrong == null) {
      to.histogram(ref, start, time, stored);
    } else {
      to.invalid(ref, time, wrong);
    }
  }

  private int[] spans() {
    int[] out = new int[2 * count(2)];
    for (int i = 0; i < out.length; i += 2) {
      out[i] = (int) varint();
      out[i + 1] = (int) uvarint();
    }
    return out;
  }

  private double[] buckets(boolean integer) {
    double[] out = new double[count(integer ? 1 : 8)];
    long sum = 0;
    for (int i = 0; i < out.length; i++) {
      if (integer) {
        sum += varint();
        out[i] = sum;
      } else {
        out[i] = Double.longBitsToDouble(int64());
      }
    }
    return out;
  }

  private void deletions() {
    while (pos < end) {
      to.deletion(int64(), varint(), varint());
    }
  }

  private void exemplars() {
    if (pos == end) {
      return;
    }
    long firstRef = int64();
    long firstTime = int64();
    while (pos < end) {
      long ref = firstRef + varint();
      long time = firstTime + varint();
      double value = Double.longBitsToDouble(int64());
      to.exemplar(ref, new Exemplar(labels(), value, time));
    }
  }

  private void metadata() {
    while (pos < end) {
      long ref = uvarint();
      int type = u8();
      String unit = "";
      String help = "";
      for (long n = uvarint(); n > 0; n--) {
        String name = new String(bytes(), StandardCharsets.UTF_8);
        String text = new String(bytes(), StandardCharsets.UTF_8);
        unit = name.equals("UNIT") ? text : unit;
        help = name.equals("HELP") ? text : help;
      }
      to.metadata(ref, type < TYPES.length ? TYPES[type] : MetricType.UNKNOWN, unit, help);
    }
  }

  // ---- numbers

  private int u8() {
    if (pos >= end) {
      throw new CodecException("a record ends early");
    }
    return buf[pos++] & 0xff;
  }

  private long int64() {
    if (end - pos < 8) {
      throw new CodecException("a record ends early");
    }
    long v = 0;
    for (int i = 0; i < 8; i++) {
      v = v << 8 | buf[pos++] & 0xff;
    }
    return v;
  }

  private long uvarint() {
    long v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      long b = u8();
      v |= (b & 0x7f) << shift;
      if (b < 0x80) {
        return v;
      }
    }
    throw new CodecException("a number of more than 64 bits");
  }

  private long varint() {
    long v = uvarint();
    return v >>> 1 ^ -(v & 1);
  }

  /** Returns the number of elements, each of at least a number of bytes. */
  private int count(int bytesEach) {
    long n = uvarint();
    if (n < 0 || n > (end - pos) / bytesEach) {
      throw new CodecException("a record declares more elements than it has bytes");
    }
    return (int) n;
  }

  private byte[] bytes() {
    int n = count(1);
    byte[] out = Arrays.copyOfRange(buf, pos, pos + n);
    pos += n;
    return out;
  }
}
