package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.insight.graph.CountTable;
import dev.tethys.insight.graph.SeriesRoom;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.processor.connector.CountPoints;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Series of one metric of one resource. Guarded by the connector. */
final class SeriesTable {
  /** The attribute of the series that counts those beyond the limit. */
  private static final String OVERFLOW = "otel.metric.overflow";

  /** Supplies the start time of a series' point. */
  interface Starts {
    long of(SeriesKey key, long began);
  }

  private final SeriesForm form;
  private final int limit;
  private final int exemplars;
  private final CountTable<SeriesKey, Series> series;

  /**
   * @param limit maximum number of series; 0 for no separate limit
   * @param exemplars most exemplars of a point
   * @param room shared by all tables of a connector
   */
  SeriesTable(SeriesForm form, int limit, int exemplars, SeriesRoom room) {
    this.form = form;
    this.limit = limit;
    this.exemplars = exemplars;
    this.series = new CountTable<>(room);
  }

  /**
   * Counts a span.
   *
   * @param key the series; copied if it is new
   * @param attributes attributes to use if the series is new
   */
  void count(
      SeriesKey key,
      Supplier<Attributes> attributes,
      Span span,
      double duration,
      long times,
      long nowMillis) {
    Series s = series.get(key);
    if (s == null && (limit == 0 || series.size() < limit)) {
      s =
          series.add(
              key.copy(),
              form.weight(),
              key.bytes() + form.bytes(),
              () -> form.series(attributes.get(), nowMillis));
    }
    if (s == null) {
      overflow(nowMillis).count(duration, times, nowMillis);
      return;
    }
    s.count(duration, times, nowMillis);
    s.exemplar(span, duration, exemplars);
  }

  private Series overflow(long nowMillis) {
    Series s = series.get(SeriesKey.OVERFLOW);
    if (s == null) {
      Attributes a = new Attributes();
      a.put(OVERFLOW, true);
      s = series.force(SeriesKey.OVERFLOW, form.weight(), form.series(a, nowMillis));
    }
    return s;
  }

  /** Returns the current metric, or null if there are no series. */
  @Nullable Metric metric(int temporality, Starts starts, long nanos) {
    if (isEmpty()) {
      return null;
    }
    List<DataPoint> points = new ArrayList<>(series.size());
    series.forEach((key, s) -> points.add(s.point(starts.of(key, s.created() * 1_000_000), nanos)));
    return CountPoints.metric(form.name(), form.unit(), temporality, points);
  }

  /** Removes series without counts since a given time. */
  void expire(long untilMillis) {
    series.expire(untilMillis);
  }

  boolean isEmpty() {
    return series.size() == 0;
  }

  /** Clears all series. */
  void clear() {
    series.clear();
  }
}
