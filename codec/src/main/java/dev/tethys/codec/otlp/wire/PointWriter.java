package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.List;

/** Writes metrics with their data points. */
final class PointWriter {
  private final ProtoWriter w;
  private final FieldWriter f;

  PointWriter(ProtoWriter w, FieldWriter f) {
    this.w = w;
    this.f = f;
  }

  void metric(Metric m) {
    w.stringUnlessEmpty(1, m.name());
    w.stringUnlessEmpty(2, m.description());
    w.stringUnlessEmpty(3, m.unit());
    MetricData<?> data = m.data();
    if (data != null) {
      int d =
          w.begin(
              switch (data) {
                case MetricData.Gauge _ -> 5;
                case MetricData.Sum _ -> 7;
                case MetricData.Histogram _ -> 9;
                case MetricData.ExponentialHistogram _ -> 10;
                case MetricData.Summary _ -> 11;
                case MetricData.Aggregated<?> _ -> throw new AssertionError();
              });
      for (DataPoint p : data.points()) {
        int point = w.begin(1);
        switch (p) {
          case NumberDataPoint n -> number(n);
          case HistogramDataPoint h -> histogram(h);
          case ExponentialHistogramDataPoint h -> exponentialHistogram(h);
          case SummaryDataPoint s -> summary(s);
        }
        f.unknown(p);
        w.end(point);
      }
      if (data instanceof MetricData.Aggregated<?> a) {
        w.int64Unless0(2, a.temporality());
      }
      if (data instanceof MetricData.Sum s && s.isMonotonic()) {
        w.bool(3, true);
      }
      f.unknown(data);
      w.end(d);
    }
    f.attributes(12, m.metadata());
    f.unknown(m);
  }

  private void times(DataPoint p) {
    f.fixed64(2, p.startTimeUnixNano());
    f.fixed64(3, p.timeUnixNano());
  }

  private void number(NumberDataPoint p) {
    times(p);
    if (p.isDouble()) {
      w.float64(4, p.doubleValue());
    }
    if (p.hasExemplars()) {
      exemplars(5, p.exemplars());
    }
    if (p.isInt()) {
      w.fixed64(6, p.longValue());
    }
    f.attributes(7, p.attributes());
    f.uint32(8, p.flags());
  }

  private void histogram(HistogramDataPoint p) {
    times(p);
    f.fixed64(4, p.count());
    if (p.hasSum()) {
      w.float64(5, p.sum());
    }
    if (p.bucketCounts().length > 0) {
      int m = w.begin(6);
      for (long c : p.bucketCounts()) {
        w.rawFixed64(c);
      }
      w.end(m);
    }
    if (p.explicitBounds().length > 0) {
      int m = w.begin(7);
      for (double b : p.explicitBounds()) {
        w.rawDouble(b);
      }
      w.end(m);
    }
    if (p.hasExemplars()) {
      exemplars(8, p.exemplars());
    }
    f.attributes(9, p.attributes());
    f.uint32(10, p.flags());
    if (p.hasMin()) {
      w.float64(11, p.min());
    }
    if (p.hasMax()) {
      w.float64(12, p.max());
    }
  }

  private void exponentialHistogram(ExponentialHistogramDataPoint p) {
    f.attributes(1, p.attributes());
    times(p);
    f.fixed64(4, p.count());
    if (p.hasSum()) {
      w.float64(5, p.sum());
    }
    if (p.scale() != 0) {
      w.sint64(6, p.scale());
    }
    f.fixed64(7, p.zeroCount());
    buckets(8, p.positiveOffset(), p.positiveCounts());
    buckets(9, p.negativeOffset(), p.negativeCounts());
    f.uint32(10, p.flags());
    if (p.hasExemplars()) {
      exemplars(11, p.exemplars());
    }
    if (p.hasMin()) {
      w.float64(12, p.min());
    }
    if (p.hasMax()) {
      w.float64(13, p.max());
    }
    w.float64Unless0(14, p.zeroThreshold());
  }

  private void buckets(int field, int offset, long[] counts) {
    if (offset == 0 && counts.length == 0) {
      return;
    }
    int m = w.begin(field);
    if (offset != 0) {
      w.sint64(1, offset);
    }
    if (counts.length > 0) {
      int packed = w.begin(2);
      for (long c : counts) {
        w.varint(c);
      }
      w.end(packed);
    }
    w.end(m);
  }

  private void summary(SummaryDataPoint p) {
    times(p);
    f.fixed64(4, p.count());
    w.float64Unless0(5, p.sum());
    double[] quantiles = p.quantiles();
    double[] values = p.quantileValues();
    for (int i = 0; i < quantiles.length; i++) {
      int m = w.begin(6);
      w.float64Unless0(1, quantiles[i]);
      w.float64Unless0(2, values[i]);
      w.end(m);
    }
    f.attributes(7, p.attributes());
    f.uint32(8, p.flags());
  }

  private void exemplars(int field, List<Exemplar> exemplars) {
    for (Exemplar e : exemplars) {
      int m = w.begin(field);
      f.fixed64(2, e.timeUnixNano());
      if (e.isDouble()) {
        w.float64(3, e.doubleValue());
      }
      f.spanId(4, e.spanId());
      f.traceId(5, e.traceIdHigh(), e.traceIdLow());
      if (e.isInt()) {
        w.fixed64(6, e.longValue());
      }
      f.attributes(7, e.attributes());
      f.unknown(e);
      w.end(m);
    }
  }
}
