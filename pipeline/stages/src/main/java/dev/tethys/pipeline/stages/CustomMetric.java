package dev.tethys.pipeline.stages;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Metric that counts lines, with one series per label set of the entries. A series that has not
 * changed for some time is exposed once more and then removed. Thread-safe.
 */
final class CustomMetric<T extends Registry.Instrument> implements Collector {
  /** Maximum number of series per metric; entries that would create more are not counted. */
  static final int MAX_SERIES = 100_000;

  private static final System.Logger LOG = JulLogger.of(CustomMetric.class.getName());

  private static final class Series<T> {
    final Labels shown;
    final T instrument;
    volatile long changed;

    Series(Labels shown, T instrument) {
      this.shown = shown;
      this.instrument = instrument;
    }
  }

  private final String name;
  private final String help;
  private final MetricType type;
  private final Supplier<T> make;
  private final long maxIdleNanos;
  private final StageClock clock;
  private final Map<Labels, Series<T>> series = new ConcurrentHashMap<>();
  private final AtomicInteger refused = new AtomicInteger();

  CustomMetric(
      String name,
      String help,
      MetricType type,
      Supplier<T> make,
      long maxIdleNanos,
      StageClock clock) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.make = make;
    this.maxIdleNanos = maxIdleNanos;
    this.clock = clock;
  }

  /**
   * Returns the instrument for a label set, which now counts as changed; null if there are too
   * many.
   */
  @Nullable T with(Labels labels) {
    Series<T> s = series.get(labels);
    if (s == null) {
      if (series.size() >= MAX_SERIES) {
        if (refused.getAndIncrement() == 0) {
          LOG.log(
              System.Logger.Level.WARNING,
              "metric {0} of a metrics stage has {1} series; further ones are not counted",
              name,
              MAX_SERIES);
        }
        return null;
      }
      s = series.computeIfAbsent(labels, l -> new Series<>(shown(l), make.get()));
    }
    s.changed = clock.nanos();
    return s.instrument;
  }

  private static Labels shown(Labels labels) {
    LabelsBuilder b = new LabelsBuilder();
    for (Labels.Label l : labels.toList()) {
      if (!l.name().startsWith("__")) {
        b.set(l.name(), l.value());
      }
    }
    return b.build();
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    long now = clock.nanos();
    List<MetricFamily.Metric> metrics = new ArrayList<>();
    series.forEach(
        (labels, s) -> {
          metrics.add(new MetricFamily.Metric(s.shown, s.instrument.point()));
          if (now - s.changed >= maxIdleNanos) {
            series.remove(labels);
          }
        });
    if (!metrics.isEmpty()) {
      to.accept(new MetricFamily(name, type, help, "", metrics));
    }
  }
}
