package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.alert.rule.RuleGroup;
import dev.tethys.api.insight.IncidentApi;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.incidents.Incident;
import dev.tethys.insight.incidents.IncidentCause;
import dev.tethys.insight.incidents.IncidentCauses;
import dev.tethys.insight.incidents.IncidentChanges;
import dev.tethys.insight.incidents.Incidents;
import dev.tethys.insight.inspections.InspectionProblem;
import dev.tethys.insight.inspections.InspectionReport;
import dev.tethys.insight.objectives.state.ObjectiveStates;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Incidents of the server: observes problems, objectives and alerts after each evaluation of
 * inspections, and adds changes of entities to the timelines of open incidents.
 */
final class IncidentWatch implements AutoCloseable {
  private static final String AGE = "insight.incidents.time";
  private static final String BYTES = "insight.incidents.size";
  private static final String ENDS_AFTER = "insight.incidents.ends-after";

  static final List<Flag> FLAGS =
      List.of(
          of(AGE, DURATION, "90d", "Time for which incidents are kept after their end. (Tethys)"),
          of(
              BYTES,
              SIZE,
              "16MB",
              "Maximum size of incidents on disk; the oldest are removed first. (Tethys)"),
          of(
              ENDS_AFTER,
              DURATION,
              "5m",
              "Time without a cause after which an incident has ended, 1m to 24h. A cause that"
                  + " returns before is the same incident. (Tethys)"));

  private static final long INTERVAL_SECONDS = 30;

  /** Objectives are computed for this only, so less often. */
  private static final long OBJECTIVES_MILLIS = 60_000;

  /** Range of changes before an incident opened, and of later readings. */
  private static final Duration BEFORE = Duration.ofHours(1);

  private static final Duration SINCE = Duration.ofMinutes(5);
  private static final long CHANGES_MILLIS = 60_000;

  /**
   * Time after startup in which an absent cause has not ended: rules are not evaluated yet, and
   * inspections that compare with the past wait for values.
   */
  private static final long WARM_UP_MILLIS = 150_000;

  /** Pause between two observations, however many alerts are sent. */
  private static final long MIN_PAUSE_MILLIS = 500;

  private static final System.Logger LOG = JulLogger.of(IncidentWatch.class.getName());

  /**
   * Parts of the server from which incidents are made.
   *
   * @param reports the last report of inspections; null until there is one
   * @param objectives their states at present
   * @param rules groups with their alerts
   * @param answers PromQL for changes of entities
   * @param models history of entities; null until it is open
   * @param externalUrl under which users reach the server
   */
  record Parts(
      Supplier<@Nullable InspectionReport> reports,
      Supplier<ObjectiveStates.Report> objectives,
      Supplier<List<RuleGroup>> rules,
      MetricAnswers answers,
      Supplier<@Nullable EntityModel> models,
      URI externalUrl,
      Registry registry) {}

  private final Path file;
  private final Incidents.Limits limits;
  private final Parts parts;
  private final LongSupplier millis;
  private final WatchThread thread = new WatchThread("incidents");
  private final IncidentAlerts alerts;
  private final IncidentChanges changes;

  /** Incidents whose changes before the start were read. */
  private final Set<String> known = new HashSet<>();

  private volatile @Nullable Incidents incidents;
  private volatile @Nullable IncidentCauses causes;
  private volatile String unavailable = "incidents are not open yet; ask again in some seconds";
  private ObjectiveStates.@Nullable Report objectives;
  private long changesRead;
  private long started;

  /**
   * @param folder of all data
   */
  IncidentWatch(FlagSet flags, Path folder, Parts parts, LongSupplier millis) {
    this.file = folder.resolve("incidents.log");
    this.parts = parts;
    this.millis = millis;
    Duration endsAfter = Duration.ofMillis(flags.millis(ENDS_AFTER));
    if (endsAfter.compareTo(Duration.ofMinutes(1)) < 0
        || endsAfter.compareTo(Duration.ofHours(24)) > 0) {
      throw new UsageException(
          "tethys server: --" + ENDS_AFTER + "=" + flags.get(ENDS_AFTER) + ": must be 1m to 24h");
    }
    this.limits =
        new Incidents.Limits(
            Duration.ofMillis(flags.millis(AGE)),
            flags.bytes(BYTES),
            Incidents.Limits.DEFAULT.incidents(),
            Incidents.Limits.DEFAULT.open(),
            endsAfter);
    String base = parts.externalUrl.toString();
    this.alerts =
        new IncidentAlerts(
            () -> incidents,
            () -> causes,
            (base.endsWith("/") ? base : base + "/") + "incidents/",
            this::wake,
            millis);
    this.changes =
        new IncidentChanges(
            parts.answers,
            (kinds, from, to, limit) -> {
              EntityModel m = parts.models.get();
              return m == null ? List.of() : m.changes(kinds, from, to, limit);
            });
    parts.registry.gauge(
        "tethys_incidents_open",
        "Incidents that have not ended.",
        () -> {
          Incidents i = incidents;
          return i == null ? 0 : i.openEntities().size();
        });
  }

