package dev.tethys.codec.remote;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;

/**
 * Writes a remote write 1.0 request: {@link #beginSeries}, its samples, histograms and exemplars,
 * {@link #endSeries}; then metadata. Reusable after {@link #clear}.
 */
public final class WriteRequestWriter {
  private final ProtoWriter out = new ProtoWriter(1 << 12);
  private int series = -1;

  /** Clears the request and keeps the buffer. */
  public WriteRequestWriter clear() {
    out.clear();
    series = -1;
    return this;
  }

  public WriteRequestWriter beginSeries(Labels labels) {
    if (series >= 0) {
      throw new IllegalStateException("the previous series is not finished");
    }
    series = out.begin(1);
    writeLabels(out, 1, labels);
    return this;
  }

  /** Starts a series with its label fields copied from another request of 1.0. */
  public WriteRequestWriter beginSeries(byte[] buf, int offset, int length) {
    if (series >= 0) {
      throw new IllegalStateException("the previous series is not finished");
    }
    series = out.begin(1);
    out.raw(buf, offset, length);
    return this;
  }

  /** A series by canonical bytes of its labels, see {@link Labels}. */
  public WriteRequestWriter beginCanonicalSeries(byte[] buf, int offset, int length) {
    if (series >= 0) {
      throw new IllegalStateException("the previous series is not finished");
    }
    series = out.begin(1);
    out.pairs(1, buf, offset, length);
    return this;
  }

  /** Labels as a run of {@code Label} fields, which series, exemplars and chunked series share. */
  static void writeLabels(ProtoWriter w, int field, Labels labels) {
    labels.forEachBytes(
        (b, no, nl, vo, vl) -> {
          int m = w.begin(field);
          w.bytes(1, b, no, nl);
          w.bytes(2, b, vo, vl);
          w.end(m);
        });
  }

  public WriteRequestWriter sample(long timestamp, double value) {
    int m = out.begin(2);
    out.float64Unless0(1, value);
    out.int64Unless0(2, timestamp);
    out.end(m);
    return this;
  }

  /** Variant with a start timestamp, see {@link WriteRequestReader#startTimestamp}. */
  public WriteRequestWriter sample(long startTimestamp, long timestamp, double value) {
    int m = out.begin(2);
    out.float64Unless0(1, value);
    out.int64Unless0(2, timestamp);
    out.int64Unless0(3, startTimestamp);
    out.end(m);
    return this;
  }

  public WriteRequestWriter exemplar(Exemplar e) {
    int m = out.begin(3);
    writeLabels(out, 1, e.labels());
    out.float64Unless0(2, e.value());
    out.int64Unless0(3, e.timestamp());
    out.end(m);
    return this;
  }

  public WriteRequestWriter histogram(long timestamp, Histogram h) {
    HistogramMessage.write(out, 4, 0, timestamp, h);
    return this;
  }

  /** Variant with a start timestamp, see {@link WriteRequestReader#startTimestamp}. */
  public WriteRequestWriter histogram(long startTimestamp, long timestamp, Histogram h) {
    HistogramMessage.write(out, 4, startTimestamp, timestamp, h);
    return this;
  }

  public WriteRequestWriter endSeries() {
    if (series < 0) {
      throw new IllegalStateException("no series was started");
    }
    out.end(series);
    series = -1;
    return this;
  }

  public WriteRequestWriter metadata(String family, MetricMetadata m) {
    int at = out.begin(3);
    out.int64Unless0(1, m.type().ordinal());
    out.stringUnlessEmpty(2, family);
    out.stringUnlessEmpty(4, m.help());
    out.stringUnlessEmpty(5, m.unit());
    out.end(at);
    return this;
  }

  /** Pieces of another request of 1.0, see {@link RequestSlices}. */
  public WriteRequestWriter raw(byte[] buf, int offset, int length) {
    if (series >= 0) {
      throw new IllegalStateException("the previous series is not finished");
    }
    out.raw(buf, offset, length);
    return this;
  }

  /** Cuts the request back to an earlier size, at which no series was begun. */
  public WriteRequestWriter truncate(int size) {
    out.truncate(size);
    series = -1;
    return this;
  }

  /**
   * Returns the array that holds the request in its first {@link #size} bytes, until the next
   * change.
   */
  public byte[] buffer() {
    return out.buffer();
  }

  public int size() {
    return out.size();
  }

  /** A copy of the request. */
  public byte[] toByteArray() {
    return out.toByteArray();
  }
}
