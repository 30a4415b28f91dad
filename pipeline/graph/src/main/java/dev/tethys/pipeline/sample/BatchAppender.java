package dev.tethys.pipeline.sample;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.LayoutAppender;
import dev.tethys.model.storage.SeriesLayout;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Rows;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes what is appended as requests of remote write. It remembers no series: a reference holds
 * until the next one is asked for, so whoever appends resolves each series anew.
 *
 * <p>Samples are neither sorted nor compared with earlier ones: nothing is refused.
 */
final class BatchAppender implements LayoutAppender {
  /** A batch ends here when a scrape brings more, so that none has to be handled in one piece. */
  static final int MAX_BATCH_BYTES = 4 << 20;

  private final BatchSink sink;
  private final long lane;
  private final long base;
  private @Nullable WriteRequestWriter out;
  private final List<Batch> full = new ArrayList<>();
  private int ordinal;
  private byte[] labels = {};
  private int labelOffset;
  private int labelLength;
  private boolean open;
  private int items;
  private @Nullable Batch rows;

  BatchAppender(BatchSink sink, long lane, long base, WriteRequestWriter writer) {
    this.sink = sink;
    this.lane = lane;
    this.base = base;
    this.out = writer;
  }

  private WriteRequestWriter out() {
    WriteRequestWriter w = out;
    if (w == null) {
      throw new IllegalStateException("the appender is closed");
    }
    return w;
  }

  @Override
  public long series(Labels l) {
    return series(l.canonicalBytes(), 0, l.canonicalBytes().length, CANONICAL);
  }

  @Override
  public long series(byte[] buf, int offset, int length, LabelDecoder decoder) {
    end();
    if (decoder == CANONICAL) {
      labels = buf;
      labelOffset = offset;
      labelLength = length;
    } else {
      labels = decoder.decode(buf, offset, length).canonicalBytes();
      labelOffset = 0;
      labelLength = labels.length;
    }
    return base + ++ordinal;
  }

  private boolean isCurrent(long series) {
    return ordinal > 0 && series == base + ordinal;
  }

  @Override
  public @Nullable Labels labels(long series) {
    return isCurrent(series)
        ? Labels.ofCanonicalBytes(
            Arrays.copyOfRange(labels, labelOffset, labelOffset + labelLength))
        : null;
  }

  private WriteRequestWriter begun() {
    WriteRequestWriter w = out();
    if (!open) {
      w.beginCanonicalSeries(labels, labelOffset, labelLength);
      open = true;
    }
    return w;
  }

  private void end() {
    if (open) {
      open = false;
      WriteRequestWriter w = out().endSeries();
      if (w.size() >= MAX_BATCH_BYTES) {
        cut(w);
      }
    }
  }

  private void cut(WriteRequestWriter w) {
    if (w.size() > 0) {
      full.add(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), items, lane));
      w.clear();
      items = 0;
    }
  }

  @Override
  public Outcome append(long series, long startTimestamp, long timestamp, double value) {
    if (!isCurrent(series)) {
      return Outcome.UNKNOWN_SERIES;
    }
    begun().sample(startTimestamp, timestamp, value);
    items++;
    return Outcome.OK;
  }

  @Override
  public Outcome append(long series, long startTimestamp, long timestamp, Histogram histogram) {
    if (!isCurrent(series)) {
      return Outcome.UNKNOWN_SERIES;
    }
    begun().histogram(startTimestamp, timestamp, histogram);
    items++;
    return Outcome.OK;
  }

  @Override
  public Outcome append(long series, Exemplar exemplar) {
    if (!isCurrent(series)) {
      return Outcome.UNKNOWN_SERIES;
    }
    begun().exemplar(exemplar);
    return Outcome.OK;
  }

  @Override
  public void append(SeriesLayout layout, long timestamp, double[] values) {
    if (rows != null) {
      throw new IllegalStateException("one layout in a batch");
    }
    rows = Batch.of(new Rows(layout, timestamp, values), lane);
  }

  @Override
  public void metadata(String metricName, MetricMetadata metadata) {
    end();
    out().metadata(metricName, metadata);
  }

  @Override
  public void commit() {
    end();
    cut(out());
    List<Batch> batches = List.copyOf(full);
    Batch first = rows;
    close();
    if (first != null) {
      sink.give(first);
    }
    batches.forEach(sink::give);
  }

  @Override
  public void close() {
    WriteRequestWriter w = out;
    if (w != null) {
      out = null;
      rows = null;
      full.clear();
      sink.takeBack(w);
    }
  }
}
