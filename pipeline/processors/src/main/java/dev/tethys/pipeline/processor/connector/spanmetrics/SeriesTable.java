package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.Span;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The series of one metric of one resource. Guarded by the connector.
 *
 * @param <P> the kind of their points
 */
final class SeriesTable<P extends DataPoint> {
  /** The attribute of the series that counts those beyond the limit. */
  private static final String OVERFLOW = "otel.metric.overflow";

  /** When a point of a delta begins. */
  interface Starts {
    long of(SeriesKey key, long began);
  }

  private final SeriesForm<P> form;
  private final Map<SeriesKey, Series<P>> series = new LinkedHashMap<>();

  SeriesTable(SeriesForm<P> form) {
    this.form = form;
  }

  /**
   * Counts a span.
   *
   * @param key the series; copied where it is kept
   * @param attributes of the series, should it be new
   */
  void count(
      SeriesKey key,
      Supplier<Attributes> attributes,
      Span span,
      double duration,
      long times,
      SeriesBudget room) {
    Series<P> s = series.get(key);
    if (s == null) {
      boolean full = room.limit() > 0 && series.size() >= room.limit();
      long bytes = key.bytes() + form.bytes();
      if (full || !room.take(form.weight(), bytes)) {
        overflow(room).count(duration, times, room.nowMillis());
        return;
      }
      s = form.maker().make(attributes.get(), room.nowMillis() * 1_000_000);
      s.setHeld(bytes);
      series.put(key.copy(), s);
    }
    s.count(duration, times, room.nowMillis());
    s.exemplar(span, duration, room.exemplars());
  }

  private Series<P> overflow(SeriesBudget room) {
    Series<P> s = series.get(SeriesKey.OVERFLOW);
    if (s == null) {
      Attributes a = new Attributes();
      a.put(OVERFLOW, true);
      s = form.maker().make(a, room.nowMillis() * 1_000_000);
      room.reserveUnchecked(form.weight());
      series.put(SeriesKey.OVERFLOW, s);
    }
    return s;
  }

  /** The metric as it stands; null when there is no series. */
  @Nullable Metric metric(int temporality, Starts starts, long nanos) {
    if (series.isEmpty()) {
      return null;
    }
    Metric m = new Metric();
    m.setName(form.name());
    m.setUnit(form.unit());
    MetricData.Aggregated<P> data = form.data().get();
    data.setTemporality(temporality);
    series.forEach((key, s) -> data.points().add(s.point(starts.of(key, s.startNanos()), nanos)));
    m.setData(data);
    return m;
  }

  /** Forgets series in which nothing was counted since a time. */
  void expire(long untilMillis, SeriesBudget room) {
    series
        .values()
        .removeIf(
            s -> {
              boolean expired = s.seenMillis() <= untilMillis;
              if (expired) {
                room.release(form.weight(), s.held());
              }
              return expired;
            });
  }

  boolean isEmpty() {
    return series.isEmpty();
  }

  /** Releases the memory of its series. */
  void release(SeriesBudget room) {
    series.values().forEach(s -> room.release(form.weight(), s.held()));
  }
}
