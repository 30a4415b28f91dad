package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.datadog.DogSketch;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoFloat;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.datadog.DatadogSeries.Identity;
import dev.tethys.pipeline.exporter.datadog.DatadogSeries.Kind;
import dev.tethys.pipeline.exporter.datadog.DatadogSettings.Histograms;
import dev.tethys.pipeline.exporter.rows.HistogramRanges;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RecordCutter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Encodes batches of metrics as series and sketches. Deltas become counts or sketches and
 * cumulative values become gauges, because Datadog adds up the values it receives.
 *
 * <p>A point becomes either one sketch or some rows of series, so an item is in exactly one
 * request.
 */
final class DatadogMetrics implements Encoder {
  /**
   * Maximum size of a request; Datadog's limits are 512,000 bytes, and 5 MiB before compression.
   */
  static final int MAX_BYTES = 4 << 20;

  static final int MAX_ITEMS = 5000;

  /** Names beyond it are rejected by Datadog. */
  private static final int MAX_NAME = 200;

  private final DatadogSettings settings;
  private final DatadogNames names;
  private final LineRequestEncoder series;
  private final LineRequestEncoder sketches;
  private final UnsupportedItemCounter leftOut;
  private final @Nullable DeltaConversion deltas;

  DatadogMetrics(
      DatadogSettings settings,
      LineRequestEncoder series,
      LineRequestEncoder sketches,
      UnsupportedItemCounter leftOut,
      @Nullable DeltaConversion deltas) {
    this.deltas = deltas;
    this.settings = settings;
    this.names =
        new DatadogNames(
            settings.hostname(), settings.metrics().resources(), settings.metrics().scopes());
    this.series = series;
    this.sketches = sketches;
    this.leftOut = leftOut;
  }

