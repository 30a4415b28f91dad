package dev.tethys.pipeline.exporter.statsd;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.statsd.StatsdKind;
import dev.tethys.codec.statsd.StatsdTagStyle;
import dev.tethys.codec.statsd.StatsdWriter;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoFloat;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.client.BoundedMetricNames;
import dev.tethys.pipeline.exporter.rows.HistogramRanges;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RecordCutter;
import dev.tethys.pipeline.naming.BoundedNames;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Encodes batches of metrics as lines. Deltas become counters or observations and everything else
 * gauges: StatsD adds up counters, and keeps only the last line of a gauge.
 *
 * <p>A point becomes one or several lines, which are one item. Requests are sent in order.
 */
final class StatsdMetrics implements Encoder {
  private static final int MAX_BYTES = 1 << 20;

  /** Lane of batches without one, because the last line of a gauge wins. */
  private static final long LANE = 1;

  /** Labels that remote write has, and OTLP in another place. */
  private static final Map<String, String> LABELS =
      Map.of("service.name", "job", "service.instance.id", "instance");

  private final StatsdSettings settings;
  private final LineRequestEncoder lines;
  private final UnsupportedItemCounter leftOut;
  private final BoundedMetricNames names;

  StatsdMetrics(
      StatsdSettings settings,
      LineRequestEncoder lines,
      UnsupportedItemCounter leftOut,
      BoundedNames names) {
    this.settings = settings;
    this.names =
        new BoundedMetricNames(settings.name(), StatsdTagStyle::name, StatsdTagStyle::node, names);
    this.lines = lines;
    this.leftOut = leftOut;
  }

