package dev.tethys.codec.remote;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.storage.Appender;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks a remote write 2.0 request ({@code io.prometheus.write.v2.Request}) in place. A series'
 * labels are assembled from the symbols in a scratch buffer, {@code uvarint(nameLength) name
 * uvarint(valueLength) value} each; since senders sort their labels, these usually are the
 * canonical bytes of the label set. They are passed to {@link Appender#series(byte[], int, int,
 * Appender.LabelDecoder)} with {@link #LABELS}.
 *
 * <p>Faults of one series (a reference outside the table, an odd number of them) are given by
 * {@link #seriesProblem} and leave the rest of the request usable; only bytes that are not protobuf
 * throw. Not thread-safe.
 *
 * <p>Invariants: {@code symbols[i]} is the offset of the length of symbol i, checked to be in the
 * request with all its bytes; {@code top} walks the request, {@code in} the series returned last.
 */
public final class WriteRequestV2Reader {
  /** Decodes the label bytes of a series. A single instance, because it identifies the encoding. */
  public static final Appender.LabelDecoder LABELS = WriteRequestV2Reader::decodeLabels;

  /** More symbols are refused: 16 MiB of offsets. */
  public static final int MAX_SYMBOLS = 1 << 22;

  private static final int KEEP_SYMBOLS = 1 << 17;
  private static final byte[] TYPE_LABEL = "__type__".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] UNIT_LABEL = "__unit__".getBytes(StandardCharsets.US_ASCII);

  private final ProtoReader top = new ProtoReader();
  private final ProtoReader in = new ProtoReader();
  private final HistogramMessage histograms = new HistogramMessage();
  private final LabelCollector collector = new LabelCollector();

  private byte[] buf = {};
  private int[] symbols = new int[1 << 10];
  private int symbolCount;
  private boolean typeAndUnitLabels;

  private long resolved;
  private byte[] labels = new byte[1 << 9];
  private int labelLength;
  private int samples;
  private int histogramCount;
  private int metadataType;
  private int helpRef;
  private int unitRef;
  private @Nullable String problem;

  private long timestamp;
  private long startTimestamp;
  private double value;
  private @Nullable Histogram histogram;
  private @Nullable Exemplar exemplar;
  private @Nullable String exemplarProblem;

  /** Adds the labels {@code __type__} and {@code __unit__} from each series' metadata. */
  public WriteRequestV2Reader typeAndUnitLabels(boolean on) {
    typeAndUnitLabels = on;
    return this;
  }

  /** Starts over with a decompressed request and reads its symbols. */
  public WriteRequestV2Reader reset(byte[] buffer, int from, int size) {
    buf = buffer;
    symbolCount = 0;
    resolved = 0;
    top.reset(buffer, from, size);
    while (top.next()) {
      if (top.field() == 4) {
        int at = top.position();
        int n = top.readLength();
        top.position(top.position() + n);
        if (symbolCount == symbols.length) {
          if (symbolCount >= MAX_SYMBOLS) {
            throw new CodecException("a request with more than " + MAX_SYMBOLS + " symbols");
          }
          symbols = Arrays.copyOf(symbols, symbolCount * 2);
        }
        symbols[symbolCount++] = at;
      } else {
        top.skip();
      }
    }
    top.reset(buffer, from, size);
    return this;
  }

  /** Releases the request and oversized scratch buffers. */
  public void release() {
    buf = new byte[0];
    top.reset(buf, 0, 0);
    in.reset(buf, 0, 0);
    symbolCount = 0;
    if (symbols.length > KEEP_SYMBOLS) {
      symbols = new int[1 << 10];
    }
    if (labels.length > 1 << 16) {
      labels = new byte[1 << 9];
    }
    histogram = null;
    exemplar = null;
  }

  /** Moves to the next series; returns false after the last one. */
  public boolean nextSeries() {
    while (top.next()) {
      if (top.field() == 5) {
        int n = top.readLength();
        int at = top.position();
        top.position(at + n);
        enterSeries(at, n);
        return true;
      }
      top.skip();
    }
    return false;
  }

  private void enterSeries(int at, int n) {
    in.reset(buf, at, n);
    samples = 0;
    histogramCount = 0;
    metadataType = 0;
    helpRef = 0;
    unitRef = 0;
    problem = null;
    labelLength = 0;
    long pending = -1; // a name waiting for its value
    long refs = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          for (int outer = in.beginRepeated(ProtoReader.VARINT); in.moreRepeated(outer); ) {
            long ref = in.readVarint() & 0xffffffffL;
            refs++;
            if (pending < 0) {
              pending = ref;
            } else {
              label(pending, ref);
              pending = -1;
            }
          }
        }
        case 2 -> {
          samples++;
          in.skip();
        }
        case 3 -> {
          histogramCount++;
          in.skip();
        }
        case 5 -> metadataFields();
        default -> in.skip();
      }
    }
    if (refs % 2 != 0) {
      problem = "parsing labels for series: invalid labelRefs length " + refs;
    }
    if (problem == null && unitRef >= symbolCount | unitRef < 0) {
      problem = outside("parsing metadata for series: metadata unit_ref ", unitRef);
    }
    if (problem == null && helpRef >= symbolCount | helpRef < 0) {
      problem = outside("parsing metadata for series: metadata help_ref ", helpRef);
    }
    if (problem == null && typeAndUnitLabels) {
      if (metadataType > 0 && metadataType < MetricType.values().length) {
        byte[] type =
            WriteRequestReader.type(metadataType).text().getBytes(StandardCharsets.US_ASCII);
        append(TYPE_LABEL, 0, TYPE_LABEL.length);
        append(type, 0, type.length);
      }
      long unit = symbol(unitRef);
      if ((int) unit > 0) {
        append(UNIT_LABEL, 0, UNIT_LABEL.length);
        append(buf, (int) (unit >>> 32), (int) unit);
      }
    }
    in.reset(buf, at, n);
  }

  private String outside(String what, int ref) {
    return what
        + Integer.toUnsignedString(ref)
        + " outside of symbols table (size "
        + symbolCount
        + ")";
  }

  private void metadataFields() {
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> metadataType = in.readInt();
        case 3 -> helpRef = in.readInt();
        case 4 -> unitRef = in.readInt();
        default -> in.skip();
      }
    }
    in.leave(outer);
  }

  private void label(long name, long value) {
    if (name >= symbolCount || value >= symbolCount) {
      if (problem == null) {
        problem = "parsing labels for series: " + labelOutside(name, value);
      }
      return;
    }
    long n = symbol((int) name);
    if (typeAndUnitLabels && (is(n, TYPE_LABEL) || is(n, UNIT_LABEL))) {
      return;
    }
    append(buf, (int) (n >>> 32), (int) n);
    long v = symbol((int) value);
    append(buf, (int) (v >>> 32), (int) v);
  }

  private String labelOutside(long name, long value) {
    return "labelRefs "
        + name
        + " (name) = "
        + value
        + " (value) outside of symbols table (size "
        + symbolCount
        + ")";
  }

  private boolean is(long symbol, byte[] text) {
    int from = (int) (symbol >>> 32);
    return (int) symbol == text.length
        && Arrays.equals(buf, from, from + text.length, text, 0, text.length);
  }

  /** Offset << 32 | length of a symbol's bytes. */
  private long symbol(int ref) {
    int p = symbols[ref];
    int n = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = buf[p++];
      n |= (b & 0x7f) << shift;
      if (b >= 0) {
        return (long) p << 32 | n;
      }
    }
  }

  /** Counts the bytes that references resolve to, so that a small request cannot cost much. */
  private void resolve(int length) {
    resolved += length;
    if (resolved > MAX_RESOLVED_BYTES) {
      throw new CodecException(
          "the labels of a request resolve to more than " + MAX_RESOLVED_BYTES + " bytes");
    }
  }

  private void append(byte[] from, int offset, int length) {
    resolve(length);
    if (labels.length - labelLength < length + 5) {
      long want = Math.max(2L * labels.length, (long) labelLength + length + 5);
      if (want > MAX_LABEL_BYTES) {
        throw new CodecException(
            "the labels of a series resolve to more than " + MAX_LABEL_BYTES + " bytes");
      }
      labels = Arrays.copyOf(labels, (int) want);
    }
    int n = length;
    while (n >= 0x80) {
      labels[labelLength++] = (byte) (n | 0x80);
      n >>>= 7;
    }
    labels[labelLength++] = (byte) n;
    System.arraycopy(from, offset, labels, labelLength, length);
    labelLength += length;
  }

  /** Maximum size of a series' resolved labels: references are small, but symbols may be large. */
  static final int MAX_LABEL_BYTES = 16 << 20;

  /** Maximum total size of the resolved symbols of a request's series and exemplars. */
  static final long MAX_RESOLVED_BYTES = 512L << 20;

  /** Problem of this series' references; null if they are valid. */
  public @Nullable String seriesProblem() {
    return problem;
  }

  /** Returns the array that starts with the label bytes; valid until the next series. */
  public byte[] labelBuffer() {
    return labels;
  }

  public int labelLength() {
    return labelLength;
  }

  /** Number of floats in the series. */
  public int sampleCount() {
    return samples;
  }

  /** Number of histograms in the series. */
  public int histogramCount() {
    return histogramCount;
  }

  /** Whether the series has metadata. */
  public boolean hasMetadata() {
    return metadataType != 0 || helpRef != 0 || unitRef != 0;
  }

  /** Returns the metadata carried by the series; only without a {@link #seriesProblem}. */
  public MetricMetadata metadata() {
    return new MetricMetadata(
        WriteRequestReader.type(metadataType), string(helpRef), string(unitRef));
  }

  /** A hash of the metric name and the series' metadata. */
  public long metadataKey() {
    long name = name();
    long help = symbol(helpRef);
    long unit = symbol(unitRef);
    long h = Labels.hash64(labels, (int) (name >>> 32), (int) name);
    h = h * 31 + Labels.hash64(buf, (int) (help >>> 32), (int) help);
    h = h * 31 + Labels.hash64(buf, (int) (unit >>> 32), (int) unit);
    return h * 31 + metadataType;
  }

  /**
   * Returns the family described by {@link #metadata}: the metric name without the suffixes of
   * classic histogram or summary series.
   */
  public String metricFamily() {
    long at = name();
    String name = new String(labels, (int) (at >>> 32), (int) at, StandardCharsets.UTF_8);
    MetricType type = WriteRequestReader.type(metadataType);
    if (type == MetricType.HISTOGRAM
        || type == MetricType.GAUGEHISTOGRAM
        || type == MetricType.SUMMARY) {
      for (String suffix : new String[] {"_bucket", "_count", "_sum"}) {
        if (name.endsWith(suffix)
            && name.length() > suffix.length()
            && !(type == MetricType.SUMMARY && suffix.equals("_bucket"))) {
          return name.substring(0, name.length() - suffix.length());
        }
      }
    }
    return name;
  }

  /** Offset << 32 | length of the metric name in the label bytes; 0 0 if none. */
  private long name() {
    int p = 0;
    while (p < labelLength) {
      long n = lengthAt(p);
      int nameAt = (int) (n >>> 32);
      long v = lengthAt(nameAt + (int) n);
      if ((int) n == NAME.length
          && Arrays.equals(labels, nameAt, nameAt + NAME.length, NAME, 0, NAME.length)) {
        return v;
      }
      p = (int) (v >>> 32) + (int) v;
    }
    return 0;
  }

  private static final byte[] NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.US_ASCII);

  private long lengthAt(int at) {
    int p = at;
    int n = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = labels[p++];
      n |= (b & 0x7f) << shift;
      if (b >= 0) {
        return (long) p << 32 | n;
      }
    }
  }

  private String string(int ref) {
    long s = symbol(ref);
    return new String(buf, (int) (s >>> 32), (int) s, StandardCharsets.UTF_8);
  }

  /** The next sample, histogram or exemplar of the series, in the order of the wire. */
  public SeriesEvent next() {
    while (in.next()) {
      switch (in.field()) {
        case 2 -> {
          sample();
          return SeriesEvent.SAMPLE;
        }
        case 3 -> {
          int outer = in.enter();
          histogram = histograms.read(in);
          timestamp = histograms.timestamp;
          startTimestamp = histograms.startTimestamp;
          in.leave(outer);
          return SeriesEvent.HISTOGRAM;
        }
        case 4 -> {
          readExemplar();
          return SeriesEvent.EXEMPLAR;
        }
        default -> in.skip();
      }
    }
    return SeriesEvent.END;
  }

  private void sample() {
    double v = 0;
    long t = 0;
    long st = 0;
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> v = in.readDouble();
        case 2 -> t = in.readLong();
        case 3 -> st = in.readLong();
        default -> in.skip();
      }
    }
    in.leave(outer);
    value = v;
    timestamp = t;
    startTimestamp = st;
  }

  private void readExemplar() {
    int outer = in.enter();
    collector.reset(buf);
    exemplar = null;
    exemplarProblem = null;
    double v = 0;
    long t = 0;
    long pending = -1;
    long refs = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          for (int o = in.beginRepeated(ProtoReader.VARINT); in.moreRepeated(o); ) {
            long ref = in.readVarint() & 0xffffffffL;
            refs++;
            if (pending < 0) {
              pending = ref;
              continue;
            }
            if (pending >= symbolCount || ref >= symbolCount) {
              exemplarProblem = labelOutside(pending, ref);
            } else {
              long n = symbol((int) pending);
              long s = symbol((int) ref);
              resolve((int) n + (int) s);
              collector.add((int) (n >>> 32), (int) n, (int) (s >>> 32), (int) s);
            }
            pending = -1;
          }
        }
        case 2 -> v = in.readDouble();
        case 3 -> t = in.readLong();
        default -> in.skip();
      }
    }
    in.leave(outer);
    if (refs % 2 != 0) {
      exemplarProblem = "invalid labelRefs length " + refs;
    }
    if (exemplarProblem == null) {
      try {
        exemplar = new Exemplar(collector.any(), v, t);
      } catch (InvalidLabelsException e) {
        exemplarProblem = e.getMessage();
      }
    }
  }

  /** Unix milliseconds of the sample or histogram read last. */
  public long timestamp() {
    return timestamp;
  }

  /** Start timestamp of the sample or histogram read last, 0 if unknown. */
  public long startTimestamp() {
    return startTimestamp;
  }

  /** The float read last. */
  public double value() {
    return value;
  }

  /** The histogram read last. */
  public Histogram histogram() {
    return java.util.Objects.requireNonNull(histogram);
  }

  /** The exemplar read last; null if it is not valid, see {@link #exemplarProblem}. */
  public @Nullable Exemplar exemplar() {
    return exemplar;
  }

  /** Problem of the exemplar read last. */
  public @Nullable String exemplarProblem() {
    return exemplarProblem;
  }

  private static Labels decodeLabels(byte[] b, int offset, int length) {
    LabelCollector c = new LabelCollector();
    c.reset(b);
    ProtoReader r = new ProtoReader().reset(b, offset, length);
    while (!r.atEnd()) {
      int nl = (int) r.readVarint();
      int no = r.position();
      r.position(no + nl);
      int vl = (int) r.readVarint();
      int vo = r.position();
      r.position(vo + vl);
      c.add(no, nl, vo, vl);
    }
    return c.series();
  }
}
