package dev.tethys.codec.exposition;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Exemplar;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Delimited protobuf: a sequence of {@code io.prometheus.client.MetricFamily}, each preceded by its
 * length as a varint. Produces the same events as text: HELP, UNIT, TYPE, then count, sum and
 * buckets or quantiles of each metric; a native histogram is one event, its classic part may
 * follow.
 *
 * <p>The key of a sample is built from the bytes of the message without decoding them: family name,
 * part (count, sum, bucket ...), bound, and the raw label fields. Fields of a metric are read into
 * arrays that the next metric reuses.
 */
final class ProtobufParser implements ExpositionParser, MetricMessage.ErrorContext {
  private static final int COUNTER = 0;
  private static final int GAUGE = 1;
  private static final int SUMMARY = 2;
  private static final int UNTYPED = 3;
  private static final int HISTOGRAM = 4;
  private static final int GAUGE_HISTOGRAM = 5;

  /** Parts of a metric in order of output; buckets and quantiles follow. */
  private static final int NOT_BEGUN = -4;

  private static final int NATIVE = -3;
  private static final int COUNT = -2;
  private static final int SUM = -1;

  private static final byte[] METRIC_NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TYPE_LABEL = "__type__".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] UNIT_LABEL = "__unit__".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LE = {'l', 'e'};
  private static final byte[] QUANTILE = "quantile".getBytes(StandardCharsets.US_ASCII);

  private final byte[] body;
  private final int start;
  private final int end;
  private final ParserOptions options;
  private final ProtoReader reader = new ProtoReader();
  private final LabelAssembler assembler = new LabelAssembler();
  private final MetricMessage metric = new MetricMessage();
  private final ClassicBuckets classic = new ClassicBuckets();

  private int pos;
  private Event event = Event.COMMENT;

  // the family
  private int familyStart;
  private int nameStart;
  private int nameLength;
  private int helpStart;
  private int helpLength;
  private int unitStart;
  private int unitLength;
  private int type;
  private int[] metrics = new int[64]; // offset and length of each metric message
  private int metricCount;
  private int metricNext;

  // the metric
  private int part = NOT_BEGUN;
  private boolean convert; // whether an NHCB is to follow the classic series
  private @Nullable Histogram histogram;
  private double value;
  private int exemplarNext;

  private byte[] key = new byte[256];
  private int keyLength;

  ProtobufParser(byte[] body, int offset, int length, ParserOptions options) {
    java.util.Objects.checkFromIndexSize(offset, length, body.length);
    this.body = body;
    this.start = offset;
    this.end = offset + length;
    this.pos = offset;
    this.options = options;
  }

  @Override
  public Event next() {
    try {
      return event = advance();
    } catch (ExpositionException e) {
      throw e;
    } catch (CodecException e) {
      throw new ExpositionException(
          "byte " + (Math.max(reader.position(), start) - start) + ": " + e.getMessage(), e);
    }
  }

  private Event advance() {
    return switch (event) {
      case HELP -> unitLength > 0 ? Event.UNIT : Event.TYPE;
      case UNIT -> Event.TYPE;
      case END -> Event.END;
      default -> sample();
    };
  }

  private Event sample() {
    while (true) {
      if (event == Event.SERIES || event == Event.HISTOGRAM) {
        Event more = nextPart();
        if (more != null) {
          return more;
        }
      }
      if (event != Event.COMMENT && metricNext < metricCount) {
        metric.read(reader, body, metrics[metricNext * 2], metrics[metricNext * 2 + 1]);
        metricNext++;
        Event first = firstPart();
        if (first != null) {
          return first;
        }
        continue;
      }
      if (pos >= end) {
        return Event.END;
      }
      if (family()) {
        return Event.HELP;
      }
    }
  }

  /** Reads the next family up to its metrics; returns false if it has none and is skipped. */
  private boolean family() {
    familyStart = pos;
    reader.reset(body, pos, end - pos);
    long n = reader.readVarint();
    if (n < 0 || n > end - reader.position()) {
      throw error(
          "a metric family of "
              + Long.toUnsignedString(n)
              + " bytes with "
              + (end - reader.position())
              + " left");
    }
    int from = reader.position();
    pos = from + (int) n;
    reader.reset(body, from, (int) n);
    nameStart = helpStart = unitStart = from;
    nameLength = helpLength = unitLength = 0;
    type = COUNTER;
    metricCount = 0;
    metricNext = 0;
    while (reader.next()) {
      switch (reader.field()) {
        case 1 -> {
          nameLength = reader.readLength();
          nameStart = take(nameLength);
        }
        case 2 -> {
          helpLength = reader.readLength();
          helpStart = take(helpLength);
        }
        case 3 -> type = reader.readInt();
        case 4 -> {
          if (metrics.length - metricCount * 2 < 2) {
            metrics = Arrays.copyOf(metrics, metrics.length * 2);
          }
          int length = reader.readLength();
          metrics[metricCount * 2] = take(length);
          metrics[metricCount * 2 + 1] = length;
          metricCount++;
        }
        case 5 -> {
          unitLength = reader.readLength();
          unitStart = take(unitLength);
        }
        default -> reader.skip();
      }
    }
    if (metricCount == 0) {
      return false;
    }
    if (nameLength == 0 || !Utf8.valid(body, nameStart, nameStart + nameLength)) {
      throw error("invalid metric name: " + GoQuote.quote(string(nameStart, nameLength)));
    }
    if (!Utf8.valid(body, helpStart, helpStart + helpLength)) {
      throw error("invalid help for metric " + GoQuote.quote(metricName()));
    }
    if (!Utf8.valid(body, unitStart, unitStart + unitLength)) {
      throw error("invalid unit for metric " + GoQuote.quote(metricName()));
    }
    if (type < COUNTER || type > GAUGE_HISTOGRAM) {
      throw error("unknown metric type for metric " + GoQuote.quote(metricName()) + ": " + type);
    }
    return true;
  }

  private int take(int length) {
    int from = reader.position();
    reader.position(from + length);
    return from;
  }

  private boolean isHistogram() {
    return type == HISTOGRAM || type == GAUGE_HISTOGRAM;
  }

  /** The first event of the metric just read. */
  private @Nullable Event firstPart() {
    exemplarNext = 0;
    histogram = null;
    convert = false;
    if (!isHistogram() && type != SUMMARY) {
      part = NOT_BEGUN;
      value = canonical(metric.value);
      makeKey();
      return Event.SERIES;
    }
    if (!isHistogram()) {
      part = COUNT;
      return series();
    }
    if (options.nativeHistograms() && metric.isNative()) {
      part = NATIVE;
      histogram = metric.nativeHistogram(type == GAUGE_HISTOGRAM, this);
      makeKey();
      return Event.HISTOGRAM;
    }
    convert = options.convertClassicHistograms();
    if (convert && !options.keepClassicHistograms()) {
      return converted();
    }
    part = COUNT;
    return series();
  }

  /** Moves to the next event of the metric; null at its end. */
  private @Nullable Event nextPart() {
    if (part == NOT_BEGUN) {
      return null;
    }
    exemplarNext = 0;
    if (event == Event.HISTOGRAM) {
      if (part == NATIVE && options.keepClassicHistograms() && metric.buckets > 0) {
        part = COUNT;
        return series();
      }
      return null;
    }
    if (part == COUNT) {
      part = SUM;
      return series();
    }
    if (type == SUMMARY) {
      if (part + 1 < metric.quantiles) {
        part++;
        return series();
      }
      return null;
    }
    boolean last =
        part >= metric.buckets || part >= 0 && metric.bounds[part] == Double.POSITIVE_INFINITY;
    if (!last) {
      part++;
      return series();
    }
    return convert ? converted() : null;
  }

  private Event series() {
    value = canonical(partValue());
    makeKey();
    return Event.SERIES;
  }

  private double partValue() {
    if (part == COUNT) {
      return metric.count();
    }
    if (part == SUM) {
      return metric.sum;
    }
    if (type == SUMMARY) {
      return metric.cumulative[part];
    }
    return part < metric.buckets ? metric.cumulative[part] : metric.count();
  }

  private Event converted() {
    convert = false;
    part = NATIVE;
    classic.clear();
    classic.count(metric.count());
    classic.sum(metric.sum);
    for (int i = 0; i < metric.buckets; i++) {
      classic.bucket(metric.bounds[i], metric.cumulative[i]);
    }
    Histogram h =
        classic.convert(
            type == GAUGE_HISTOGRAM ? Histogram.ResetHint.GAUGE : Histogram.ResetHint.UNKNOWN);
    if (h == null) {
      throw error("histogram " + GoQuote.quote(metricName()) + ": " + classic.error());
    }
    histogram = h;
    makeKey();
    metric.buckets = 0; // nothing of it follows
    return Event.HISTOGRAM;
  }

  private static double canonical(double v) {
    return Double.isNaN(v) && !Samples.isStale(v) ? Samples.NORMAL_NAN : v;
  }

  private void makeKey() {
    int n = nameLength + 1 + 8 + metric.labelBytes;
    if (key.length < n) {
      key = new byte[Math.max(n, key.length * 2)];
    }
    System.arraycopy(body, nameStart, key, 0, nameLength);
    int p = nameLength;
    key[p++] = (byte) (0xf8 + Math.min(part + 4, 4)); // no byte of UTF-8
    if (part >= 0) {
      long bits = Double.doubleToRawLongBits(bound());
      for (int i = 0; i < 8; i++) {
        key[p++] = (byte) (bits >>> 8 * i);
      }
    }
    for (int i = 0; i < metric.labels; i++) {
      int length = metric.labelAt[i * 2 + 1];
      System.arraycopy(body, metric.labelAt[i * 2], key, p, length);
      p += length;
    }
    keyLength = p;
  }

  /** The bound or quantile of the present part. */
  private double bound() {
    if (type == SUMMARY) {
      return metric.bounds[part];
    }
    return part < metric.buckets ? metric.bounds[part] : Double.POSITIVE_INFINITY;
  }

  @Override
  public byte[] buffer() {
    return event == Event.SERIES || event == Event.HISTOGRAM ? key : body;
  }

  @Override
  public int keyOffset() {
    return event == Event.SERIES || event == Event.HISTOGRAM ? 0 : nameStart;
  }

  @Override
  public int keyLength() {
    return event == Event.SERIES || event == Event.HISTOGRAM ? keyLength : nameLength;
  }

  @Override
  public int textOffset() {
    return event == Event.UNIT ? unitStart : helpStart;
  }

  @Override
  public int textLength() {
    return switch (event) {
      case HELP -> helpLength;
      case UNIT -> unitLength;
      default -> 0;
    };
  }

  @Override
  public String metricName() {
    return string(nameStart, nameLength);
  }

  @Override
  public String text() {
    return switch (event) {
      case HELP -> string(helpStart, helpLength);
      case UNIT -> string(unitStart, unitLength);
      case TYPE -> type().text();
      default -> "";
    };
  }

  private String string(int from, int length) {
    return new String(body, from, length, StandardCharsets.UTF_8);
  }

  @Override
  public MetricType type() {
    return switch (type) {
      case COUNTER -> MetricType.COUNTER;
      case GAUGE -> MetricType.GAUGE;
      case SUMMARY -> MetricType.SUMMARY;
      case HISTOGRAM -> MetricType.HISTOGRAM;
      case GAUGE_HISTOGRAM -> MetricType.GAUGEHISTOGRAM;
      case UNTYPED -> MetricType.UNKNOWN;
      default -> MetricType.UNKNOWN;
    };
  }

  @Override
  public Labels labels() {
    LabelAssembler a = assemble();
    Labels l = a.build();
    if (l == null) {
      throw error(
          "label name "
              + GoQuote.quote(a.duplicate())
              + " is not unique in metric "
              + GoQuote.quote(metricName()));
    }
    return l;
  }

  @Override
  public List<String> emptyLabels() {
    return assemble().emptyNames();
  }

  private LabelAssembler assemble() {
    LabelAssembler a = assembler;
    a.clear();
    byte[] name = sampleName();
    a.add(METRIC_NAME, name);
    boolean withType = options.typeAndUnitLabels() && type() != MetricType.UNKNOWN;
    boolean withUnit = options.typeAndUnitLabels() && unitLength > 0;
    if (withType) {
      a.add(TYPE_LABEL, type().text().getBytes(StandardCharsets.US_ASCII));
    }
    if (withUnit) {
      a.add(UNIT_LABEL, Arrays.copyOfRange(body, unitStart, unitStart + unitLength));
    }
    if (part >= 0) {
      byte[] label = type == SUMMARY ? QUANTILE : LE;
      a.name(label, 0, label.length, false);
      a.value(bound());
    }
    for (int i = 0; i < metric.labels; i++) {
      label(a, metric.labelAt[i * 2], metric.labelAt[i * 2 + 1]);
      if (withType && a.lastNameIs(TYPE_LABEL) || withUnit && a.lastNameIs(UNIT_LABEL)) {
        a.dropLast();
      }
    }
    return a;
  }

  private byte[] sampleName() {
    String suffix =
        switch (part) {
          case NOT_BEGUN, NATIVE -> "";
          case COUNT -> "_count";
          case SUM -> "_sum";
          default -> type == SUMMARY ? "" : "_bucket";
        };
    byte[] name = Arrays.copyOfRange(body, nameStart, nameStart + nameLength + suffix.length());
    for (int i = 0; i < suffix.length(); i++) {
      name[nameLength + i] = (byte) suffix.charAt(i);
    }
    return name;
  }

  /** Adds a LabelPair field, tag and length included. */
  private void label(LabelAssembler a, int from, int length) {
    try {
      reader.reset(body, from, length);
      reader.next();
      labelPair(a);
    } catch (ExpositionException e) {
      throw e;
    } catch (CodecException e) {
      throw new ExpositionException("byte " + (from - start) + ": " + e.getMessage(), e);
    }
  }

  private void labelPair(LabelAssembler a) {
    int outer = reader.enter();
    int name = 0;
    int nameSize = 0;
    int value = 0;
    int valueSize = 0;
    while (reader.next()) {
      switch (reader.field()) {
        case 1 -> {
          nameSize = reader.readLength();
          name = take(nameSize);
        }
        case 2 -> {
          valueSize = reader.readLength();
          value = take(valueSize);
        }
        default -> reader.skip();
      }
    }
    reader.leave(outer);
    if (nameSize == 0 || !Utf8.valid(body, name, name + nameSize)) {
      throw error("invalid label name: " + GoQuote.quote(string(name, nameSize)));
    }
    if (!Utf8.valid(body, value, value + valueSize)) {
      throw error("invalid label value: " + GoQuote.quote(string(value, valueSize)));
    }
    a.name(body, name, name + nameSize, false);
    a.value(body, value, value + valueSize, false);
  }

  @Override
  public double value() {
    return value;
  }

  @Override
  public Histogram histogram() {
    Histogram h = histogram;
    if (h == null || event != Event.HISTOGRAM) {
      throw new IllegalStateException("not at a native histogram");
    }
    return h;
  }

  /** Proto3 does not distinguish 0 from an absent value; Prometheus treats it as absent. */
  @Override
  public boolean hasTimestamp() {
    return metric.timestamp != 0;
  }

  @Override
  public long timestamp() {
    return metric.timestamp;
  }

  @Override
  public long startTimestamp() {
    return type == COUNTER || type == SUMMARY || isHistogram() ? metric.startTimestamp : 0;
  }

  @Override
  public @Nullable Exemplar nextExemplar(long defaultTimestamp) {
    if (event == Event.SERIES) {
      if (exemplarNext++ > 0) {
        return null;
      }
      if (type == COUNTER) {
        return exemplar(metric.exemplarAt, metric.exemplarLength, defaultTimestamp, false);
      }
      if (isHistogram() && part >= 0 && part < metric.buckets) {
        return exemplar(
            metric.bucketExemplars[part * 2],
            metric.bucketExemplars[part * 2 + 1],
            defaultTimestamp,
            false);
      }
      return null;
    }
    if (event != Event.HISTOGRAM) {
      return null;
    }
    boolean own = metric.exemplars > 0;
    int[] at = own ? metric.exemplarsAt : metric.bucketExemplars;
    int n = own ? metric.exemplars : metric.bucketsRead;
    while (exemplarNext < n) {
      int i = exemplarNext++;
      Exemplar e = exemplar(at[i * 2], at[i * 2 + 1], 0, true);
      if (e != null) {
        return e;
      }
    }
    return null;
  }

  private @Nullable Exemplar exemplar(int from, int length, long defaultTimestamp, boolean timed) {
    if (from == 0) {
      return null;
    }
    try {
      LabelAssembler a = assembler;
      a.clear();
      double v = 0;
      long seconds = 0;
      long nanos = 0;
      boolean hasTime = false;
      reader.reset(body, from, length);
      while (reader.next()) {
        switch (reader.field()) {
          case 1 -> labelPair(a);
          case 2 -> v = reader.readDouble();
          case 3 -> {
            hasTime = true;
            int outer = reader.enter();
            while (reader.next()) {
              switch (reader.field()) {
                case 1 -> seconds = reader.readLong();
                case 2 -> nanos = reader.readInt();
                default -> reader.skip();
              }
            }
            reader.leave(outer);
          }
          default -> reader.skip();
        }
      }
      Labels l = a.build();
      if (l == null || timed && !hasTime) {
        return null;
      }
      return new Exemplar(l, v, hasTime ? seconds * 1000 + nanos / 1_000_000 : defaultTimestamp);
    } catch (ExpositionException e) {
      throw e;
    } catch (CodecException e) {
      throw new ExpositionException("byte " + (from - start) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public ExpositionException error(String what) {
    return new ExpositionException("byte " + (familyStart - start) + ": " + what);
  }
}
