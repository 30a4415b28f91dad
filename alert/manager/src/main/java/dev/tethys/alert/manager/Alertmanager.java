package dev.tethys.alert.manager;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.manager.cluster.ClusterPeer;
import dev.tethys.alert.manager.cluster.ClusterView;
import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.dispatch.AlertDispatcher;
import dev.tethys.alert.manager.dispatch.AlertEvent;
import dev.tethys.alert.manager.dispatch.ClusterPosition;
import dev.tethys.alert.manager.dispatch.DeliveryStates;
import dev.tethys.alert.manager.dispatch.Heartbeats;
import dev.tethys.alert.manager.dispatch.Inhibitor;
import dev.tethys.alert.manager.dispatch.Integration;
import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.alert.manager.dispatch.NotificationPipeline;
import dev.tethys.alert.manager.dispatch.NotifyMetrics;
import dev.tethys.alert.manager.dispatch.RoutingNode;
import dev.tethys.alert.manager.dispatch.RoutingTrace;
import dev.tethys.alert.manager.dispatch.RoutingTracer;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.alert.manager.schedule.RecurringSilences;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.AlertNote;
import dev.tethys.alert.manager.state.AlertNotes;
import dev.tethys.alert.manager.state.AlertStore;
import dev.tethys.alert.manager.state.EventLog;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.NotificationLog;
import dev.tethys.alert.manager.state.SharedRecords;
import dev.tethys.alert.manager.state.Silences;
import dev.tethys.alert.manager.template.Templates;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An Alertmanager: receives alerts, and sends notifications about them as configured.
 *
 * <p>Alerts, silences and the notification log outlive a configuration; groups and notifications in
 * progress do not: their successors find in the log which notifications were sent.
 */
