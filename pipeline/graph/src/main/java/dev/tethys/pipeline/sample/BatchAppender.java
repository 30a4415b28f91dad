package dev.tethys.pipeline.sample;

import dev.tethys.codec.remote.PointParts;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.LayoutAppender;
import dev.tethys.model.storage.SeriesLayout;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes appended samples as remote write requests. It keeps no series: a reference is valid until
 * the next one is requested, so its caller resolves each series again.
 *
 * <p>Samples are neither sorted nor compared with earlier ones, and none is rejected.
 */
final class BatchAppender implements LayoutAppender {
  /** Size at which a batch is split within a scrape. */
  static final int MAX_BATCH_BYTES = 4 << 20;

  /** Size at which a batch is split even within one histogram. */
  static final int MOST_BATCH_BYTES = 6 << 20;

  private final BatchSink sink;
  private final long lane;
  private final long base;
  private @Nullable WriteRequestWriter out;
  private final List<Series> full = new ArrayList<>();
  private @Nullable MetricFamilies families;
  private int ordinal;
  private byte[] labels = {};
  private int labelOffset;
  private int labelLength;
  private boolean open;
  private int items;
  private @Nullable Rows rows;
  private String name = ""; // of the series written last, while a batch is nearly full

  /** Series of a batch that is full. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Series(byte[] bytes, int items) {}

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
      if (w.size() >= MAX_BATCH_BYTES) {
        cutBetweenPoints(w);
      }
      w.beginCanonicalSeries(labels, labelOffset, labelLength);
      open = true;
    }
    return w;
  }

  private void end() {
    if (open) {
      open = false;
      out().endSeries();
    }
  }

  /** Splits the batch, but not within one histogram or summary unless it grows too large. */
  private void cutBetweenPoints(WriteRequestWriter w) {
    Labels next =
        Labels.ofCanonicalBytes(Arrays.copyOfRange(labels, labelOffset, labelOffset + labelLength));
    String nextName = next.metricName();
    boolean known = !name.isEmpty();
    boolean parts = PointParts.continues(name, nextName, next.get(PointParts.bound(nextName)));
    name = nextName;
    if (known && !parts || w.size() >= MOST_BATCH_BYTES) {
      cut(w);
    }
  }

  private void cut(WriteRequestWriter w) {
    if (w.size() > 0) {
      full.add(new Series(w.toByteArray(), items));
      w.clear();
      items = 0;
      name = "";
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
      throw new IllegalStateException("a batch has one layout");
    }
    rows = new Rows(layout, timestamp, values);
  }

  @Override
  public void metadata(String metricName, MetricMetadata metadata) {
    end();
    out().metadata(metricName, metadata);
  }

  @Override
  public boolean takesFamilies() {
    return true;
  }

  @Override
  public void families(MetricFamilies all) {
    families = all;
  }

  @Override
  public void commit() {
    end();
    cut(out());
    List<Series> batches = List.copyOf(full);
    Rows first = rows;
    close();
    if (first != null) {
      sink.emit(Batch.of(first, families, lane));
    }
    for (Series s : batches) {
      sink.emit(Batch.ofSeries(s.bytes, s.items, families, lane, Metadata.NONE));
    }
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
