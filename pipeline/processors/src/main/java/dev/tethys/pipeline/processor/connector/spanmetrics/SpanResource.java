package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.insight.graph.SeriesRoom;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Metric;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Span counts of one resource. Guarded by the connector. */
final class SpanResource {
  private final Attributes attributes;
  private final SeriesRoom room;
  final SeriesTable calls;
  final @Nullable SeriesTable durations;
  final @Nullable SeriesTable events;
  final @Nullable SeriesTable selfTimes;
  private final long held;
  private long seenMillis;

  /**
   * Creates a resource with zero counts.
   *
   * @param attributes resource attributes; must not be shared
   * @param held bytes reserved in the memory of series
   */
  SpanResource(Attributes attributes, SpanForms forms, SeriesRoom room, long held) {
    this.held = held;
    this.room = room;
    this.attributes = attributes;
    this.calls = forms.table(forms.calls(), room);
    this.durations = forms.durations() == null ? null : forms.table(forms.durations(), room);
    this.events = forms.events() == null ? null : forms.table(forms.events(), room);
    this.selfTimes = forms.selfTimes() == null ? null : forms.table(forms.selfTimes(), room);
  }

  Attributes attributes() {
    return attributes;
  }

  /** Returns the arrival time of its most recent span. */
  long seenMillis() {
    return seenMillis;
  }

  void seen(long millis) {
    seenMillis = millis;
  }

  /** Metrics with series, in a fixed order. */
  List<Metric> metrics(int temporality, SeriesTable.Starts starts, long nanos) {
    List<Metric> all = new ArrayList<>(4);
    for (SeriesTable t : tables()) {
      Metric m = t.metric(temporality, starts, nanos);
      if (m != null) {
        all.add(m);
      }
    }
    return all;
  }

  /** Removes series without counts since a given time; returns true if none is left. */
  boolean expire(long untilMillis) {
    boolean empty = true;
    for (SeriesTable t : tables()) {
      t.expire(untilMillis);
      empty &= t.isEmpty();
    }
    if (empty) {
      room.release(0, held);
    }
    return empty;
  }

  /** Releases its memory and that of its series. */
  void release() {
    tables().forEach(SeriesTable::clear);
    room.release(0, held);
  }

  private List<SeriesTable> tables() {
    List<SeriesTable> all = new ArrayList<>(4);
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
