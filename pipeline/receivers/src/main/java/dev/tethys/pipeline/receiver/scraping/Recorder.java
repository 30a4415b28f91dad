package dev.tethys.pipeline.receiver.scraping;

import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Points of one metric in order. A disabled metric records none. */
public final class Recorder {
  /** Point into which several were merged. */
  private static final class Joined {
    final NumberDataPoint point;
    int parts;

    Joined(NumberDataPoint point) {
      this.point = point;
    }
  }

  private final MetricSettings settings;
  private final boolean joins;
  private final Map<List<Object>, Joined> joined = new HashMap<>();
  private List<NumberDataPoint> points = new ArrayList<>();
  private long startNanos;
  private long nanos;

  Recorder(MetricSettings settings) {
    this.settings = settings;
    this.joins = settings.joins();
  }

  /** Whether the metric is enabled. */
  public boolean isOn() {
    return settings.enabled();
  }

  /** Whether points come with any of these attributes. */
  public boolean has(String... attributes) {
    List<String> names = List.of(attributes);
    return isOn()
        && settings.attributes().stream()
            .anyMatch(at -> names.contains(settings.instrument().attributes().get(at).name()));
  }

  void at(long start, long now) {
    startNanos = start;
    nanos = now;
  }

  /**
   * Adds an integer.
   *
   * @param attributes values in the order of the instrument's attributes; trailing optional ones
   *     may be omitted
   */
  public void count(long value, Object... attributes) {
    if (!isOn()) {
      return;
    }
    Joined j = joins ? join(attributes) : null;
    if (j == null) {
      NumberDataPoint p = point(attributes);
      p.setLong(value);
      points.add(p);
    } else if (j.parts++ == 0) {
      j.point.setLong(value);
    } else {
      long before = j.point.longValue();
      j.point.setLong(
          switch (settings.strategy()) {
            case SUM, AVG -> before + value;
            case MIN -> Math.min(before, value);
            case MAX -> Math.max(before, value);
          });
    }
  }

  /** Adds a number. */
  public void measure(double value, Object... attributes) {
    if (!isOn()) {
      return;
    }
    Joined j = joins ? join(attributes) : null;
    if (j == null) {
      NumberDataPoint p = point(attributes);
      p.setDouble(value);
      points.add(p);
    } else if (j.parts++ == 0) {
      j.point.setDouble(value);
    } else {
      double before = j.point.doubleValue();
      j.point.setDouble(
          switch (settings.strategy()) {
            case SUM, AVG -> before + value;
            case MIN -> Math.min(before, value);
            case MAX -> Math.max(before, value);
          });
    }
  }

  private NumberDataPoint point(Object... attributes) {
    NumberDataPoint p = new NumberDataPoint();
    p.setStartTimeUnixNano(startNanos);
    p.setTimeUnixNano(nanos);
    for (int at : settings.attributes()) {
      p.attributes()
          .add(
              settings.instrument().attributes().get(at).name(),
              at < attributes.length ? attributes[at] : "");
    }
    return p;
  }

  private Joined join(Object... attributes) {
    List<Object> key = new ArrayList<>(settings.attributes().size());
    for (int at : settings.attributes()) {
      key.add(at < attributes.length ? attributes[at] : "");
    }
    Joined j = joined.get(key);
    if (j == null) {
      j = new Joined(point(attributes));
      joined.put(key, j);
      points.add(j.point);
    }
    return j;
  }

  /** Returns the metric with all points so far and clears them; returns null if there are none. */
  @Nullable Metric take() {
    if (points.isEmpty()) {
      return null;
    }
    if (settings.strategy() == MetricSettings.Strategy.AVG) {
      for (Joined j : joined.values()) {
        if (settings.instrument().whole()) {
          j.point.setLong(j.point.longValue() / j.parts);
        } else {
          j.point.setDouble(j.point.doubleValue() / j.parts);
        }
      }
    }
    joined.clear();
    Instrument i = settings.instrument();
    Metric m = new Metric();
    m.setName(i.name());
    m.setDescription(i.description());
    m.setUnit(i.unit());
    if (i.kind() == Instrument.Kind.GAUGE) {
      MetricData.Gauge data = new MetricData.Gauge();
      data.points().addAll(points);
      m.setData(data);
    } else {
      MetricData.Sum data = new MetricData.Sum();
      data.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
      data.setMonotonic(i.kind() == Instrument.Kind.COUNTER);
      data.points().addAll(points);
      m.setData(data);
    }
    points = new ArrayList<>(points.size());
    return m;
  }
}
