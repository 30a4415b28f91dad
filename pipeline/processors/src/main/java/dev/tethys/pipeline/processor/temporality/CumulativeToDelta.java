package dev.tethys.pipeline.processor.temporality;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.KeptBytes;
import dev.tethys.pipeline.processor.Match;
import dev.tethys.pipeline.processor.Points;
import dev.tethys.pipeline.processor.StreamKey;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code cumulativetodelta} processor: monotonic cumulative sums and cumulative histograms of
 * both kinds become deltas. The first point of a stream has no predecessor; a decreasing value is a
 * reset.
 *
 * <p>Keeps the last point of each stream for {@code max_staleness}, for at most {@link
 * #MAX_STREAMS} streams in the memory of series. After a stream whose first point was emitted whole
 * is removed, its hash is kept, so that its total is not emitted again.
 */
public final class CumulativeToDelta implements TreeEditorFactory.Edit {
  /** Maximum number of streams whose last point is kept. */
  public static final int MAX_STREAMS = 1_000_000;

  /** Maximum number of removed streams whose hash is kept. */
  private static final int MAX_FORGOTTEN = 250_000;

  /** Reason for removed points. */
  static final String NO_DELTA = "no_delta";

  private enum Initial {
    AUTO,
    KEEP,
    DROP
  }

  private static final Section FILTER = new Section("metric filter", "Selection of metrics.");
  private static final Key<List<String>> METRICS =
      FILTER.key(
          "metrics",
          Type.list(Type.STRING),
          List.of(),
          "Names of the metrics, or regular expressions with match_type regexp.");
  private static final Key<String> MATCH_TYPE =
      FILTER.key("match_type", Type.STRING, "strict", "Type of the comparison: strict or regexp.");
  private static final Key<List<String>> METRIC_TYPES =
      FILTER.key(
          "metric_types",
          Type.list(Type.STRING),
          List.of(),
          "Types of the metrics: sum, histogram or exponentialhistogram.");

  static {
    FILTER.optional("regexp", Match.REGEXP_CACHE, "No effect: regular expressions are not cached.");
  }

  private record Filter(List<String> names, List<Regex> patterns, List<String> types) {
    boolean matches(Metric m, String type) {
      boolean name = names.isEmpty() && patterns.isEmpty() || names.contains(m.name());
      for (Regex p : patterns) {
        name |= p.find(m.name());
      }
      return name && (types.isEmpty() || types.contains(type));
    }
  }

  private static final Section SECTION =
      new Section("cumulativetodelta", "Converts cumulative metrics to deltas.");
  private static final Key<Filter> INCLUDE =
      SECTION.optional(
          "include",
          FILTER.type(CumulativeToDelta::filter),
          "Only metrics that match are converted.");
  private static final Key<Filter> EXCLUDE =
      SECTION.optional(
          "exclude",
          FILTER.type(CumulativeToDelta::filter),
          "Metrics that match are not converted.");
  private static final Key<Duration> MAX_STALENESS =
      SECTION.key(
          "max_staleness",
          Type.DURATION,
          Duration.ofHours(1),
          "Time without a point after which a stream is removed; 0 for never.");
  private static final Key<Initial> INITIAL =
      SECTION.key(
          "initial_value",
          Type.lowerCase("initial value", Initial.class),
          Initial.AUTO,
          "Handling of first points: auto, keep or drop.");

  /** The settings. */
  public record Settings(
      @Nullable Object include, @Nullable Object exclude, Duration maxStaleness, Object initial) {}

  private final @Nullable Filter include;
  private final @Nullable Filter exclude;
  private final long maxStalenessNanos;
  private final Initial initial;
  private final long startNanos;

  private record Last(DataPoint point, long seenMillis, long bytes) {}

  private final Scheduler clock;
  private final SeriesMemory.Share memory; // guarded by this

  /** The last point of each stream, those seen longest ago first. */
  private final LinkedHashMap<StreamKey, Last> last = new LinkedHashMap<>(); // guarded by this

  /** The hashes of dropped streams, oldest first. */
  private final LinkedHashSet<Long> forgotten = new LinkedHashSet<>(); // guarded by this

  CumulativeToDelta(Settings s, Scheduler clock, SeriesMemory memory) {
    this.memory = memory.open();
    include = (Filter) s.include();
    exclude = (Filter) s.exclude();
    maxStalenessNanos = s.maxStaleness().toNanos();
    initial = (Initial) s.initial();
    this.clock = clock;
    this.startNanos = clock.millis() * 1_000_000;
  }

  /**
   * Converts all metrics.
   *
   * @param maxStaleness time without a point after which a stream expires
   * @param initial handling of first points: auto, keep or drop
   */
  public static CumulativeToDelta ofAll(Duration maxStaleness, String initial, Scheduler clock) {
    return new CumulativeToDelta(
        new Settings(null, null, maxStaleness, Initial.valueOf(initial.toUpperCase(Locale.ROOT))),
        clock,
        SeriesMemory.process());
  }

  private static Filter filter(YamlObject o) {
    boolean regexp =
        switch (o.get(MATCH_TYPE)) {
          case "strict" -> false;
          case "regexp" -> true;
          default -> throw o.error(MATCH_TYPE, "is strict or regexp");
        };
    for (String t : o.get(METRIC_TYPES)) {
      if (!List.of("sum", "histogram", "exponentialhistogram")
          .contains(t.toLowerCase(Locale.ROOT))) {
        throw o.error(METRIC_TYPES, "holds sum, histogram and exponentialhistogram only");
      }
    }
    List<Regex> patterns = new ArrayList<>();
    for (String s : regexp ? o.get(METRICS) : List.<String>of()) {
      try {
        patterns.add(Regex.compile(s));
      } catch (RegexSyntaxException e) {
        throw o.error(METRICS, "contains an invalid regular expression: " + e.getMessage());
      }
    }
    return new Filter(
        regexp ? List.of() : o.get(METRICS),
        patterns,
        o.get(METRIC_TYPES).stream().map(t -> t.toLowerCase(Locale.ROOT)).toList());
  }

  public static ProcessorFactory<Settings> factory() {
    return new TreeEditorFactory<>(
        "cumulativetodelta",
        List.of("cumulative_to_delta"),
        "Turns cumulative metrics into deltas.",
        SECTION.type(
            o ->
                new Settings(
                    o.find(INCLUDE), o.find(EXCLUDE), o.get(MAX_STALENESS), o.get(INITIAL))),
        Set.of(Signal.METRICS),
        NO_DELTA,
        (s, _, context) -> new CumulativeToDelta(s, context.clock(), SeriesMemory.process()));
  }

  @Override
  public synchronized void stop() {
    last.clear();
    memory.close();
  }

  @Override
  public boolean edit(Telemetry<?> data, Batch batch) {
    return convert((MetricsData) data);
  }

  /** Converts points in place; returns whether any was converted or removed. */
  public synchronized boolean convert(MetricsData data) {
    long now = clock.millis();
    forget(now);
    boolean changed = false;
    for (ResourceGroup<Metric> r : data.resources()) {
      for (ScopeGroup<Metric> s : r.scopes()) {
        for (Metric m : s.items()) {
          changed |= metric(r, s, m, now);
        }
        s.items().removeIf(m -> m.data() != null && m.data().points().isEmpty());
      }
    }
    return changed;
  }

  private boolean metric(ResourceGroup<Metric> r, ScopeGroup<Metric> s, Metric m, long now) {
    String type =
        switch (m.data()) {
          case MetricData.Sum x when x.isMonotonic() -> "sum";
          case MetricData.Histogram _ -> "histogram";
          case MetricData.ExponentialHistogram _ -> "exponentialhistogram";
          case null, default -> "";
        };
    if (type.isEmpty()
        || !(m.data() instanceof MetricData.Aggregated<?> a)
        || a.temporality() != MetricData.TEMPORALITY_CUMULATIVE) {
      return false;
    }
    if (include != null && !include.matches(m, type)
        || exclude != null && exclude.matches(m, type)) {
      return false;
    }
    a.points().removeIf(p -> !delta(StreamKey.of(r, s, m, p), p, now));
    a.setTemporality(MetricData.TEMPORALITY_DELTA);
    return true;
  }

  /** Converts a point to a delta; returns false if there is none. */
  private boolean delta(StreamKey key, DataPoint p, long now) {
    if ((p.flags() & DataPoint.NO_RECORDED_VALUE) != 0
        || p instanceof NumberDataPoint n && Double.isNaN(Points.value(n))) {
      return false; // staleness marker, without a value
    }
    Last known = last.remove(key);
    if (known != null && p.timeUnixNano() < known.point().timeUnixNano()) {
      last.put(key, new Last(known.point(), now, known.bytes()));
      return false;
    }
    DataPoint before = known == null || isStale(known.point(), p) ? null : known.point();
    if (before != null) {
      keepSum(p, before);
    }
    if (known != null) {
      memory.give(known.bytes());
    }
    put(key, p.copy(), now);
    if (before == null) {
      return switch (initial) {
        case KEEP -> true;
        case DROP -> false;
        case AUTO -> isWhole(p) && !forgotten.remove(hash(key, p));
      };
    }
    p.setStartTimeUnixNano(before.timeUnixNano());
    switch (p) {
      case NumberDataPoint n -> {
        NumberDataPoint b = (NumberDataPoint) before;
        if (n.isInt() && b.isInt()) {
          n.setLong(n.longValue() < b.longValue() ? n.longValue() : n.longValue() - b.longValue());
        } else {
          double v = Points.value(n);
          double was = Points.value(b);
          n.setDouble(v < was ? v : v - was);
        }
      }
      case HistogramDataPoint h -> {
        return histogram(h, (HistogramDataPoint) before);
      }
      case ExponentialHistogramDataPoint e ->
          ExponentialDelta.subtract(e, (ExponentialHistogramDataPoint) before);
      default -> throw new AssertionError();
    }
    return true;
  }

  /**
   * Whether the gap between two points is so long that the later counts as a first one. With {@code
   * auto} this requires a restart of the source; otherwise earlier values would be counted twice.
   */
  private boolean isStale(DataPoint before, DataPoint p) {
    return maxStalenessNanos > 0
        && p.timeUnixNano() - before.timeUnixNano() > maxStalenessNanos
        && !(initial == Initial.AUTO
            && p.startTimeUnixNano() != 0
            && p.startTimeUnixNano() == before.startTimeUnixNano());
  }

  /** Whether all that a first point counts was counted since this processor began. */
  private boolean isWhole(DataPoint p) {
    return p.startTimeUnixNano() > startNanos && p.startTimeUnixNano() != p.timeUnixNano();
  }

  /** Keeps the last point of a stream instead of those seen longest ago. */
  private void put(StreamKey key, DataPoint p, long now) {
    long bytes = KeptBytes.of(key, p);
    while (!memory.take(bytes)) {
      Map.Entry<StreamKey, Last> eldest = last.pollFirstEntry();
      if (eldest == null) {
        forget(Map.entry(key, new Last(p, now, 0))); // others have used up the memory
        return;
      }
      forget(eldest);
    }
    last.put(key, new Last(p, now, bytes));
    if (last.size() > MAX_STREAMS) {
      forget(Objects.requireNonNull(last.pollFirstEntry()));
    }
  }

  private void forget(long now) {
    while (maxStalenessNanos > 0
        && !last.isEmpty()
        && (now - last.firstEntry().getValue().seenMillis()) * 1_000_000 > maxStalenessNanos) {
      forget(last.pollFirstEntry());
    }
  }

  private void forget(Map.Entry<StreamKey, Last> stream) {
    memory.give(stream.getValue().bytes());
    DataPoint p = stream.getValue().point();
    if (initial != Initial.AUTO || p.startTimeUnixNano() <= startNanos) {
      return; // its first point is never emitted whole
    }
    forgotten.add(hash(stream.getKey(), p));
    if (forgotten.size() > MAX_FORGOTTEN) {
      forgotten.removeFirst();
    }
  }

  /** Hashes a stream and its start time; a different start means a different total. */
  private static long hash(StreamKey key, DataPoint p) {
    return 31 * p.startTimeUnixNano() + ((long) key.attributes().hashCode() << 32) + key.hashCode();
  }

  /** Treats a sum that is not a number, as in a stale histogram, as unchanged. */
  private static void keepSum(DataPoint p, DataPoint before) {
    if (p instanceof HistogramDataPoint h
        && h.hasSum()
        && Double.isNaN(h.sum())
        && before instanceof HistogramDataPoint b
        && b.hasSum()) {
      h.setSum(b.sum());
    }
  }

  /** Subtracts an earlier point; returns false if their buckets differ. */
  private static boolean histogram(HistogramDataPoint h, HistogramDataPoint before) {
    if (h.bucketCounts().length != before.bucketCounts().length
        || !Arrays.equals(h.explicitBounds(), before.explicitBounds())) {
      return false;
    }
    h.clearMin();
    h.clearMax();
    if (isReset(h, before)) {
      return true; // everything was added since
    }
    h.setCount(h.count() - before.count());
    if (h.hasSum() && before.hasSum()) {
      h.setSum(h.sum() - before.sum());
    }
    long[] counts = h.bucketCounts().clone();
    for (int i = 0; i < counts.length; i++) {
      counts[i] -= before.bucketCounts()[i];
    }
    h.setBucketCounts(counts);
    return true;
  }

  /** Whether the count or that of a bucket decreased; the total may grow despite a restart. */
  private static boolean isReset(HistogramDataPoint h, HistogramDataPoint before) {
    boolean reset = Long.compareUnsigned(h.count(), before.count()) < 0;
    for (int i = 0; i < h.bucketCounts().length; i++) {
      reset |= Long.compareUnsigned(h.bucketCounts()[i], before.bucketCounts()[i]) < 0;
    }
    return reset;
  }
}
