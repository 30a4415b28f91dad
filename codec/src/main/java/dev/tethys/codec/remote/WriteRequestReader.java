package dev.tethys.codec.remote;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.storage.Appender;
import org.jspecify.annotations.Nullable;

/**
 * Walks a remote write 1.0 request ({@code prometheus.WriteRequest}) in place. A series' labels are
 * returned as the bytes that are in the request, to be resolved by {@link Appender#series(byte[],
 * int, int, Appender.LabelDecoder)} with {@link #LABELS}; in the steady state nothing is decoded
 * and nothing is allocated.
 *
 * <pre>{@code
 * reader.reset(buf, 0, length);
 * while (reader.nextSeries()) {
 *   long ref = appender.series(reader.labelBuffer(), reader.labelOffset(), reader.labelLength(),
 *       WriteRequestReader.LABELS);
 *   for (SeriesEvent e; (e = reader.next()) != SeriesEvent.END; ) ...
 * }
 * while (reader.nextMetadata()) ...
 * }</pre>
 *
 * <p>Invariants: {@code top} walks the request, {@code in} the series that was returned last. The
 * label region is the run of label fields (tag 0x0a) that begins the series; where a series has
 * label fields elsewhere too, which no known sender writes, all of them are copied to {@code
 * gathered}, which then holds the region. Not thread-safe.
 */
public final class WriteRequestReader {
  /**
   * Decodes the label region of a series. A single instance, because it identifies the encoding.
   */
  public static final Appender.LabelDecoder LABELS = WriteRequestReader::decodeLabels;

  private static final int LABEL_TAG = 1 << 3 | ProtoReader.LENGTH;
  private static final MetricType[] TYPES = {
    MetricType.UNKNOWN,
    MetricType.COUNTER,
    MetricType.GAUGE,
    MetricType.HISTOGRAM,
    MetricType.GAUGEHISTOGRAM,
    MetricType.SUMMARY,
    MetricType.INFO,
    MetricType.STATESET
  };

  // State of the series that was returned last: it was walked; or its labels are only likely, and
  // its sample is still to be returned; or it was.
  private static final int WALKED = 0;
  private static final int WHOLE = 1;
  private static final int SAMPLE_TAKEN = 2;

  private final ProtoReader top = new ProtoReader();
  private final ProtoReader in = new ProtoReader();
  private final HistogramMessage histograms = new HistogramMessage();
  private final LabelCollector collector = new LabelCollector();
  private final ProtoReader region = new ProtoReader();

  private byte[] buf = {};
  private int offset;
  private int length;

  private byte[] labelBuffer = {};
  private int labelOffset;
  private int labelLength;
  private byte[] gathered = {};

  private long timestamp;
  private long startTimestamp;
  private double value;
  private @Nullable Histogram histogram;
  private @Nullable Exemplar exemplar;
  private String family = "";
  private @Nullable MetricMetadata metadata;
  private boolean inMetadata;
  private boolean walked; // all series were returned
  private boolean others; // something else stands between them
  private @Nullable RequestFamilies families; // receives metadata encountered while reading

  private int likely; // whether the series was walked
  private int seriesOffset;
  private int seriesLength;

  /** Starts over with a decompressed request. */
  public WriteRequestReader reset(byte[] buffer, int from, int size) {
    buf = buffer;
    offset = from;
    length = size;
    top.reset(buffer, from, size);
    inMetadata = false;
    walked = false;
    others = false;
    likely = WALKED;
    families = null;
    return this;
  }

  /**
   * Starts over, with the metadata that applies to each series: {@link RequestFamilies#of} is
   * queried for the series returned last.
   */
  public WriteRequestReader reset(byte[] buffer, int from, int size, RequestFamilies known) {
    reset(buffer, from, size);
    while (nextMetadata()) {
      known.add(family, metadata());
    }
    reset(buffer, from, size);
    families = known;
    return this;
  }

  /** Releases the request and the data collected from it. */
  public void release() {
    reset(new byte[0], 0, 0);
    in.reset(buf, 0, 0);
    labelBuffer = buf;
    labelLength = 0;
    if (gathered.length > 1 << 16) {
      gathered = buf;
    }
    histogram = null;
    exemplar = null;
    metadata = null;
  }

  /** Moves to the next series; returns false after the last one. */
  public boolean nextSeries() {
    if (!nextField()) {
      return false;
    }
    likely = WALKED;
    enterSeries(seriesOffset, seriesLength);
    return true;
  }