  /** Links of alerts to their incidents. */
  IncidentAlerts alerts() {
    return alerts;
  }

  void addTo(Routes routes) {
    new IncidentApi(() -> incidents, () -> unavailable, millis).addTo(routes);
  }

  /** Id of the open incident of a problem; null if there is none. */
  @Nullable String incidentOf(InspectionProblem p) {
    Incidents i = incidents;
    return i == null ? null : i.open(IncidentCauses.key(p));
  }

  /** Observes soon. */
  void wake() {
    thread.wake();
  }

  /** Starts to observe. */
  void start() {
    thread.start(this::observeOften);
  }

  private void observeOften() {
    Incidents all = incidents;
    if (all == null) {
      try {
        all = new Incidents(file, limits);
      } catch (IOException e) {
        String text =
            "incidents are not available, "
                + file
                + " cannot be read: "
                + IoFailures.describe(e)
                + "; move the file away and restart";
        unavailable = text;
        LOG.log(Level.ERROR, "{0}", text);
        return;
      }
      incidents = all;
    }
    do {
      observe(all);
    } while (!thread.isStopped(INTERVAL_SECONDS, MIN_PAUSE_MILLIS));
  }

  private void observe(Incidents all) {
    InspectionReport report = parts.reports.get();
    if (report != null && !report.world().entities().isEmpty()) {
      World world = report.world();
      IncidentCauses c = causes;
      if (c == null || c.world() != world) {
        c = new IncidentCauses(world);
        causes = c;
      }
      long now = millis.getAsLong();
      all.observe(observation(report, c, now));
      addChanges(all, world, now);
    }
    all.flush();
  }

  private Incidents.Observation observation(InspectionReport report, IncidentCauses c, long now) {
    if (started == 0) {
      started = now;
    }
    Set<IncidentCause.Kind> unknown =
        now - started < WARM_UP_MILLIS
            ? EnumSet.allOf(IncidentCause.Kind.class)
            : EnumSet.noneOf(IncidentCause.Kind.class);
    ObjectiveStates.Report o = objectives;
    if (o == null || now - o.time() >= OBJECTIVES_MILLIS || now < o.time()) {
      o = parts.objectives.get();
      objectives = o;
    }
    if (o.problems().stream().anyMatch(p -> p.contains("not computed"))) {
      unknown.add(IncidentCause.Kind.OBJECTIVE);
    }
    List<IncidentCause> found = new ArrayList<>(IncidentCauses.ofProblems(report));
    found.addAll(c.ofObjectives(o.states(), now));
    found.addAll(IncidentAlerts.firing(parts.rules.get(), c));
    return new Incidents.Observation(now, found, IncidentCauses.unknown(report), unknown);
  }

  /** Reads changes around open incidents; nothing while there is none. */
  private void addChanges(Incidents all, World world, long now) {
    Map<String, Set<String>> open = all.openEntities();
    known.retainAll(open.keySet());
    boolean isNew = !known.containsAll(open.keySet());
    if (open.isEmpty() || !isNew && now - changesRead < CHANGES_MILLIS) {
      return;
    }
    changesRead = now;
    List<IncidentChanges.Change> found = changes.find(world, isNew ? BEFORE : SINCE, now);
    for (Map.Entry<String, Set<String>> e : open.entrySet()) {
      Incident i = all.get(e.getKey());
      if (i == null) {
        continue;
      }
      Set<String> around = new LinkedHashSet<>(IncidentChanges.around(world, e.getValue()));
      around.addAll(e.getValue());
      long from = i.start() - BEFORE.toMillis();
      all.add(
          e.getKey(),
          found.stream()
              .filter(c -> c.event().time() >= from)
              .filter(c -> c.entities().stream().anyMatch(around::contains))
              .map(IncidentChanges.Change::event)
              .toList());
    }
    known.addAll(open.keySet());
  }

  @Override
  public void close() {
    if (!thread.end()) {
      return; // it may still write
    }
    try {
      Incidents i = incidents;
      if (i != null) {
        i.close();
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "Incidents not closed error=\"{0}\"", e.getMessage());
    }
  }
}
