package dev.tethys.pipeline.processor.interval;

import dev.tethys.codec.CodecException;
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
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ledger.Account;
import dev.tethys.pipeline.processor.StreamKey;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@code interval} processors: of each stream of cumulative sums and histograms, gauges and
 * summaries only the last point of an interval goes on, at its end. All else passes at once.
 */
public final class IntervalFactory implements ProcessorFactory<IntervalFactory.Settings> {
  /** A later point of its stream took its place. */
  static final String SUPERSEDED = "superseded";

  /** How many streams are held; points of further ones pass at once. */
  public static final int MAX_STREAMS = 1_000_000;

  /** The settings. */
  public record Settings(Duration interval, boolean gaugesPass, boolean summariesPass) {}

  private static final Section PASS = new Section("pass_through", "What passes at once.");
  private static final Key<Boolean> GAUGE =
      PASS.key("gauge", Type.BOOL, false, "Whether gauges do.");
  private static final Key<Boolean> SUMMARY =
      PASS.key("summary", Type.BOOL, false, "Whether summaries do.");
  private static final Section SECTION =
      new Section("interval", "Hands on the last point of each stream, once an interval.");
  private static final Key<Duration> INTERVAL =
      SECTION.key("interval", Type.DURATION, Duration.ofSeconds(60), "How long it is.");
  private static final Key<YamlObject> PASS_THROUGH =
      SECTION.optional("pass_through", PASS.type(o -> o), "What passes at once.");

  @Override
  public String type() {
    return "interval";
  }

  @Override
  public String about() {
    return "Hands on the last point of each stream, once an interval.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          if (o.get(INTERVAL).isNegative() || o.get(INTERVAL).isZero()) {
            throw o.error(INTERVAL, "is longer than nothing");
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
    return new Interval(settings, next, context.account(signal), context.clock());
  }

  /**
   * Holds points of one interval. Their sources are told at once: what is held lives in memory, and
   * a crash loses at most an interval.
   */
  private static final class Interval implements Processor {
    private record Held(
        ResourceGroup<Metric> resource, ScopeGroup<Metric> scope, Metric metric, DataPoint point) {}

    private final Settings settings;
    private final Consumer next;
    private final Account account;
    private final Clockwork clock;
    private final Map<StreamKey, Held> held = new LinkedHashMap<>(); // guarded by this
    private boolean stopped; // guarded by this
    private Clockwork.@Nullable Timer timer; // guarded by this

    Interval(Settings settings, Consumer next, Account account, Clockwork clock) {
      this.settings = settings;
      this.next = next;
      this.account = account;
      this.clock = clock;
    }

    @Override
    public synchronized void start() {
      schedule();
    }

    private synchronized void schedule() {
      if (!stopped) {
        timer =
            clock.schedule(
                settings.interval(),
                () -> {
                  clock.execute("interval", this::flush);
                  schedule();
                });
      }
    }

    @Override
    public void stop(Duration patience) {
      synchronized (this) {
        stopped = true;
        if (timer != null) {
          timer.cancel();
        }
      }
      flush();
    }

    @Override
    public void consume(Batch batch, Receipt receipt) {
      account.take(batch.items());
      MetricsData data;
      try {
        data = (MetricsData) batch.takeTree();
      } catch (CodecException e) {
        account.drop(TreeProcessor.MALFORMED, batch.items());
        receipt.settle(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
        return;
      }
      int before = data.itemCount();
      if (before > batch.items()) {
        account.create(before - batch.items());
      } else {
        account.drop(TreeProcessor.RECODED, batch.items() - before);
      }
      int superseded = hold(data);
      account.drop(SUPERSEDED, superseded);
      data.removeEmpty();
      int passing = data.itemCount();
      if (passing == 0) {
        receipt.settle(Outcome.ACCEPTED);
        return;
      }
      account.pass(passing);
      Batch rest = batch.with(Signal.METRICS, data);
      rest.body(); // written now: what is held back shares its resources and scopes
      next.consume(rest, receipt);
    }

    /** Takes out of a tree what is held; how many points gave way. */
    private synchronized int hold(MetricsData data) {
      int[] superseded = {0};
      for (ResourceGroup<Metric> r : data.resources()) {
        for (ScopeGroup<Metric> s : r.scopes()) {
          for (Metric m : s.items()) {
            if (isHeld(m)) {
              Objects.requireNonNull(m.data())
                  .points()
                  .removeIf(p -> take(new Held(r, s, m, p), superseded));
            }
          }
          s.items().removeIf(m -> isHeld(m) && Objects.requireNonNull(m.data()).points().isEmpty());
        }
      }
      return superseded[0];
    }

    private boolean isHeld(Metric m) {
      return switch (m.data()) {
        case MetricData.Gauge _ -> !settings.gaugesPass();
        case MetricData.Summary _ -> !settings.summariesPass();
        case MetricData.Sum s ->
            s.isMonotonic() && s.temporality() == MetricData.TEMPORALITY_CUMULATIVE;
        case MetricData.Aggregated<?> a -> a.temporality() == MetricData.TEMPORALITY_CUMULATIVE;
        case null, default -> false;
      };
    }

    private boolean take(Held h, int[] superseded) {
      StreamKey key = StreamKey.of(h.resource(), h.scope(), h.metric(), h.point());
      Held known = held.get(key);
      if (known == null && held.size() >= MAX_STREAMS) {
        return false;
      }
      if (known != null) {
        superseded[0]++;
        if (known.point().timeUnixNano() > h.point().timeUnixNano()) {
          return true;
        }
      }
      held.put(key, h);
      return true;
    }

    private void flush() {
      List<Held> points;
      synchronized (this) {
        points = List.copyOf(held.values());
        held.clear();
      }
      if (points.isEmpty()) {
        return;
      }
      MetricsData data = new MetricsData();
      Map<ResourceGroup<Metric>, ResourceGroup<Metric>> resources =
          new java.util.IdentityHashMap<>();
      Map<ScopeGroup<Metric>, ScopeGroup<Metric>> scopes = new java.util.IdentityHashMap<>();
      Map<Metric, Metric> metrics = new java.util.IdentityHashMap<>();
      for (Held h : points) {
        ResourceGroup<Metric> r =
            resources.computeIfAbsent(
                h.resource(),
                x -> {
                  ResourceGroup<Metric> g = new ResourceGroup<>();
                  g.setResource(x.resource());
                  g.setSchemaUrl(x.schemaUrl());
                  data.resources().add(g);
                  return g;
                });
        ScopeGroup<Metric> s =
            scopes.computeIfAbsent(
                h.scope(),
                x -> {
                  ScopeGroup<Metric> g = new ScopeGroup<>();
                  g.setScope(x.scope());
                  g.setSchemaUrl(x.schemaUrl());
                  r.scopes().add(g);
                  return g;
                });
        Metric m =
            metrics.computeIfAbsent(
                h.metric(),
                x -> {
                  Metric copy = x.copy();
                  Objects.requireNonNull(copy.data()).points().clear();
                  s.items().add(copy);
                  return copy;
                });
        add(m, h.point());
      }
      Batch batch = Batch.of(Signal.METRICS, data, 0, Metadata.NONE);
      account.pass(batch.items());
      next.consume(batch, Receipt.NONE);
    }

    @SuppressWarnings("unchecked") // a point goes into a copy of its own metric
    private static void add(Metric to, DataPoint p) {
      ((List<DataPoint>) Objects.requireNonNull(to.data()).points()).add(p);
    }
  }
}
