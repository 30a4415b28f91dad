package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.NumberDataPoint;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of a connector.
 *
 * @param durations null when they are not wanted; so are events
 */
record SpanForms(
    SeriesForm<NumberDataPoint> calls,
    @Nullable SeriesForm<?> durations,
    @Nullable SeriesForm<NumberDataPoint> events) {

  static SpanForms of(SpanMetricsSettings s) {
    SpanMetricsSettings.Durations d = s.durations();
    SeriesForm<?> durations = null;
    if (d != null) {
      String name = s.metric("duration");
      double[] bounds = d.bounds();
      durations =
          bounds == null
              ? SeriesForm.exponential(name, s.unit().text(), d.maxSize())
              : SeriesForm.explicit(name, s.unit().text(), bounds);
    }
    return new SpanForms(
        SeriesForm.numbers(s.metric("calls")),
        durations,
        s.events() == null ? null : SeriesForm.numbers(s.metric("events")));
  }

  /** A resource with nothing counted. */
  SpanResource resource(Attributes attributes) {
    return new SpanResource(attributes, calls, durations, events);
  }
}
