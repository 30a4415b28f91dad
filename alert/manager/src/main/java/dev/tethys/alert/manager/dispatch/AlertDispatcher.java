package dev.tethys.alert.manager.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.AlertStore;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.SpanRecorder;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Assigns alerts to groups and flushes each group, first after its wait, then at its interval,
 * until it is empty.
 *
 * <p>Invariants: everything is guarded by this object, whose lock is not held during notifications.
 * A group either has one timer or is being flushed, never both. At most {@link #MAX_GROUPS} exist.
 * A resolved alert stays in its group until every receiver has been notified of that.
 */
public final class AlertDispatcher implements AutoCloseable {
  /** Maximum number of groups. */
  public static final int MAX_GROUPS = 1_000_000;

  private static final System.Logger LOG = JulLogger.of(AlertDispatcher.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /** Metrics of groups, kept across configurations. */
  public static final class Metrics {
    private final Registry.Gauge groups;
    private final Registry.Counter refused;
    private final Registry.Vector<Registry.Summary> seconds;

    public Metrics(Registry registry) {
      groups =
          registry.gauge(
              "alertmanager_dispatcher_aggregation_groups", "Number of active aggregation groups");
      refused =
          registry.counter(
              "alertmanager_dispatcher_aggregation_group_limit_reached_total",
              "Number of times when dispatcher failed to create new aggregation group due to"
                  + " limit.");
      seconds =
          registry.summaries(
              "alertmanager_dispatcher_alert_processing_duration_seconds",
              "Summary of latencies for the processing of alerts.",
              new double[0]);
      seconds.with();
    }
  }

  private static final class Group {
    final RoutingNode route;
    final LabelSet labels;
    final String id = UUID.randomUUID().toString();
    final Map<LabelSet, Alert> alerts = new LinkedHashMap<>();
    long flushCount;
    List<String> mutedBy = List.of();
    @Nullable FlushResult lastFlush;
    final Map<String, FlushResult.Attempt> failures = new HashMap<>(); // by integration
    @Nullable Instant next;
    ManagerClock.@Nullable Timer timer;
    @Nullable Thread worker;

    Group(RoutingNode route, LabelSet labels) {
      this.route = route;
      this.labels = labels;
    }
  }

  /**
   * A group as the API shows it.
   *
   * @param mutedBy time intervals that keep it quiet
   */
  public record GroupView(
      RoutingNode route,
      LabelSet labels,
      LabelSet routeLabels,
      List<Alert> alerts,
      List<String> mutedBy) {
    /** Returns the key of the group in the notification log. */
    public String key() {
      return Flush.groupKey(route, labels);
    }
  }

  /**
   * State of the group that an alert belongs to, or would belong to.
   *
   * @param key group key, as in the notification log
   * @param alerts alerts in the group; empty if the group does not exist
   * @param next time of the next flush; null if unknown
   * @param last result of the last flush; null before the first
   * @param failures the last failure of each integration
   */
  public record GroupState(
      RoutingNode route,
      LabelSet labels,
      String key,
      List<Alert> alerts,
      @Nullable Instant next,
      @Nullable FlushResult last,
      Map<String, FlushResult.Attempt> failures) {}

  private final RoutingNode root;
  private final Consumer<List<AlertEvent>> events;
  private final GroupEvents record;
  private final NotificationPipeline pipeline;
  private final ManagerClock clock;
  private final Metrics metrics;
  private final SpanRecorder tracing;
  private final Instant start;
  private final int maxGroups;

  @GuardedBy("this")
  private final Map<String, Map<LabelSet, Group>> groups = new HashMap<>(); // by the route's id

  private final Runnable end;

  @GuardedBy("this")
  private int count;

  @GuardedBy("this")
  private boolean closed;

  /**
   * Starts with the alerts that exist.
   *
   * @param start time before which no group is flushed
   * @param tracing records a trace for each flush of a group
   * @param events receives the events of alerts, and must not wait
   */
  public AlertDispatcher(
      RoutingNode root,
      AlertStore alerts,
      NotificationPipeline pipeline,
      ManagerClock clock,
      Instant start,
      SpanRecorder tracing,
      Metrics metrics,
      Consumer<List<AlertEvent>> events,
      EventRecorder recorder) {
    this(root, alerts, pipeline, clock, start, tracing, metrics, events, recorder, MAX_GROUPS);
  }

  AlertDispatcher(
      RoutingNode root,
      AlertStore alerts,
      NotificationPipeline pipeline,
      ManagerClock clock,
      Instant start,
      SpanRecorder tracing,
      Metrics metrics,
      Consumer<List<AlertEvent>> events,
      EventRecorder recorder,
      int maxGroups) {
    this.root = root;
    this.events = events;
    this.record = new GroupEvents(recorder);
    this.pipeline = pipeline;
    this.clock = clock;
    this.start = start;
    this.tracing = tracing;
    this.metrics = metrics;
    this.maxGroups = maxGroups;
    this.end = alerts.listen(this::route);
  }

  /** Adds alerts that arrived together to their groups before any of the groups is flushed. */
  private synchronized void route(List<Alert> notified) {
    if (closed) {
      return;
    }
    for (Alert a : notified) {
      long began = System.nanoTime();
      for (RoutingNode r : root.match(a.labels())) {
        insert(r, a);
      }
      metrics.seconds.with().observe((System.nanoTime() - began) / 1e9);
    }
  }

  @GuardedBy("this")
  private void insert(RoutingNode r, Alert a) {
    Map<LabelSet, Group> ofRoute = groups.computeIfAbsent(r.id(), k -> new HashMap<>());
    LabelSet labels = r.group(a.labels());
    Group g = ofRoute.get(labels);
    if (g != null) {
      g.alerts.put(a.labels(), a);
      record.grouped(r, labels, a, clock.instant());
      return;
    }
    Instant now = clock.instant();
    if (count >= maxGroups) {
      metrics.refused.inc();
      LOG.log(
          Level.ERROR,
          "an alert {0} has no group: there are {1} already, the limit",
          a.name(),
          count);
      return;
    }
    Group fresh = new Group(r, labels);
    fresh.alerts.put(a.labels(), a);
    record.grouped(r, labels, a, now);
    ofRoute.put(labels, fresh);
    count++;
    metrics.groups.set(count);
    // An alert that has long been known elsewhere does not wait again.
    Instant due = now.plus(r.groupWait());
    if (a.startsAt().plus(r.groupWait()).isBefore(now)) {
      due = now;
    }
    schedule(fresh, due.isBefore(start) ? start : due);
  }

  private void schedule(Group g, Instant when) {
    g.next = when;
    g.timer = clock.at(when, () -> flushGroup(g));
  }

  private void flushGroup(Group g) {
    Instant now = clock.instant();
    List<Alert> seen;
    long number;
    synchronized (this) {
      if (closed) {
        return;
      }
      g.timer = null;
      g.worker = Thread.currentThread();
      seen = new ArrayList<>(g.alerts.values());
      number = ++g.flushCount;
    }
    boolean ok = false;
    FlushEvents notes = new FlushEvents(now);
    try {
      List<Alert> shown =
          seen.stream()
              .map(a -> a.isResolvedAt(now) ? a : a.withEnd(null))
              .sorted(Alert.ORDER)
              .toList();
      ok = run(new Flush(g.route, g.labels, g.id, number, shown, now), notes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) { // the group is flushed again later
      PEER_LOG.failure(Level.ERROR, "Flush of a group failed", g.route.key() + ":" + g.labels, e);
    }
    List<AlertEvent> news;
    synchronized (this) {
      g.worker = null;
      if (closed) {
        return;
      }
      news = notes.events(seen, g.lastFlush);
      FlushResult flush = notes.end();
      g.lastFlush = flush;
      g.mutedBy = flush.quiet();
      for (FlushResult.Attempt a : flush.attempts()) {
        if (a.result() == FlushResult.Result.FAILED) {
          g.failures.put(a.integration(), a);
        }
      }
      if (ok) {
        for (Alert a : seen) {
          if (a.isResolvedAt(now)) {
            g.alerts.remove(a.labels(), a); // unless it arrived again meanwhile
            record.resolved(g.route, g.labels, a, now);
          }
        }
      }
      if (g.alerts.isEmpty()) {
        remove(g);
      } else {
        Instant next = now.plus(g.route.groupInterval());
        Instant soonest = clock.instant();
        schedule(g, next.isBefore(soonest) ? soonest : next);
      }
    }
    if (!news.isEmpty()) {
      events.accept(news);
    }
  }

  private boolean run(Flush f, FlushEvents notes) throws InterruptedException {
    try (ActiveSpan span =
        tracing.begin("dispatch.AggregationGroup.flush", ActiveSpan.Kind.INTERNAL)) {
      if (span.isRecorded()) {
        span.set("alerting.aggregation_group.key", f.groupKey())
            .set("alerting.alerts.count", f.alerts().size());
      }
      boolean ok = span.<Boolean, InterruptedException>during(() -> pipeline.run(f, notes));
      if (!ok) {
        span.failed("notification failed");
      }
      return ok;
    }
  }

  @GuardedBy("this")
  private void remove(Group g) {
    Map<LabelSet, Group> ofRoute = groups.get(g.route.id());
    if (ofRoute != null && ofRoute.remove(g.labels, g)) {
      count--;
      metrics.groups.set(count);
    }
  }

  /**
   * Returns the groups, in order of their labels and receivers.
   *
   * @param routes selected routes
   * @param alerts selected alerts; groups without selected alerts are omitted
   */
  public List<GroupView> groups(Predicate<RoutingNode> routes, Predicate<Alert> alerts) {
    List<GroupView> out = new ArrayList<>();
    Instant now = clock.instant();
    synchronized (this) {
      for (Map<LabelSet, Group> ofRoute : groups.values()) {
        for (Group g : ofRoute.values()) {
          if (routes.test(g.route)) {
            out.add(
                new GroupView(
                    g.route,
                    g.labels,
                    LabelSet.EMPTY,
                    new ArrayList<>(g.alerts.values()),
                    g.mutedBy));
          }
        }
      }
    }
    List<GroupView> shown = new ArrayList<>();
    for (GroupView g : out) {
      List<Alert> kept = g.alerts.stream().filter(alerts).sorted(Alert.ORDER).toList();
      if (!kept.isEmpty()) {
        LabelSet labels = pipeline.routeLabels(g.route, g.labels, g.alerts, now);
        shown.add(new GroupView(g.route, g.labels, labels, kept, g.mutedBy));
      }
    }
    shown.sort(
        Comparator.comparing(GroupView::labels)
            .thenComparing(g -> g.route().receiver())
            .thenComparing(g -> g.route().id()));
    return shown;
  }

  /** Returns the root of the routing tree. */
  public RoutingNode root() {
    return root;
  }

  /**
   * Returns the state of the groups that an alert with these labels belongs to, or would belong to.
   */
  public synchronized List<GroupState> states(LabelSet labels) {
    List<GroupState> out = new ArrayList<>();
    for (RoutingNode r : root.match(labels)) {
      LabelSet group = r.group(labels);
      String key = Flush.groupKey(r, group);
      Group g = groups.getOrDefault(r.id(), Map.of()).get(group);
      out.add(
          g == null
              ? new GroupState(r, group, key, List.of(), null, null, Map.of())
              : new GroupState(
                  r,
                  group,
                  key,
                  List.copyOf(g.alerts.values()),
                  g.timer == null ? null : g.next,
                  g.lastFlush,
                  Map.copyOf(g.failures)));
    }
    return out;
  }

  /** Returns the routes for alerts with the given labels. */
  public List<RoutingNode> routes(LabelSet labels) {
    return root.match(labels);
  }

  /** Stops sending; notifications in flight are aborted and sent again by the next process. */
  @Override
  public void close() {
    end.run();
    List<Thread> workers = new ArrayList<>();
    synchronized (this) {
      closed = true;
      for (Map<LabelSet, Group> ofRoute : groups.values()) {
        for (Group g : ofRoute.values()) {
          if (g.timer != null) {
            g.timer.cancel();
          }
          if (g.worker != null && g.worker != Thread.currentThread()) {
            workers.add(g.worker);
          }
        }
      }
      metrics.groups.set(0);
    }
    workers.forEach(Thread::interrupt);
    for (Thread t : workers) {
      try {
        t.join(Duration.ofSeconds(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
