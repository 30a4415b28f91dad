package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.NumberDataPoint;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Span counts of one resource. Guarded by the connector. */
final class SpanResource {
  private final Attributes attributes;
  final SeriesTable<NumberDataPoint> calls;
  final @Nullable SeriesTable<? extends DataPoint> durations;
  final @Nullable SeriesTable<NumberDataPoint> events;
  final @Nullable SeriesTable<? extends DataPoint> selfTimes;
  private final long held;
  private long seenMillis;

  /**
   * With nothing counted.
   *
   * @param attributes not shared
   * @param held bytes that it holds of the memory of series
   */
  SpanResource(Attributes attributes, SpanForms forms, long held) {
    this.held = held;
    this.attributes = attributes;
    this.calls = new SeriesTable<>(forms.calls());
    this.durations = table(forms.durations());
    this.events = table(forms.events());
    this.selfTimes = table(forms.selfTimes());
  }

  private static <P extends DataPoint> @Nullable SeriesTable<P> table(
      @Nullable SeriesForm<P> form) {
    return form == null ? null : new SeriesTable<>(form);
  }

  Attributes attributes() {
    return attributes;
  }

  /** When a span of it came last. */
  long seenMillis() {
    return seenMillis;
  }

  void seen(long millis) {
    seenMillis = millis;
  }

  /** Its metrics, in their order; none of those that have no series. */
  List<Metric> metrics(int temporality, SeriesTable.Starts starts, long nanos) {
    List<Metric> all = new ArrayList<>(4);
    for (SeriesTable<?> t : tables()) {
      Metric m = t.metric(temporality, starts, nanos);
      if (m != null) {
        all.add(m);
      }
    }
    return all;
  }

  /** Forgets series in which nothing was counted since a time; whether none is left. */
  boolean expire(long untilMillis, SeriesBudget room) {
    boolean empty = true;
    for (SeriesTable<?> t : tables()) {
      t.expire(untilMillis, room);
      empty &= t.isEmpty();
    }
    if (empty) {
      room.release(0, held);
    }
    return empty;
  }

  /** Releases the memory that it takes with its series. */
  void release(SeriesBudget room) {
    tables().forEach(t -> t.release(room));
    room.release(0, held);
  }

  private List<SeriesTable<?>> tables() {
    List<SeriesTable<?>> all = new ArrayList<>(4);
    all.add(calls);
    if (durations != null) {
      all.add(durations);
    }
    if (events != null) {
      all.add(events);
    }
    if (selfTimes != null) {
      all.add(selfTimes);
    }
    return all;
  }
}
