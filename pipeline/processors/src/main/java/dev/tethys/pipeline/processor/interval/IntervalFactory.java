package dev.tethys.pipeline.processor.interval;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.processor.Points;
import dev.tethys.pipeline.processor.StreamKey;
import dev.tethys.pipeline.processor.TimedFlush;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code interval} processors. At the end of each interval they emit the last point of each
 * stream of cumulative sums and histograms, gauges and summaries; deltas are added up. Other data
 * passes immediately.
 */
public final class IntervalFactory implements ProcessorFactory<IntervalFactory.Settings> {
  /** A later point of its stream replaced it. */
  static final String SUPERSEDED = "superseded";

  /** Added to another delta of its stream. */
  static final String ADDED = "added";

  /** Maximum number of streams; points of further streams pass immediately. */
  public static final int MAX_STREAMS = 1_000_000;

  /** The settings. */
  public record Settings(Duration interval, boolean gaugesPass, boolean summariesPass) {}

  private static final Section PASS =
      new Section("pass_through", "Metrics that pass through without aggregation.");
  private static final Key<Boolean> GAUGE =
      PASS.key("gauge", Type.BOOL, false, "If true, gauges pass through.");
  private static final Key<Boolean> SUMMARY =
      PASS.key("summary", Type.BOOL, false, "If true, summaries pass through.");
  private static final Section SECTION =
      new Section("interval", "Emits the last point of each stream once per interval.");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "interval",
          Type.DURATION,
          Duration.ofSeconds(60),
          "Interval at which metrics are aggregated.");
  private static final Key<YamlObject> PASS_THROUGH =
      SECTION.optional(
          "pass_through", PASS.type(o -> o), "Metrics that pass through without aggregation.");

  @Override
  public String type() {
    return "interval";
  }

  @Override
  public String about() {
    return "Emits the last point of each stream once per interval.";
  }

  @Override
  public Duration holds(Settings s) {
    return s.interval();
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          if (o.get(INTERVAL).isNegative() || o.get(INTERVAL).isZero()) {
            throw o.error(INTERVAL, "must be positive");
          }
          YamlObject pass = o.find(PASS_THROUGH);
          return new Settings(
              o.get(INTERVAL), pass != null && pass.get(GAUGE), pass != null && pass.get(SUMMARY));
        });
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Processor create(Settings settings, Signal signal, Consumer next, Context context) {
    return new Interval(settings, next, signal, context);
  }

  /**
   * Holds points for one interval. Their sources are acknowledged immediately: held points are in
   * memory, and a crash loses at most one interval.
   */
  private static final class Interval implements Processor {
    /**
     * Held point with copies of its resource, scope and metric, which do not reference other
     * points.
     */
    private record Held(
        ResourceGroup<Metric> resource, ScopeGroup<Metric> scope, Metric metric, DataPoint point) {}

    private final Settings settings;
    private final Consumer next;
    private final ItemAccounting account;
    private final TimedFlush flush;
    private final Map<StreamKey, Held> held = new LinkedHashMap<>(); // guarded by this

    Interval(Settings settings, Consumer next, Signal signal, Context context) {
      this.settings = settings;
      this.next = next;
      this.account = context.account(signal);
      this.flush =
          new TimedFlush("interval", settings.interval(), _ -> takeHeld(), next, account, context);
    }

    @Override
    public void start() {
      flush.start();
    }

    @Override
    public void stop(Duration timeLimit) {
      flush.stop();
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      MetricsData data = (MetricsData) TreeProcessor.taken(batch, account, ack);
      if (data == null) {
        return;
      }
      hold(data);
      data.removeEmpty();
      int passing = data.itemCount();
      if (passing == 0) {
        ack.complete(Outcome.ACCEPTED);
        return;
      }
      account.pass(passing);
      next.consume(batch.with(Signal.METRICS, data), ack);
    }

    /** Moves the points to be held out of a tree. */
    private synchronized void hold(MetricsData data) {
      for (ResourceGroup<Metric> r : data.resources()) {
        ResourceGroup<Metric> resource = new ResourceGroup<>();
        resource.setResource(r.resource().copy());
        resource.setSchemaUrl(r.schemaUrl());
        for (ScopeGroup<Metric> s : r.scopes()) {
          ScopeGroup<Metric> scope = new ScopeGroup<>();
          scope.setScope(s.scope().copy());
          scope.setSchemaUrl(s.schemaUrl());
          s.items().removeIf(m -> isHeld(m) && holdPoints(resource, scope, m));
        }
      }
    }

    /** Moves the points to hold out of a metric; returns whether none is left. */
    private boolean holdPoints(
        ResourceGroup<Metric> resource, ScopeGroup<Metric> scope, Metric metric) {
      List<DataPoint> points = points(metric);
      List<DataPoint> all = List.copyOf(points);
      points.clear();
      Metric empty = metric.copy();
      for (DataPoint p : all) {
        if (!take(new Held(resource, scope, empty, p))) {
          points.add(p);
        }
      }
      return points.isEmpty();
    }

    @SuppressWarnings("unchecked") // points are only added to their own metric or a copy of it
    private static List<DataPoint> points(Metric m) {
      return (List<DataPoint>) Objects.requireNonNull(m.data()).points();
    }

    private boolean isHeld(Metric m) {
      return switch (m.data()) {
        case MetricData.Gauge _ -> !settings.gaugesPass();
        case MetricData.Summary _ -> !settings.summariesPass();
        case MetricData.Sum s -> s.isMonotonic() && hasTemporality(s);
        case MetricData.Aggregated<?> a -> hasTemporality(a);
        case null, default -> false;
      };
    }

    private static boolean hasTemporality(MetricData.Aggregated<?> a) {
      return isDelta(a) || a.temporality() == MetricData.TEMPORALITY_CUMULATIVE;
    }

    private static boolean isDelta(@Nullable MetricData<?> data) {
      return data instanceof MetricData.Aggregated<?> a
          && a.temporality() == MetricData.TEMPORALITY_DELTA;
    }

    /** Holds a point; returns false if it is to pass. */
    private boolean take(Held h) {
      boolean delta = isDelta(h.metric().data());
      if (delta && (h.point().flags() & DataPoint.NO_RECORDED_VALUE) != 0) {
        return false; // there is no point to add to
      }
      StreamKey key = StreamKey.of(h.resource(), h.scope(), h.metric(), h.point());
      Held known = held.get(key);
      if (known == null && held.size() >= MAX_STREAMS) {
        return false;
      }
      if (known != null && delta) {
        return add(known.point(), h.point());
      }
      if (known != null) {
        account.drop(SUPERSEDED, 1);
        if (known.point().timeUnixNano() >= h.point().timeUnixNano()) {
          return true;
        }
      }
      held.put(key, h);
      return true;
    }

    /** Adds a delta to a held one; returns false if their buckets differ. */
    private boolean add(DataPoint sum, DataPoint more) {
      if (!Points.add(sum, more)) {
        return false;
      }
      account.drop(ADDED, 1);
      if (sum.startTimeUnixNano() == 0 || more.startTimeUnixNano() < sum.startTimeUnixNano()) {
        sum.setStartTimeUnixNano(more.startTimeUnixNano());
      }
      sum.setTimeUnixNano(Math.max(sum.timeUnixNano(), more.timeUnixNano()));
      return true;
    }

    /** Removes the collected points as a batch; returns null if there are none. */
    private synchronized @Nullable Batch takeHeld() {
      List<Held> points = List.copyOf(held.values());
      held.clear();
      if (points.isEmpty()) {
        return null;
      }
      MetricsData data = new MetricsData();
      Set<Object> placed = Collections.newSetFromMap(new IdentityHashMap<>());
      for (Held h : points) {
        if (placed.add(h.resource())) {
          data.resources().add(h.resource());
        }
        if (placed.add(h.scope())) {
          h.resource().scopes().add(h.scope());
        }
        if (placed.add(h.metric())) {
          h.scope().items().add(h.metric());
        }
        points(h.metric()).add(h.point());
      }
      return Batch.of(Signal.METRICS, data, 0, Metadata.NONE);
    }
  }
}
