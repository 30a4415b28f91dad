package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.NumberDataPoint;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of a connector.
 *
 * @param durations null when they are not wanted; so are events and self times
 */
record SpanForms(
    SeriesForm<NumberDataPoint> calls,
    @Nullable SeriesForm<?> durations,
    @Nullable SeriesForm<NumberDataPoint> events,
    @Nullable SeriesForm<?> selfTimes) {

  static SpanForms of(SpanMetricsSettings s) {
    return new SpanForms(
        SeriesForm.numbers(s.metric("calls")),
        s.durations() ? histogram("duration", s) : null,
        s.events() == null ? null : SeriesForm.numbers(s.metric("events")),
        s.selfTimes() ? histogram("self_time", s) : null);
  }

  private static SeriesForm<?> histogram(String name, SpanMetricsSettings s) {
    double[] bounds = s.histogram().bounds();
    return bounds == null
        ? SeriesForm.exponential(s.metric(name), s.unit().text(), s.histogram().maxSize())
        : SeriesForm.explicit(s.metric(name), s.unit().text(), bounds);
  }

  /** A resource with nothing counted. */
  SpanResource resource(Attributes attributes, long held) {
    return new SpanResource(attributes, this, held);
  }
}
