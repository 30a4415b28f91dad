package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.insight.graph.SeriesRoom;
import org.jspecify.annotations.Nullable;

/**
 * Metrics produced by a connector.
 *
 * @param durations null if they are not wanted; so are events and self times
 * @param limit maximum number of series per metric and resource; 0 for no separate limit
 * @param exemplars most exemplars of a point
 */
record SpanForms(
    SeriesForm calls,
    @Nullable SeriesForm durations,
    @Nullable SeriesForm events,
    @Nullable SeriesForm selfTimes,
    int limit,
    int exemplars) {

  static SpanForms of(SpanMetricsSettings s) {
    return new SpanForms(
        SeriesForm.numbers(s.metric("calls")),
        s.durations() ? histogram("duration", s) : null,
        s.events() == null ? null : SeriesForm.numbers(s.metric("events")),
        s.selfTimes() ? histogram("self_time", s) : null,
        s.limit(),
        s.exemplars());
  }

  private static SeriesForm histogram(String name, SpanMetricsSettings s) {
    double[] bounds = s.histogram().bounds();
    return bounds == null
        ? SeriesForm.exponential(s.metric(name), s.unit().text(), s.histogram().maxSize())
        : SeriesForm.explicit(s.metric(name), s.unit().text(), bounds);
  }

  /** Creates an empty table for one of the metrics. */
  SeriesTable table(SeriesForm form, SeriesRoom room) {
    return new SeriesTable(form, limit, exemplars, room);
  }
}