  /**
   * Moves to the next series without parsing its labels, if that can be deferred: data that ends
   * like a {@link SingleSample} is assumed to consist of labels and that sample. A caller that does
   * not know these very bytes to be labels calls {@link #settle} before it uses the series.
   */
  public boolean nextLikelySeries() {
    if (!nextField()) {
      return false;
    }
    likely = WALKED;
    if (!isLikely(seriesOffset, seriesOffset + seriesLength)) {
      enterSeries(seriesOffset, seriesLength);
    }
    return true;
  }

  /** Walks the series that {@link #nextLikelySeries} returned, if it was not walked yet. */
  public void settle() {
    if (likely != WALKED) {
      likely = WALKED;
      enterSeries(seriesOffset, seriesLength);
    }
  }

  /** Whether the series that was returned last is known to be labels and one float, read by now. */
  public boolean isSingle() {
    return likely == WHOLE;
  }

  /** Moves to the next field that contains a series. */
  private boolean nextField() {
    while (top.next()) {
      if (top.field() == 1) {
        int n = top.readLength();
        seriesOffset = top.position();
        seriesLength = n;
        top.position(seriesOffset + n);
        return true;
      }
      others = true;
      if (families != null && top.field() == 3) {
        readMetadata();
        families.precede(family, metadata());
      } else {
        top.skip();
      }
    }
    walked = true;
    return false;
  }

  /** Whether a series looks like labels and a single sample; it is then read as such. */
  private boolean isLikely(int at, int end) {
    byte[] b = buf;
    int sample = SingleSample.begin(b, at, end);
    if (sample < 0) {
      return false;
    }
    labelBuffer = b;
    labelOffset = at;
    labelLength = sample - at;
    value = SingleSample.value(b, sample, end);
    timestamp = SingleSample.time(b, end);
    startTimestamp = 0;
    likely = WHOLE;
    return true;
  }

  /**
   * Finds the end of the labels, and whether more labels follow later. The loop handles fields with
   * a tag and a length of one byte each, which are nearly all; others go through the reader.
   */
  private void enterSeries(int at, int n) {
    byte[] b = buf;
    int p = at;
    int end = at + n;
    int labelsEnd = -1;
    boolean scattered = false;
    while (p < end) {
      int tag = b[p];
      if (tag != LABEL_TAG && labelsEnd < 0) {
        labelsEnd = p;
      }
      int size = p + 1 < end ? b[p + 1] : -1;
      int field = tag >> 3;
      if ((tag & 0x87) == ProtoReader.LENGTH && tag >= 8 && size >= 0 && size <= end - p - 2) {
        p += 2 + size;
      } else {
        in.reset(b, p, end - p);
        in.next();
        field = in.field();
        in.skip();
        p = in.position();
      }
      scattered |= labelsEnd >= 0 && field == 1;
    }
    labelBuffer = b;
    labelOffset = at;
    labelLength = (labelsEnd < 0 ? end : labelsEnd) - at;
    if (scattered) {
      gather(at, n);
    } else {
      in.reset(b, at + labelLength, n - labelLength);
    }
  }

  /** Copies the label fields of a series that does not have them in one run at its start. */
  private void gather(int at, int n) {
    in.reset(buf, at, n);
    int size = 0;
    if (gathered.length < n) {
      gathered = new byte[n];
    }
    while (in.next()) {
      int start = in.fieldStart();
      boolean label = in.field() == 1;
      in.skip();
      if (label) {
        System.arraycopy(buf, start, gathered, size, in.position() - start);
        size += in.position() - start;
      }
    }
    labelBuffer = gathered;
    labelOffset = 0;
    labelLength = size;
    in.reset(buf, at, n);
  }

  /** Returns the array that holds the label region; valid until the next series. */
  public byte[] labelBuffer() {
    return labelBuffer;
  }

  /** Returns the start offset of the label region. */
  public int labelOffset() {
    return labelOffset;
  }

  /** Length of the label region; 0 for a series without labels. */
  public int labelLength() {
    return labelLength;
  }

  /** The next sample, histogram or exemplar of the series, in the order of the wire. */
  public SeriesEvent next() {
    if (likely != WALKED) {
      SeriesEvent e = likely == WHOLE ? SeriesEvent.SAMPLE : SeriesEvent.END;
      likely = SAMPLE_TAKEN;
      return e;
    }
    while (in.next()) {
      switch (in.field()) {
        case 2 -> {
          sample();
          return SeriesEvent.SAMPLE;
        }
        case 3 -> {
          readExemplar();
          return SeriesEvent.EXEMPLAR;
        }
        case 4 -> {
          int outer = in.enter();
          histogram = histograms.read(in);
          timestamp = histograms.timestamp;
          startTimestamp = histograms.startTimestamp;
          in.leave(outer);
          return SeriesEvent.HISTOGRAM;
        }
        default -> in.skip();
      }
    }
    return SeriesEvent.END;
  }

