package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.insight.graph.Counted;
import dev.tethys.insight.graph.Durations;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.processor.connector.CountPoints;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts of one attribute set. Guarded by the connector. */
final class Series extends Counted {
  private final Attributes attributes;
  private final Exemplars exemplars = new Exemplars();
  private final @Nullable Durations durations;
  private long count;

  /**
   * @param durations distribution of durations; null to count only
   * @param created Unix milliseconds
   */
  Series(Attributes attributes, @Nullable Durations durations, long created) {
    super(created);
    this.attributes = attributes;
    this.durations = durations;
  }

  /** Counts a duration, as often as its span represents spans. */
  void count(double duration, long times, long nowMillis) {
    seen(nowMillis);
    count += times;
    if (durations != null) {
      durations.add(duration, times);
    }
  }

  void exemplar(Span span, double duration, int most) {
    exemplars.add(span, duration, most);
  }

  /** Returns a point with the current counts; consumes the exemplars. */
  DataPoint point(long startNanos, long nanos) {
    DataPoint p = durations == null ? CountPoints.of(count) : CountPoints.of(durations);
    CountPoints.with(p, attributes, startNanos, nanos);
    exemplars.moveTo(exemplarsOf(p), nanos);
    return p;
  }

  private static List<Exemplar> exemplarsOf(DataPoint point) {
    return switch (point) {
      case NumberDataPoint n -> n.exemplars();
      case DistributionDataPoint d -> d.exemplars();
      case SummaryDataPoint _ -> throw new IllegalStateException("a summary has no exemplars");
    };
  }
}