public final class Alertmanager implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(Alertmanager.class.getName());

  /** Interval of checks, shorter than the lead time of recurring silences. */
  private static final Duration RECURRING_TICK = Duration.ofMinutes(1);

  private static final Duration HEARTBEAT_TICK = Duration.ofSeconds(5);

  /** All objects built from one configuration. */
  private record Running(
      AlertmanagerConfig config,
      Inhibitor inhibitor,
      AlertDispatcher dispatcher,
      RoutingTracer tracer) {
    void close() {
      dispatcher.close();
      inhibitor.close();
    }
  }

  private final AlertmanagerOptions options;
  private final HttpClientFactory clients;
  private final ManagerClock clock;
  private final Tracing tracing;
  private final EventRecorder recorder;
  private final Instant startedAt;
  private final AlertStore alerts;
  private final Silences silences;
  private final NotificationLog log;
  private final AlertNotes notes;
  private final RecurringSilences recurring;
  private final Heartbeats heartbeats;
  private final NotifyMetrics notifyMetrics;
  private final DeliveryStates deliveries = new DeliveryStates();
  private final AlertDispatcher.Metrics dispatchMetrics;
  private final Registry.Vector<Registry.Counter> received;
  private final Registry.Counter invalid;

  @GuardedBy("itself")
  private final List<ManagerClock.Timer> timers = new ArrayList<>();

  private volatile Consumer<List<AlertEvent>> events = e -> {};
  private volatile @Nullable EventLog history;
  private volatile @Nullable ClusterPeer cluster;
  private volatile @Nullable Running running;
  private volatile boolean closed;

  /**
   * Opens its folder; without a configuration it only stores alerts.
   *
   * @param tracing traces with the configured destination; not closed here
   * @throws IOException if the folder cannot be read or created
   */
  public Alertmanager(
      AlertmanagerOptions options,
      HttpClientFactory clients,
      Registry registry,
      ManagerClock clock,
      Tracing tracing)
      throws IOException {
    this(options, clients, registry, clock, tracing, EventRecorder.off());
  }

  /**
   * Creates an Alertmanager with an event recorder, which is closed with it.
   *
   * @throws IOException if the folder cannot be read or made
   */
  public Alertmanager(
      AlertmanagerOptions options,
      HttpClientFactory clients,
      Registry registry,
      ManagerClock clock,
      Tracing tracing,
      EventRecorder recorder)
      throws IOException {
    this.recorder = recorder;
    this.options = options;
    this.clients = clients;
    this.clock = clock;
    this.tracing = tracing;
    this.startedAt = clock.instant();
    this.alerts =
        new AlertStore(
            clock, options.perNameLimit(), options.metricLabels().alertNames(), registry, recorder);
    this.silences =
        new Silences(
            options.storage(),
            options.silences(),
            options.syntax(),
            clock,
            registry,
            options.logSilences(),
            recorder);
    this.log =
        new NotificationLog(options.storage(), options.silences().retention(), clock, registry);
    this.notes = new AlertNotes(options.storage(), options.silences().retention(), clock);
    this.recurring =
        new RecurringSilences(options.storage(), options.silences().retention(), silences, clock);
    this.heartbeats = new Heartbeats(alerts, clock, registry);
    this.notifyMetrics = new NotifyMetrics(registry, options.metricLabels().receiverNames());
    this.dispatchMetrics = new AlertDispatcher.Metrics(registry);
    this.received =
        registry.counters(
            "alertmanager_alerts_received_total",
            "The total number of received alerts.",
            "status",
            "version");
    received.with("firing", "v2");
    received.with("resolved", "v2");
    this.invalid =
        registry
            .counters(
                "alertmanager_alerts_invalid_total",
                "The total number of received alerts that were invalid.",
                "version")
            .with("v2");
    registry.register(to -> to.accept(states()));
    every(options.gcInterval(), this::forgetAlerts);
    every(options.maintenanceInterval(), this::maintain);
    recurring.tick();
    every(RECURRING_TICK, recurring::tick);
    every(HEARTBEAT_TICK, heartbeats::tick);
  }

  /**
   * Records alert events in a separate log, which is closed with this Alertmanager; call this
   * before any alert arrives.
   */
  public void keepHistory(EventLog log) {
    history = log;
    events =
        all ->
            log.record(
                all.stream()
                    .map(e -> new EventLog.Entry(e.at(), e.labels(), e.kind().text(), e.by()))
                    .toList());
  }

  /** Returns this Alertmanager's own log; null if there is none. */
  public @Nullable EventLog history() {
    return history;
  }

  /** Records the start and end of alerts, which have no other source without rules. */
  private void remember(List<Alert> received, Instant now) {
    EventLog h = history;
    if (h == null) {
      return;
    }
    List<EventLog.Entry> changes = new ArrayList<>();
    for (Alert a : received) {
      Alert before = alerts.get(a.labels());
      boolean fired = before != null && !before.isResolvedAt(now);
      boolean fires = !a.isResolvedAt(now);
      if (fired != fires) {
        changes.add(new EventLog.Entry(now, a.labels(), fires ? "firing" : "resolved", ""));
      }
    }
    h.record(changes);
  }

  /** Passes the events of alerts from now on to a listener, which must not block. */
  public void onEvents(Consumer<List<AlertEvent>> listener) {
    events = listener;
  }

  /**
   * Joins a cluster, whose other members receive its silences and notification log entries; call
   * this before any configuration is applied. The caller owns the cluster and closes it.
   */
  public void join(ClusterPeer peer) throws IOException, InterruptedException {
    peer.share("sil", silences);
    peer.share("nfl", log);
    peer.share("tethys_notes", notes.shared());
    peer.share("tethys_recurring", recurring.shared());
    cluster = peer;
    recorder.position(peer::position);
    peer.join();
  }

  /** Returns the cluster this Alertmanager belongs to, or null. */
  public @Nullable ClusterView cluster() {
    return cluster;
  }

  private void every(Duration interval, Runnable task) {
    if (interval.isZero()) {
      return;
    }
    ManagerClock.Timer[] slot = new ManagerClock.Timer[1];
    schedule(interval, task, slot);
  }

  private void schedule(Duration interval, Runnable task, ManagerClock.Timer[] slot) {
    synchronized (timers) {
      if (closed) {
        return;
      }
      timers.remove(slot[0]);
      slot[0] =
          clock.at(
              clock.instant().plus(interval),
              () -> {
                try {
                  task.run();
                } catch (RuntimeException e) {
                  LOG.log(Level.ERROR, "maintenance failed", e);
                }
                schedule(interval, task, slot);
              });
      timers.add(slot[0]);
    }
  }

  private void forgetAlerts() {
    alerts.collectGarbage();
    Running r = running;
    if (r != null) {
      r.inhibitor.collectGarbage();
    }
  }

  private void maintain() {
    silences.collectGarbage();
    log.collectGarbage();
    recurring.collectGarbage();
    notes.collectGarbage(labels -> alerts.get(labels) != null);
    EventLog h = history;
    if (h != null) {
      h.collectGarbage();
    }
  }

  private void addStates(List<MetricFamily.Metric> to, List<Alert> all, String... more) {
    int active = 0;
    int suppressed = 0;
    Instant now = clock.instant();
    for (Alert a : all) {
      if (!a.isResolvedAt(now)) {
        if (status(a.labels()).isSuppressed()) {
          suppressed++;
        } else {
          active++;
        }
      }
    }
    Map<String, Integer> counts = new TreeMap<>();
    counts.put("active", active);
    counts.put("suppressed", suppressed);
    counts.put("unprocessed", 0);
    counts.forEach(
        (state, n) -> {
          List<String> labels = new ArrayList<>(List.of(more));
          labels.addAll(List.of("state", state));
          to.add(new MetricFamily.Metric(Labels.of(labels.toArray(String[]::new)), n));
        });
  }

  private MetricFamily states() {
    List<MetricFamily.Metric> metrics = new ArrayList<>();
    Running r = running;
    if (!options.metricLabels().groupKeys()) {
      addStates(metrics, alerts.all());
    } else if (r != null) {
      // Two routes with the same matchers have groups with the same key.
      Map<String, List<Alert>> groups = new TreeMap<>();
      for (AlertDispatcher.GroupView g : r.dispatcher.groups(x -> true, a -> true)) {
        groups.computeIfAbsent(g.key(), k -> new ArrayList<>()).addAll(g.alerts());
      }
      groups.forEach((key, all) -> addStates(metrics, all, "group_key", key));
    }
    return new MetricFamily(
        "alertmanager_alerts", MetricType.GAUGE, "How many alerts by state.", "", metrics);
  }

  /**
   * Obeys a configuration from now on.
   *
   * @throws IOException if a file that it names cannot be read; nothing has changed then
   * @throws TemplateException if a file of templates is not valid; nothing has changed then
   */
  public synchronized void apply(AlertmanagerConfig config) throws IOException {
    if (closed) {
      return;
    }
    Templates templates =
        Templates.load(config.templateFiles(), clock, options.externalUrl().toString());
    NotifierContext context = new NotifierContext(clients, templates, clock);
    Map<String, List<Integration>> receivers =
        Integration.of(config, (r, i) -> i.kind().open(i.settings(), config.global(), context));
    tracing.apply(config.tracing());
    recorder.apply(config.recorder().outputs());
    Running before = running;
    if (before != null) {
      before.close();
    }
    Inhibitor inhibitor = new Inhibitor(config.inhibitRules(), alerts, clock);
    NotificationPipeline pipeline =
        new NotificationPipeline(
            receivers,
            config.receiverLabels(),
            config.timeIntervals(),
            new NotificationPipeline.Dependencies(
                inhibitor,
                silences,
                log,
                notes,
                templates,
                notifyMetrics,
                deliveries,
                clock,
                cluster == null ? ClusterPosition.ALONE : Objects.requireNonNull(cluster),
                recorder));
    AlertDispatcher dispatcher =
        new AlertDispatcher(
            RoutingNode.of(config.route()),
            alerts,
            pipeline,
            clock,
            startedAt.plus(options.startDelay()),
            tracing.recorder(),
            dispatchMetrics,
            e -> events.accept(e),
            recorder);
    RoutingTracer tracer = new RoutingTracer(dispatcher, pipeline, inhibitor, alerts, notes, clock);
    running = new Running(config, inhibitor, dispatcher, tracer);
    heartbeats.apply(config.heartbeats());
  }

  private Running current() {
    return Objects.requireNonNull(running, "no configuration was applied yet");
  }

  /** Whether a configuration is in force. */
  public boolean isConfigured() {
    return running != null;
  }

  /** Returns the configuration in force. */
  public AlertmanagerConfig config() {
    return current().config;
  }

  /**
   * Receives alerts; invalid ones are omitted.
   *
   * @return the problem of each invalid alert, as reported by Alertmanager
   */
  public List<String> receive(List<PostedAlert> posted) {
    Instant now = clock.instant();
    Running r = running;
    Duration timeout = r == null ? Duration.ofMinutes(5) : r.config.global().resolveTimeout();
    List<Alert> valid = new ArrayList<>(posted.size());
    List<String> problems = new ArrayList<>();
    for (PostedAlert p : posted) {
      Instant end = p.endsAt();
      Instant start = p.startsAt() != null ? p.startsAt() : end != null ? end : now;
      boolean open = end == null;
      Instant until = end == null ? now.plus(timeout) : end;
      received.with(until.isAfter(now) ? "firing" : "resolved", "v2").inc();
      Map<String, String> labels = new TreeMap<>(p.labels());
      labels.values().removeIf(String::isEmpty);
      String problem = problem(start, until, labels, p.annotations());
      if (problem != null) {
        problems.add(problem);
        invalid.inc();
        continue;
      }
      valid.add(
          new Alert(
              LabelSet.of(labels),
              LabelSet.of(p.annotations()),
              start,
              until,
              p.generatorUrl(),
              now,
              open));
    }
    heartbeats.recordAlerts(valid);
    remember(valid, now);
    alerts.put(valid);
    return problems;
  }

  private @Nullable String problem(
      Instant start, Instant end, Map<String, String> labels, Map<String, String> annotations) {
    if (end.isBefore(start)) {
      return "start time must be before end time";
    }
    if (labels.isEmpty()) {
      return "at least one label pair required";
    }
    String bad = badName(labels);
    if (bad != null) {
      return "invalid label set: invalid name " + GoQuote.quote(bad);
    }
    bad = badName(annotations);
    return bad == null ? null : "invalid annotations: invalid name " + GoQuote.quote(bad);
  }

  private @Nullable String badName(Map<String, String> m) {
    for (String name : m.keySet()) {
      if (!options.syntax().isLabelName(name)) {
        return name;
      }
    }
    return null;
  }

  /** Returns the silences and inhibitions that suppress notifications of an alert now. */
  public AlertStatus status(LabelSet labels) {
    Running r = running;
    String inhibiting = r == null ? null : r.inhibitor.inhibiting(labels);
    return new AlertStatus(
        silences.silencing(labels), inhibiting == null ? List.of() : List.of(inhibiting));
  }

  /** Returns the routes for alerts with the given labels. */
  public List<RoutingNode> routes(LabelSet labels) {
    return current().dispatcher.routes(labels);
  }

  /** Explains why an alert with these labels does or does not notify. */
  public RoutingTrace trace(LabelSet labels) {
    return current().tracer.trace(labels);
  }

  /** Returns the status of the alerts that must arrive regularly. */
  public List<Heartbeats.Pulse> heartbeats() {
    return heartbeats.pulses();
  }

  /** Outcomes of the last notifications of each integration. */
  public List<DeliveryStates.State> deliveries() {
    return deliveries.all();
  }

  /** Returns the recurring silences. */
  public RecurringSilences recurringSilences() {
    return recurring;
  }

  /** Notes and acknowledgements of alerts. */
  public AlertNotes notes() {
    return notes;
  }

  /**
   * Writes a note on an alert.
   *
   * @param acknowledges whether notifications about it are not repeated from now on
   * @param until end of the acknowledgement; null to end it together with the alert
   * @throws IOException if it could not be written to disk
   * @throws SharedRecords.FullException if there is no space
   */
  public AlertNote note(
      LabelSet labels, String author, String text, boolean acknowledges, @Nullable Instant until)
      throws IOException, SharedRecords.FullException {
    AlertNote n = notes.add(labels, author, text, acknowledges, until);
    if (acknowledges) {
      events.accept(List.of(new AlertEvent(n.at(), labels, AlertEvent.Kind.ACKNOWLEDGED, author)));
    }
    return n;
  }

  /** Returns the current groups; groups without a visible alert are omitted. */
  public List<AlertDispatcher.GroupView> groups(
      Predicate<RoutingNode> routes, Predicate<Alert> shown) {
    return current().dispatcher.groups(routes, shown);
  }

  public AlertStore alerts() {
    return alerts;
  }

  public Silences silences() {
    return silences;
  }

  /** Returns the notification log, including entries from other cluster members. */
  public NotificationLog sent() {
    return log;
  }

  public AlertmanagerOptions options() {
    return options;
  }

  public ManagerClock clock() {
    return clock;
  }

  public Instant startedAt() {
    return startedAt;
  }

  @Override
  public synchronized void close() {
    closed = true;
    synchronized (timers) {
      timers.forEach(ManagerClock.Timer::cancel);
    }
    Running r = running;
    if (r != null) {
      r.close();
    }
    recorder.close();
    try {
      silences.close();
      log.close();
      notes.close();
      recurring.close();
      EventLog h = history;
      if (h != null) {
        h.close();
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0} could not be closed: {1}", options.storage(), e.getMessage());
    }
  }
}
