package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.codec.parquet.DoubleColumn;
import dev.tethys.codec.parquet.LongColumn;
import dev.tethys.codec.parquet.MapColumn;
import dev.tethys.codec.parquet.ParquetWriter;
import dev.tethys.codec.parquet.TextColumn;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramBuckets;

/** Samples as rows: a float has a value, a native histogram its JSON. */
final class MetricFile {
  private final ParquetWriter file;
  private final LongColumn time;
  private final TextColumn metric;
  private final MapColumn labels;
  private final DoubleColumn value;
  private final LongColumn start;
  private final TextColumn histogram;
  private final HistogramBuckets buckets = new HistogramBuckets();

  MetricFile(ParquetWriter file) {
    this.file = file;
    time = file.millis("timestamp", false);
    metric = file.text("metric", false, true);
    labels = file.map("labels");
    value = file.number("value", true);
    start = file.millis("start_timestamp", true);
    histogram = file.text("histogram", true, false);
  }

  private void begin(Labels of, long millis, long startMillis) {
    time.add(millis);
    metric.add(of.metricName());
    for (Labels.Label l : of.toList()) {
      if (!l.name().equals(Labels.METRIC_NAME)) {
        labels.add(l.name(), l.value());
      }
    }
    labels.end();
    if (startMillis == 0) {
      start.addNull();
    } else {
      start.add(startMillis);
    }
  }

  /** Adds a float sample. */
  void sample(Labels of, long millis, long startMillis, double v) {
    begin(of, millis, startMillis);
    value.add(v);
    histogram.addNull();
    file.endRow();
  }

  /** Adds a native histogram; a stale one has the stale marker as value. */
  void histogram(Labels of, long millis, long startMillis, Histogram h) {
    begin(of, millis, startMillis);
    if (h.isStale()) {
      value.add(h.sum());
      histogram.addNull();
    } else {
      value.addNull();
      histogram.add(json(h));
    }
    file.endRow();
  }

  /**
   * Formats {@code {"count":3,"sum":4.5,"buckets":[[lower,upper,count],…]}}, with infinities as
   * strings.
   */
  private String json(Histogram h) {
    StringBuilder sb = new StringBuilder("{\"count\":");
    number(h.count(), sb).append(",\"sum\":");
    number(h.sum(), sb).append(",\"buckets\":[");
    buckets.load(h, true);
    String comma = "";
    for (int i = 0; i < buckets.size(); i++) {
      if (buckets.count(i) != 0) {
        sb.append(comma).append('[');
        number(buckets.lower(i), sb).append(',');
        number(buckets.upper(i), sb).append(',');
        number(buckets.count(i), sb).append(']');
        comma = ",";
      }
    }
    return sb.append("]}").toString();
  }

  private static StringBuilder number(double v, StringBuilder to) {
    return Double.isFinite(v)
        ? to.append(GoFloat.g(v))
        : to.append('"').append(GoFloat.g(v)).append('"');
  }
}