  private void sample() {
    long t = 0;
    long start = 0;
    double v = 0;
    int outer = in.enter();
    while (in.next()) {
      switch (in.tag()) {
        case 1 << 3 | ProtoReader.FIXED64 -> v = in.readDouble();
        case 2 << 3 -> t = in.readLong();
        case 3 << 3 -> start = in.readLong();
        default -> in.skip();
      }
    }
    in.leave(outer);
    timestamp = t;
    startTimestamp = start;
    value = v;
  }

  private void readExemplar() {
    int outer = in.enter();
    collector.reset(buf);
    double v = 0;
    long t = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> label(in, collector);
        case 2 -> v = in.readDouble();
        case 3 -> t = in.readLong();
        default -> in.skip();
      }
    }
    in.leave(outer);
    try {
      exemplar = new Exemplar(collector.any(), v, t);
    } catch (InvalidLabelsException e) {
      exemplar = null;
    }
  }

  static void label(ProtoReader r, LabelCollector into) {
    int outer = r.enter();
    int nameOffset = r.position();
    int nameLength = 0;
    int valueOffset = nameOffset;
    int valueLength = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          nameLength = r.readLength();
          nameOffset = r.position();
          r.position(nameOffset + nameLength);
        }
        case 2 -> {
          valueLength = r.readLength();
          valueOffset = r.position();
          r.position(valueOffset + valueLength);
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
    into.add(nameOffset, nameLength, valueOffset, valueLength);
  }

  /** Unix milliseconds of the sample or histogram read last. */
  public long timestamp() {
    return timestamp;
  }

  /**
   * When the counter or histogram of the sample read last began, Unix milliseconds; 0 if unknown.
   * Remote write 1.0 has no such field: {@link WriteRequestWriter} puts it where 2.0 has it when it
   * is given one, for requests that stay within one process.
   */
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

  /** The exemplar read last; null if its labels are not valid. */
  public @Nullable Exemplar exemplar() {
    return exemplar;
  }

  /** Moves to the next metadata entry of the request, before or after the series were read. */
  public boolean nextMetadata() {
    if (!inMetadata) {
      if (walked && !others) {
        return false;
      }
      top.reset(buf, offset, length);
      inMetadata = true;
    }
    while (top.next()) {
      if (top.field() != 3) {
        top.skip();
        continue;
      }
      readMetadata();
      return true;
    }
    inMetadata = false;
    return false;
  }

  private void readMetadata() {
    int outer = top.enter();
    int type = 0;
    String help = "";
    String unit = "";
    family = "";
    while (top.next()) {
      switch (top.field()) {
        case 1 -> type = top.readInt();
        case 2 -> family = top.readString();
        case 4 -> help = top.readString();
        case 5 -> unit = top.readString();
        default -> top.skip();
      }
    }
    top.leave(outer);
    metadata = new MetricMetadata(type(type), help, unit);
  }

  /** The type of a number on the wire, {@code UNKNOWN} for numbers that are not. */
  static MetricType type(int number) {
    return number < 0 || number >= TYPES.length ? MetricType.UNKNOWN : TYPES[number];
  }

  /** Returns the family described by the last metadata read. */
  public String metricFamily() {
    return family;
  }

  /** The metadata read last. */
  public MetricMetadata metadata() {
    return java.util.Objects.requireNonNull(metadata);
  }

  /**
   * The labels of the series returned last, decoded on each call: like {@link #LABELS} of its
   * region, with less garbage.
   */
  public Labels labels() {
    return decode(region.reset(labelBuffer, labelOffset, labelLength), labelBuffer, collector);
  }

  private static Labels decodeLabels(byte[] buf, int offset, int length) {
    return decode(new ProtoReader().reset(buf, offset, length), buf, new LabelCollector());
  }

  private static Labels decode(ProtoReader r, byte[] buf, LabelCollector c) {
    c.reset(buf);
    while (r.next()) {
      if (r.field() == 1) {
        label(r, c);
      } else {
        r.skip();
      }
    }
    return c.series();
  }
}