  @Override
  public Encoded encode(Batch batch) {
    try {
      if (batch.encoding() == Encoding.REMOTE_WRITE) {
        SeriesToOtlp.Converted c = batch.seriesAsOtlp();
        return new EncodingRun(batch).encoded(c.metrics(), c.leftOut());
      }
      return new EncodingRun(batch)
          .encoded(new OtlpReader().metrics(batch.body(), 0, batch.size()), 0);
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  private final class EncodingRun {
    private final RecordCutter points;
    private final RecordCutter distributions;
    private final DatadogSeries writer = new DatadogSeries(settings.format());
    private final Map<String, Integer> drops = new LinkedHashMap<>();
    private int rows;

    EncodingRun(Batch batch) {
      points = new RecordCutter(batch, series, MAX_ITEMS, MAX_BYTES);
      distributions =
          new RecordCutter(batch, sketches, MAX_ITEMS, MAX_BYTES)
              .header(DatadogSender.INTAKE, DatadogSender.SKETCHES);
    }

    Encoded encoded(MetricsData data, int lost) {
      if (lost > 0) {
        drops.put("no place in OTLP", lost);
      }
      if (deltas != null) {
        int before = points(data);
        deltas.apply(data);
        int removed = before - points(data);
        if (removed > 0) {
          drops.put("no_delta", removed);
        }
      }
      for (ResourceGroup<Metric> r : data.resources()) {
        for (ScopeGroup<Metric> s : r.scopes()) {
          for (Metric m : s.items()) {
            if (m.data() != null) {
              for (DataPoint p : m.data().points()) {
                point(r, s, m, m.data(), p);
              }
            }
          }
        }
      }
      Encoded a = points.encoded();
      Encoded b = distributions.encoded();
      List<EncodedRequest> requests = new ArrayList<>(a.requests());
      requests.addAll(b.requests());
      a.drops().forEach((k, n) -> drops.merge(k, n, Integer::sum));
      b.drops().forEach((k, n) -> drops.merge(k, n, Integer::sum));
      return new Encoded(requests, drops);
    }

    private static int points(MetricsData data) {
      int n = 0;
      for (ResourceGroup<Metric> r : data.resources()) {
        for (ScopeGroup<Metric> s : r.scopes()) {
          for (Metric m : s.items()) {
            n += m.data() == null ? 0 : m.data().points().size();
          }
        }
      }
      return n;
    }

    private void drop(String reason) {
      drops.merge(reason, 1, Integer::sum);
    }

    private void point(
        ResourceGroup<Metric> r, ScopeGroup<Metric> s, Metric m, MetricData<?> data, DataPoint p) {
      if (m.name().isEmpty() || m.name().length() > MAX_NAME) {
        drop("metric_name");
        return;
      }
      if ((p.flags() & DataPoint.NO_RECORDED_VALUE) != 0) {
        drop("stale_marker");
        return;
      }
      Identity of = names.identity(r.resource().attributes(), s.scope(), p.attributes(), m.unit());
      boolean delta =
          data instanceof MetricData.Aggregated<?> a
              && a.temporality() == MetricData.TEMPORALITY_DELTA;
      rows = 0;
      TextBuffer to = points.next();
      switch (p) {
        case NumberDataPoint n -> {
          double v = n.isInt() ? n.longValue() : n.doubleValue();
          exemplars(n.hasExemplars() ? n.exemplars().size() : 0);
          boolean counts = delta && ((MetricData.Sum) data).isMonotonic();
          row(to, m.name(), counts ? Kind.COUNT : Kind.GAUGE, of, p, counts, v);
          points.end(rows == 0 ? "not_finite" : null, rows);
        }
        case SummaryDataPoint q -> {
          summary(to, m.name(), of, q);
          points.end(rows == 0 ? "not_finite" : null, rows);
        }
        case DistributionDataPoint d -> {
          exemplars(d.hasExemplars() ? d.exemplars().size() : 0);
          if (d.count() == 0 && delta) {
            drop("empty_histogram");
          } else if (delta && settings.metrics().histograms() == Histograms.DISTRIBUTIONS) {
            distributions.end(sketch(m.name(), of, d));
          } else {
            counters(to, m.name(), of, d, delta);
            points.end(rows == 0 ? "not_finite" : null, rows);
          }
        }
      }
    }

    private void exemplars(int n) {
      for (int i = 0; i < n; i++) {
        leftOut.add(UnsupportedItemCounter.What.EXEMPLARS);
      }
    }

    private void row(
        TextBuffer to,
        String name,
        Kind kind,
        Identity of,
        DataPoint p,
        boolean delta,
        double value) {
      if (!Double.isFinite(value)) {
        return;
      }
      long seconds = seconds(p.timeUnixNano());
      long nanos = p.timeUnixNano() - p.startTimeUnixNano();
      long interval =
          delta && p.startTimeUnixNano() != 0 && nanos > 0
              ? (nanos + 500_000_000) / 1_000_000_000
              : 0;
      writer.point(name, kind, of, seconds, interval, value, to);
      rows++;
    }

    private void summary(TextBuffer to, String name, Identity of, SummaryDataPoint q) {
      row(to, name + ".count", Kind.GAUGE, of, q, false, q.count());
      row(to, name + ".sum", Kind.GAUGE, of, q, false, q.sum());
      if (settings.metrics().quantiles()) {
        for (int i = 0; i < q.quantiles().length; i++) {
          row(
              to,
              name + ".quantile",
              Kind.GAUGE,
              with(of, "quantile:" + GoFloat.g(q.quantiles()[i])),
              q,
              false,
              q.quantileValues()[i]);
        }
      }
    }

    private static Identity with(Identity of, String... tags) {
      List<String> all = new ArrayList<>(of.tags());
      all.addAll(List.of(tags));
      return new Identity(of.host(), all, of.unit());
    }

    /** Writes the counts of a histogram: as counts if it is a delta, otherwise as gauges. */
    private void counters(
        TextBuffer to, String name, Identity of, DistributionDataPoint d, boolean delta) {
      Kind kind = delta ? Kind.COUNT : Kind.GAUGE;
      boolean all = settings.metrics().aggregations();
      if (all) {
        row(to, name + ".count", kind, of, d, delta, d.count());
      }
      if (all && d.hasSum()) {
        row(to, name + ".sum", kind, of, d, delta, d.sum());
      }
      if (all && d.hasMin() && delta) {
        row(to, name + ".min", Kind.GAUGE, of, d, false, d.min());
      }
      if (all && d.hasMax() && delta) {
        row(to, name + ".max", Kind.GAUGE, of, d, false, d.max());
      }
      if (settings.metrics().histograms() != Histograms.NOBUCKETS) {
        HistogramRanges.of(
            d,
            (lower, upper, count) ->
                row(
                    to,
                    name + ".bucket",
                    kind,
                    with(of, "lower_bound:" + bound(lower), "upper_bound:" + bound(upper)),
                    d,
                    delta,
                    count));
      }
    }

    private static String bound(double v) {
      return Double.isInfinite(v) ? v > 0 ? "inf" : "-inf" : GoFloat.g(v);
    }

    private @Nullable String sketch(String name, Identity of, DistributionDataPoint d) {
      TextBuffer to = distributions.next();
      DogSketch sketch = new DogSketch();
      HistogramRanges.of(d, (lower, upper, count) -> spread(d, lower, upper, count, sketch));
      if (sketch.isEmpty()) {
        if (!d.hasSum() || !Double.isFinite(d.sum())) {
          return "no_buckets";
        }
        sketch.add(d.sum() / d.count(), d.count()); // only the mean is known without buckets
      }
      double sum = d.hasSum() && Double.isFinite(d.sum()) ? d.sum() : sketch.sum();
      double min = d.hasMin() && Double.isFinite(d.min()) ? d.min() : sketch.min();
      double max = d.hasMax() && Double.isFinite(d.max()) ? d.max() : sketch.max();
      writer.sketch(name, of, seconds(d.timeUnixNano()), sketch, min, max, sum, to);
      return null;
    }

    /** Spreads a bucket; an unbounded bucket ends at the minimum or maximum if known. */
    private static void spread(
        DistributionDataPoint d, double lower, double upper, long count, DogSketch to) {
      double low = lower;
      double high = upper;
      if (lower == Double.NEGATIVE_INFINITY) {
        low = d.hasMin() ? Math.min(d.min(), upper) : upper > 0 ? 0 : upper;
      }
      if (upper == Double.POSITIVE_INFINITY) {
        high = d.hasMax() ? Math.max(d.max(), low) : low;
      }
      if (Double.isInfinite(low) && Double.isInfinite(high)) {
        double mean = d.hasSum() ? d.sum() / d.count() : 0;
        low = Double.isFinite(mean) ? mean : 0;
        high = low;
      }
      to.add(low, high, count);
    }
  }

  private static long seconds(long nanos) {
    return Long.divideUnsigned(nanos, 1_000_000_000L);
  }
}
