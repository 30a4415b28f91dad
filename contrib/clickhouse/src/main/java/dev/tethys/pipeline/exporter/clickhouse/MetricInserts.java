package dev.tethys.pipeline.exporter.clickhouse;

import dev.tethys.codec.clickhouse.RowBinaryWriter;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.exporter.tables.MetricTables;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Rows of the tables of metrics, see {@link dev.tethys.codec.clickhouse.ClickHouseTables}. */
final class MetricInserts {
  private static final byte[] NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.UTF_8);

  private MetricInserts() {}

  static byte[] series(List<MetricTables.Series> all) {
    RowBinaryWriter w = new RowBinaryWriter();
    for (MetricTables.Series s : all) {
      w.string(s.metric()).uuid(s.key());
      labels(w, s.labels());
    }
    return w.toByteArray();
  }

  private static void labels(RowBinaryWriter w, Labels labels) {
    w.length(labels.size());
    labels.forEachBytes(
        (b, nameAt, nameLength, valueAt, valueLength) ->
            w.bytes(b, nameAt, nameLength).bytes(b, valueAt, valueLength));
  }

  private static RowBinaryWriter metric(RowBinaryWriter w, Labels labels) {
    long at = labels.find(NAME);
    return at < 0 ? w.length(0) : w.bytes(labels.canonicalBytes(), (int) (at >>> 32), (int) at);
  }

  static byte[] samples(MetricTables t) {
    RowBinaryWriter w = new RowBinaryWriter();
    for (MetricTables.Sample s : t.samples()) {
      metric(w, s.series().labels())
          .uuid(s.series().key())
          .int64(s.time())
          .int64(s.start())
          .float64(s.value());
    }
    return w.toByteArray();
  }

  static byte[] histograms(MetricTables t) {
    RowBinaryWriter w = new RowBinaryWriter();
    for (MetricTables.HistogramSample s : t.histograms()) {
      Histogram h = s.histogram();
      w.string(s.series().metric())
          .uuid(s.series().key())
          .int64(s.time())
          .int64(s.start())
          .uint8(h.integer() ? 1 : 0)
          .uint8(h.resetHint().ordinal())
          .int32(h.schema())
          .float64(h.zeroThreshold())
          .float64(h.zeroCount())
          .float64(h.count())
          .float64(h.sum())
          .int32s(h.positiveSpans())
          .float64s(h.positive())
          .int32s(h.negativeSpans())
          .float64s(h.negative());
      double[] custom = h.customBounds();
      w.float64s(custom == null ? new double[0] : custom);
    }
    return w.toByteArray();
  }

  static byte[] exemplars(MetricTables t) {
    RowBinaryWriter w = new RowBinaryWriter();
    for (MetricTables.SeriesExemplar x : t.exemplars()) {
      w.string(x.series().metric())
          .uuid(x.series().key())
          .int64(x.exemplar().timestamp())
          .float64(x.exemplar().value());
      labels(w, x.exemplar().labels());
    }
    return w.toByteArray();
  }

  static byte[] families(MetricTables t) {
    RowBinaryWriter w = new RowBinaryWriter();
    for (MetricTables.Family f : t.families()) {
      w.string(f.name())
          .string(f.metadata().type().name().toLowerCase(java.util.Locale.ROOT))
          .string(f.metadata().unit())
          .string(f.metadata().help());
    }
    return w.toByteArray();
  }
}
