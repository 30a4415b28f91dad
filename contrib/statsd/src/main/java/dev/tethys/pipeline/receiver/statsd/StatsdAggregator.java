package dev.tethys.pipeline.receiver.statsd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.statsd.StatsdKind;
import dev.tethys.codec.statsd.StatsdReader;
import dev.tethys.codec.statsd.StatsdSample;
import dev.tethys.collect.exporter.mapping.MetricKind;
import dev.tethys.collect.exporter.mapping.MetricMapper;
import dev.tethys.collect.exporter.mapping.MetricMapper.Mapped;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Aggregates the values of an interval. Thread-safe.
 *
 * <p>Bounds: at most {@code maxSeries} series per interval, beyond which new ones are rejected, and
 * {@link Aggregate#MAX_KEPT} members or observations in each; and the memory of all of these. The
 * last values of as many gauges are kept between intervals, for relative updates, in a fraction of
 * that memory.
 */
final class StatsdAggregator implements AutoCloseable {
  /** Fraction of the memory of series for last values of gauges. */
  private static final int LEVELS_PART = 8;

  /**
   * Conversion of values to metrics.
   *
   * @param kindAttribute whether points have their statsd type as {@code metric_type}
   * @param numbers number type of counters
   * @param monotonic whether counters never fall
   * @param cumulative whether counters and histograms accumulate instead of covering an interval
   * @param expiry idle time after which a cumulative series is removed
   * @param forms aggregation by observation type; unlisted types are gauges
   * @param mapper name mapper, or null if none
   */
  record Rules(
      boolean kindAttribute,
      CounterNumbers numbers,
      boolean monotonic,
      boolean cumulative,
      Duration expiry,
      List<ObserverForm> forms,
      @Nullable MetricMapper mapper,
      int maxSeries) {}

  /** State of a series. Guarded by the aggregator. */
  private static final class Entry {
    final Aggregate aggregate;
    final long since;
    long updatedAt;
    long bytes;

    Entry(Aggregate aggregate, long since, long bytes) {
      this.aggregate = aggregate;
      this.since = since;
      this.bytes = bytes;
    }
  }

  private record Key(StatsdKind kind, String name, Map<String, String> attributes) {
    /** Returns the memory used by a series without its values. */
    long bytes() {
      long chars = name.length();
      for (Map.Entry<String, String> e : attributes.entrySet()) {
        chars += e.getKey().length() + e.getValue().length();
      }
      return SeriesMemory.seriesBytes(chars) + SeriesMemory.LABEL_BYTES * attributes.size();
    }
  }

  private final Rules rules;
  private final Map<StatsdKind, ObserverForm> forms = new EnumMap<>(StatsdKind.class);

  @GuardedBy("this")
  private Map<Key, Entry> series = new LinkedHashMap<>();

  @GuardedBy("this")
  private final LinkedHashMap<Key, Double> levels;

  @GuardedBy("this")
  private final SeriesMemory.Share memory;

  private final long maxLevelBytes;

  @GuardedBy("this")
  private long levelBytes;

  @GuardedBy("this")
  private long startNanos;

  StatsdAggregator(Rules rules, long startNanos) {
    this(rules, startNanos, SeriesMemory.process());
  }

  /** Variant with other memory. */
  StatsdAggregator(Rules rules, long startNanos, SeriesMemory memory) {
    this.rules = rules;
    this.startNanos = startNanos;
    this.memory = memory.open();
    this.maxLevelBytes = memory.total() / LEVELS_PART;
    for (StatsdKind k : StatsdKind.values()) {
      if (k.isObserved()) {
        forms.put(k, ObserverForm.gauge(k));
      }
    }
    rules.forms().forEach(f -> forms.put(f.kind(), f));
    this.levels = new LinkedHashMap<>(16, 0.75f, true);
  }

  /** Reads lines. */
  RejectedItems read(StatsdReader reader, byte[] buf, int offset, int length) {
    RejectedItems refusals = new RejectedItems();
    int[] line = {0};
    reader.read(
        buf,
        offset,
        length,
        new StatsdReader.Sink() {
          @Override
          public void line() {
            line[0]++;
          }

          @Override
          public void sample(StatsdSample s) {
            String why = add(s);
            if (why != null) {
              refusals.add(line[0], s.name(), why);
            }
          }

          @Override
          public void refused(String text, String reason) {
            refusals.add(line[0], text, reason);
          }
        });
    return refusals;
  }

  private static MetricKind kind(StatsdKind k) {
    return switch (k) {
      case COUNTER -> MetricKind.COUNTER;
      case GAUGE, SET -> MetricKind.GAUGE;
      case TIMING, HISTOGRAM, DISTRIBUTION -> MetricKind.OBSERVER;
    };
  }

  /** Adds a value; returns the reason of a rejection, or null. */
  @Nullable String add(StatsdSample s) {
    String name = s.name();
    Map<String, String> attributes = new TreeMap<>(s.tags());
    double value = s.value();
    if (rules.mapper() != null) {
      Mapped m = rules.mapper().map(name, kind(s.kind()));
      if (m != null) {
        if (m.mapping().drop()) {
          return null;
        }
        name = m.name();
        value *= m.mapping().scale();
        m.labels()
            .forEach(
                (k, v) -> {
                  if (!m.mapping().honorLabels() || !attributes.containsKey(k)) {
                    attributes.put(k, v);
                  }
                });
      }
    }
    if (rules.kindAttribute()) {
      attributes.put(
          "metric_type",
          switch (s.kind()) {
            case COUNTER -> "counter";
            case GAUGE -> "gauge";
            case TIMING -> "timing";
            case HISTOGRAM -> "histogram";
            case DISTRIBUTION -> "distribution";
            case SET -> "set";
          });
    }
    Key key = new Key(s.kind(), name, attributes);
    synchronized (this) {
      Entry e = series.get(key);
      if (e == null) {
        if (series.size() >= rules.maxSeries()) {
          return "more than " + rules.maxSeries() + " series within an interval";
        }
        Aggregate begun = begin(key);
        if (begun == null) {
          return null;
        }
        long bytes = key.bytes();
        if (!memory.take(bytes)) {
          return SeriesMemory.EXHAUSTED;
        }
        e = new Entry(begun, startNanos, bytes);
        series.put(key, e);
      }
      long more = e.aggregate.grows(s);
      if (!memory.take(more)) {
        return SeriesMemory.EXHAUSTED;
      }
      e.bytes += more;
      if (!e.aggregate.add(s, value)) {
        return "more than " + Aggregate.MAX_KEPT + " values of a series within an interval";
      }
      e.updatedAt = startNanos;
      if (e.aggregate instanceof Aggregate.Level l) {
        remember(key, l.value());
      }
      return null;
    }
  }

  /** Keeps the last value of a gauge, and evicts the least recently changed gauges. */
  @GuardedBy("this")
  private void remember(Key key, double value) {
    if (levels.put(key, value) != null) {
      return;
    }
    levelBytes += key.bytes();
    while (levels.size() > rules.maxSeries() || levelBytes > maxLevelBytes && levels.size() > 1) {
      Map.Entry<Key, Double> eldest = levels.firstEntry();
      levels.remove(eldest.getKey());
      levelBytes -= eldest.getKey().bytes();
    }
  }

  /** Returns the memory used by the last values of gauges. */
  synchronized long levelBytes() {
    return levelBytes;
  }

  @GuardedBy("this")
  private @Nullable Aggregate begin(Key key) {
    return switch (key.kind) {
      case COUNTER -> new Aggregate.Count(rules.monotonic(), rules.numbers());
      case GAUGE -> new Aggregate.Level(levels.getOrDefault(key, 0.0));
      case SET -> new Aggregate.Members();
      case TIMING, HISTOGRAM, DISTRIBUTION -> {
        ObserverForm f = forms.get(key.kind);
        if (f == null) {
          throw new IllegalStateException("no form of " + key.kind);
        }
        yield switch (f.shape()) {
          case DISABLED -> null;
          case GAUGE, SUMMARY -> new Aggregate.Observations(f, key.attributes);
          case HISTOGRAM -> f.histogram(key.name);
        };
      }
    };
  }

  /**
   * Collects the metrics since the last call and cumulative metrics; returns empty if there are
   * none.
   *
   * @param nanos current time in Unix nanoseconds
   */
  synchronized MetricsData take(long nanos) {
    MetricsData data = new MetricsData();
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    Map<String, Metric> metrics = new HashMap<>();
    Map<Key, Entry> kept = new LinkedHashMap<>();
    series.forEach(
        (key, e) -> {
          // Timers may be gauges and counters sums under the same name.
          Metric m =
              metrics.computeIfAbsent(
                  key.kind + " " + key.name,
                  k -> {
                    Metric made = new Metric();
                    made.setName(key.name);
                    if (key.kind == StatsdKind.TIMING && rules.mapper() == null) {
                      made.setUnit("ms");
                    }
                    scope.items().add(made);
                    return made;
                  });
          boolean goesOn = rules.cumulative() && e.aggregate.accumulates();
          e.aggregate.addTo(m, key.attributes, goesOn ? e.since : startNanos, nanos);
          if (goesOn && m.data() instanceof MetricData.Aggregated<?> a) {
            a.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
          }
          if (goesOn && nanos - e.updatedAt <= rules.expiry().toNanos()) {
            kept.put(key, e);
          } else {
            memory.give(e.bytes);
          }
        });
    series = kept;
    startNanos = nanos;
    if (!scope.items().isEmpty()) {
      ResourceGroup<Metric> resource = new ResourceGroup<>();
      resource.scopes().add(scope);
      data.resources().add(resource);
    }
    return data;
  }

  /** Releases its memory. */
  @Override
  public synchronized void close() {
    series.clear();
    memory.close();
  }
}