  @Override
  public Encoded encode(Batch batch) {
    try {
      if (batch.encoding() == Encoding.REMOTE_WRITE) {
        SeriesToOtlp.Converted c = batch.seriesAsOtlp();
        return new EncodingRun(batch, LABELS).encoded(c.metrics(), c.leftOut());
      }
      return new EncodingRun(batch, Map.of())
          .encoded(new OtlpReader().metrics(batch.body(), 0, batch.size()), 0);
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  private final class EncodingRun {
    private final RecordCutter cutter;
    private final Map<String, String> renamed;
    private final Map<String, Integer> drops = new LinkedHashMap<>();
    private final int maxLine;
    private TextBuffer to = new TextBuffer();
    private StatsdWriter writer = new StatsdWriter(to);
    private int rows;
    private @Nullable String problem;

    EncodingRun(Batch batch, Map<String, String> renamed) {
      this.renamed = renamed;
      cutter =
          new RecordCutter(batch, lines, settings.maxItems(), MAX_BYTES)
              .lane(batch.lane() == 0 ? LANE : batch.lane());
      maxLine =
          settings.endpoint().isPacked() ? settings.endpoint().maxDatagram() : Integer.MAX_VALUE;
    }

    Encoded encoded(MetricsData data, int lost) {
      if (lost > 0) {
        drops.put("no place in OTLP", lost);
      }
      for (ResourceGroup<Metric> r : data.resources()) {
        for (ScopeGroup<Metric> s : r.scopes()) {
          for (Metric m : s.items()) {
            if (m.data() != null) {
              for (DataPoint p : m.data().points()) {
                point(r.resource().attributes(), s.scope(), m, m.data(), p);
              }
            }
          }
        }
      }
      Encoded made = cutter.encoded();
      made.drops().forEach((k, n) -> drops.merge(k, n, Integer::sum));
      return new Encoded(made.requests(), drops);
    }

    private void point(
        Attributes resource, Scope scope, Metric m, MetricData<?> data, DataPoint p) {
      if (m.name().isEmpty()) {
        drops.merge("metric_name", 1, Integer::sum);
        return;
      }
      if ((p.flags() & DataPoint.NO_RECORDED_VALUE) != 0) {
        drops.merge("stale_marker", 1, Integer::sum);
        return;
      }
      to = cutter.next();
      writer = new StatsdWriter(to);
      int before = to.size();
      rows = 0;
      problem = null;
      Series of = series(resource, scope, m, p);
      boolean delta =
          data instanceof MetricData.Aggregated<?> a
              && a.temporality() == MetricData.TEMPORALITY_DELTA;
      switch (p) {
        case NumberDataPoint n -> {
          exemplars(n.hasExemplars() ? n.exemplars().size() : 0);
          double v = n.isInt() ? n.longValue() : n.doubleValue();
          if (delta) {
            counter(of, "", of.tags, v);
          } else {
            gauge(of, "", of.tags, v);
          }
        }
        case SummaryDataPoint q -> summary(of, q);
        case DistributionDataPoint d -> {
          exemplars(d.hasExemplars() ? d.exemplars().size() : 0);
          distribution(of, d, delta);
        }
      }
      if (rows == 0) {
        to.truncate(before);
        cutter.end(problem == null ? "not_finite" : problem);
      } else {
        if (problem != null) {
          leftOut.add(UnsupportedItemCounter.What.HISTOGRAM_ROWS);
        }
        cutter.end(null, rows);
      }
    }

    private void exemplars(int n) {
      for (int i = 0; i < n; i++) {
        leftOut.add(UnsupportedItemCounter.What.EXEMPLARS);
      }
    }

    private Series series(Attributes resource, Scope scope, Metric m, DataPoint p) {
      Map<String, String> all = new LinkedHashMap<>();
      if (settings.resources()) {
        resource.forEach((k, v) -> all.put(renamed.getOrDefault(k, k), AttributeText.text(v)));
      }
      if (!scope.name().isEmpty()) {
        all.put("otel_scope_name", scope.name());
        if (!scope.version().isEmpty()) {
          all.put("otel_scope_version", scope.version());
        }
      }
      p.attributes().forEach((k, v) -> all.put(k, AttributeText.text(v)));
      BoundedMetricNames.BoundedName place = names.of(m.name(), l -> all.getOrDefault(l, ""));
      if (place.isOwn()) {
        settings.name().labels().forEach(all::remove);
      }
      StatsdTagStyle.Tags tags = settings.style().tags();
      all.forEach(tags::add);
      return new Series(
          place.name(),
          tags,
          settings.timestamps() && p.timeUnixNano() != 0
              ? Long.divideUnsigned(p.timeUnixNano(), 1_000_000_000L)
              : null,
          m.unit());
    }

    private void counter(Series of, String suffix, StatsdTagStyle.Tags tags, double value) {
      if (Double.isFinite(value)) {
        line(StatsdKind.COUNTER, of, suffix, tags, value, 1);
      }
    }

    private void gauge(Series of, String suffix, StatsdTagStyle.Tags tags, double value) {
      if (!Double.isFinite(value)) {
        return;
      }
      if (settings.absolute()) {
        line(StatsdKind.GAUGE, of, suffix, tags, value, 1);
        return;
      }
      // A sign makes the value relative, so the gauge is set to 0 first; -0 has no sign.
      if (value < 0) {
        line(StatsdKind.GAUGE, of, suffix, tags, 0, 1);
      }
      line(StatsdKind.GAUGE, of, suffix, tags, value == 0 ? 0 : value, 1);
    }

    private void line(
        StatsdKind kind,
        Series of,
        String suffix,
        StatsdTagStyle.Tags tags,
        double value,
        long times) {
      int start = to.size();
      boolean timed = kind == StatsdKind.COUNTER || kind == StatsdKind.GAUGE;
      writer.line(kind, of.name + suffix, tags, value, times, timed ? of.seconds : null);
      if (to.size() - 1 - start > maxLine) {
        to.truncate(start);
        problem = "line_too_long";
      } else {
        rows++;
      }
    }

    private void summary(Series of, SummaryDataPoint q) {
      gauge(of, ".count", of.tags, q.count());
      gauge(of, ".sum", of.tags, q.sum());
      for (int i = 0; i < q.quantiles().length; i++) {
        StatsdTagStyle.Tags tags = of.tags.copy().add("quantile", GoFloat.g(q.quantiles()[i]));
        gauge(of, ".quantile", tags, q.quantileValues()[i]);
      }
    }

    private void distribution(Series of, DistributionDataPoint d, boolean delta) {
      if (settings.histograms() == StatsdSettings.Histograms.DROP) {
        problem = "histogram";
      } else if (d.count() == 0 && delta) {
        problem = "empty_histogram";
      } else if (delta && settings.histograms() == StatsdSettings.Histograms.OBSERVATIONS) {
        observations(of, d);
      } else {
        counts(of, d, delta);
      }
    }

    private void counts(Series of, DistributionDataPoint d, boolean delta) {
      count(of, ".count", of.tags, d.count(), delta);
      if (d.hasSum()) {
        count(of, ".sum", of.tags, d.sum(), delta);
      }
      if (d.hasMin() && delta) {
        gauge(of, ".min", of.tags, d.min());
      }
      if (d.hasMax() && delta) {
        gauge(of, ".max", of.tags, d.max());
      }
      HistogramRanges.of(
          d,
          (lower, upper, count) ->
              count(
                  of,
                  ".bucket",
                  of.tags.copy().add("lower_bound", bound(lower)).add("upper_bound", bound(upper)),
                  count,
                  delta));
    }

    private void count(
        Series of, String suffix, StatsdTagStyle.Tags tags, double value, boolean delta) {
      if (delta) {
        counter(of, suffix, tags, value);
      } else {
        gauge(of, suffix, tags, value);
      }
    }

    private static String bound(double v) {
      return Double.isInfinite(v) ? v > 0 ? "inf" : "-inf" : GoFloat.g(v);
    }

    /**
     * Writes one line per bucket, at its midpoint: the sum is as accurate as the buckets are
     * narrow.
     */
    private void observations(Series of, DistributionDataPoint d) {
      HistogramRanges.of(
          d, (lower, upper, count) -> observation(of, middle(d, lower, upper), count));
      if (rows == 0 && problem == null) {
        observation(of, mean(d), d.count()); // only the mean is known without buckets
      }
    }

    private void observation(Series of, double value, long count) {
      double v = settings.observed() == StatsdKind.TIMING ? value * millis(of.unit) : value;
      if (Double.isFinite(v)) {
        line(settings.observed(), of, "", of.tags, v, count);
      }
    }

    private static double mean(DistributionDataPoint d) {
      return d.hasSum() ? d.sum() / d.count() : 0;
    }

    /**
     * Returns the midpoint of a bucket; an unbounded bucket ends at the minimum or maximum if
     * known.
     */
    private static double middle(DistributionDataPoint d, double lower, double upper) {
      double low = lower;
      double high = upper;
      if (lower == Double.NEGATIVE_INFINITY) {
        low = d.hasMin() ? Math.min(d.min(), upper) : upper > 0 ? 0 : upper;
      }
      if (upper == Double.POSITIVE_INFINITY) {
        high = d.hasMax() ? Math.max(d.max(), low) : low;
      }
      return Double.isInfinite(low) ? mean(d) : low + (high - low) / 2;
    }
  }

  /** Returns the number of milliseconds of a unit; 1 for a unit that is not a time. */
  private static double millis(String unit) {
    return switch (unit) {
      case "ns" -> 1e-6;
      case "us" -> 1e-3;
      case "s" -> 1e3;
      case "min" -> 60e3;
      case "h" -> 3600e3;
      case "d" -> 86_400e3;
      default -> 1;
    };
  }

  /**
   * Common data of the lines of one point.
   *
   * @param name escaped
   * @param seconds timestamp of the lines; null if none
   */
  private record Series(
      String name, StatsdTagStyle.Tags tags, @Nullable Long seconds, String unit) {}
}
