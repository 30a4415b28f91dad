package dev.tethys.codec.remote;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;

/**
 * Writes a remote write 2.0 request ({@code io.prometheus.write.v2.Request}): {@link #beginSeries},
 * its samples, histograms and exemplars, {@link #endSeries}. Symbols precede the series on the
 * wire, so the series are buffered until {@link #toByteArray} or {@link #finish}. Reusable after
 * {@link #clear}.
 */
public final class WriteRequestV2Writer {
  private final ProtoWriter series = new ProtoWriter(1 << 12);
  private final ProtoWriter out = new ProtoWriter(1 << 12);
  private final SymbolTable symbols = new SymbolTable();
  private int open = -1;

  /** Clears the request and keeps the buffers. */
  public WriteRequestV2Writer clear() {
    series.clear();
    out.clear();
    symbols.clear();
    open = -1;
    return this;
  }

  public WriteRequestV2Writer beginSeries(Labels labels) {
    if (open >= 0) {
      throw new IllegalStateException("the previous series is not finished");
    }
    open = series.begin(5);
    refs(labels);
    return this;
  }

  private void refs(Labels labels) {
    if (labels.isEmpty()) {
      return;
    }
    int m = series.begin(1);
    labels.forEachBytes(
        (b, no, nl, vo, vl) -> {
          series.varint(symbols.add(b, no, nl));
          series.varint(symbols.add(b, vo, vl));
        });
    series.end(m);
  }

  /** A float; {@code startTimestamp} 0 if unknown. */
  public WriteRequestV2Writer sample(long startTimestamp, long timestamp, double value) {
    int m = series.begin(2);
    series.float64Unless0(1, value);
    series.int64Unless0(2, timestamp);
    series.int64Unless0(3, startTimestamp);
    series.end(m);
    return this;
  }

  public WriteRequestV2Writer histogram(long startTimestamp, long timestamp, Histogram h) {
    HistogramMessage.write(series, 3, startTimestamp, timestamp, h);
    return this;
  }

  public WriteRequestV2Writer exemplar(Exemplar e) {
    int m = series.begin(4);
    refs(e.labels());
    series.float64Unless0(2, e.value());
    series.int64Unless0(3, e.timestamp());
    series.end(m);
    return this;
  }

  public WriteRequestV2Writer metadata(MetricMetadata m) {
    int at = series.begin(5);
    series.int64Unless0(1, m.type().ordinal());
    series.int64Unless0(3, symbols.add(m.help()));
    series.int64Unless0(4, symbols.add(m.unit()));
    series.end(at);
    return this;
  }

  public WriteRequestV2Writer endSeries() {
    if (open < 0) {
      throw new IllegalStateException("no series was started");
    }
    series.end(open);
    open = -1;
    return this;
  }

  /** Bytes of the series written so far. */
  public int size() {
    return series.size();
  }

  /** Assembles the request, which is then in the first {@code size()} bytes of the result. */
  public ProtoWriter finish() {
    out.clear();
    symbols.write(out, 4);
    return out.raw(series.buffer(), 0, series.size());
  }

  /** A copy of the request. */
  public byte[] toByteArray() {
    return finish().toByteArray();
  }
}
