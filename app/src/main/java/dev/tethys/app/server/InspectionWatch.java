package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.LIST;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.api.insight.InspectionApi;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.inspections.InspectionEngine;
import dev.tethys.insight.inspections.InspectionReport;
import dev.tethys.insight.inspections.check.InspectionCheck;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.promql.PreparedQuery;
import dev.tethys.query.promql.QueryPriority;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Inspections of the server: evaluates them over its metric store at an interval. */
final class InspectionWatch implements AutoCloseable {
  private static final String FILES = "insight.inspections-file";
  private static final String ALERTS = "insight.inspections.alerts";

  static final List<Flag> FLAGS =
      List.of(
          of(
              FILES,
              LIST,
              "",
              "File with inspections, thresholds and ids of inspections to disable, in addition to"
                  + " the built-in inspections. The last part may be a pattern. Can be repeated."
                  + " (Tethys)"),
          of(
              ALERTS,
              BOOLEAN,
              "false",
              "Store problems of inspections as series and evaluate an alerting rule for each"
                  + " inspection. (Tethys)"));

  /** Pause between evaluations; each evaluates the inspections that are due. */
  private static final long INTERVAL_SECONDS = 10;

  /** Pause until the model has entities; young series count after 30 s. */
  private static final long FIRST_SECONDS = 5;

  private static final String ORIGIN = "inspections";

  private final InsightQueries queries;
  private final Supplier<@Nullable World> worlds;
  private final @Nullable InspectionAlerts alerts; // null if they are not requested
  private final LongSupplier millis;
  private final WatchThread thread = new WatchThread("inspections");
  private final PublishedReport report = new PublishedReport();
  private final List<String> files;
  private final @Nullable ConfiguredFiles<InspectionSet> configured; // null without files

  /** By their text; queries of inspections only, so that their number is bounded. */
  private final Map<String, PreparedQuery> prepared = new ConcurrentHashMap<>();

  private volatile @Nullable InspectionSet set; // null: the built-in ones are not read yet
  private volatile double seconds;

  /**
   * Parts of the server that inspections use.
   *
   * @param worlds the entities at present; null until they are known
   * @param queries over the metrics
   * @param writing receives problems as series
   * @param groups receives generated rule groups
   */
  record Parts(
      InsightQueries queries,
      Supplier<@Nullable World> worlds,
      MetricStore writing,
      Consumer<List<GroupSpec>> groups,
      Registry registry) {}

  /** Listener that is called after each evaluation; set before {@link #start}. */
  private Runnable evaluated = () -> {};

  /**
   * @throws dev.tethys.config.ConfigException if a file of inspections is not valid
   * @throws IOException if one cannot be read
   */
  InspectionWatch(FlagSet flags, Parts parts, LongSupplier millis) throws IOException {
    this.queries = parts.queries;
    this.worlds = parts.worlds;
    this.millis = millis;
    this.files = flags.list(FILES).stream().filter(f -> !f.isEmpty()).toList();
    this.alerts = flags.bool(ALERTS) ? new InspectionAlerts(parts.writing, parts.groups) : null;
    if (!files.isEmpty() || alerts != null) {
      InspectionSet given = InspectionSet.read(files);
      set = given;
      if (alerts != null) {
        alerts.addRules(given);
      }
      configured =
          files.isEmpty() ? null : new ConfiguredFiles<>(given, () -> InspectionSet.read(files));
    } else {
      configured = null;
    }
    parts.registry.gauge(
        "tethys_inspections_problems",
        "Problems that inspections find, without those that another problem explains.",
        () -> count(r -> r.problems().size()));
    parts.registry.gauge(
        "tethys_inspections_failed",
        "Inspections whose last evaluation failed.",
        () -> count(r -> r.statuses().stream().filter(s -> s.error() != null).count()));
    parts.registry.gauge(
        "tethys_inspections_evaluation_seconds",
        "Duration of the last evaluation of all inspections that were due.",
        () -> seconds);
  }

  /** Number in a report. */
  private interface Count {
    long of(InspectionReport report);
  }

  private double count(Count c) {
    InspectionReport r = report.get();
    return r == null ? 0 : c.of(r);
  }

  /** PromQL of all inspections. */
  List<String> expressions() {
    InspectionSet all = set();
    List<String> out =
        new ArrayList<>(all.inspections().stream().map(Inspection::query).distinct().toList());
    if (all.requests() != null) {
      out.add(all.requests());
    }
    return out;
  }

  private InspectionSet set() {
    InspectionSet s = set;
    if (s == null) {
      s = InspectionSet.defaults();
      set = s;
    }
    return s;
  }

  /** Files that are read with each configuration. */
  List<Path> watched() throws IOException {
    return InspectionSet.files(files);
  }

  /**
   * Reads the files for a configuration.
   *
   * @throws dev.tethys.config.ConfigException if a file is not valid; nothing has changed then
   * @throws IOException if a file cannot be read
   */
  void read(PrometheusConfig c) throws IOException {
    if (configured != null) {
      configured.of(c);
    }
  }

  /** Evaluates the inspections of a configuration from now on. */
  void apply(PrometheusConfig c) throws IOException {
    if (configured == null) {
      return;
    }
    InspectionSet next = configured.apply(c);
    if (next != set) {
      set = next;
      if (alerts != null) {
        alerts.addRules(next);
      }
      thread.wake();
    }
  }

  void addTo(Routes routes, InspectionApi.IncidentOfProblem incidents) {
    new InspectionApi(report::requested, incidents).addTo(routes);
  }

  /** The last report; null before the first evaluation. */
  @Nullable InspectionReport report() {
    return report.get();
  }

  /** Calls a listener after each evaluation; must be called before {@link #start}. */
  void onEvaluated(Runnable listener) {
    evaluated = listener;
  }

  /** Starts to evaluate. */
  void start() {
    thread.start(this::evaluateOften);
  }

  private void evaluateOften() {
    if (thread.isStopped(FIRST_SECONDS)) {
      return;
    }
    InspectionEngine engine = null;
    boolean hasEntities;
    do {
      World w = worlds.get();
      hasEntities = w != null && !w.entities().isEmpty();
      if (w != null && report.isNeeded(w)) {
        InspectionSet all = set();
        if (engine == null) {
          prepare(all);
          engine = new InspectionEngine(all, answers(), InspectionEngine.Limits.DEFAULT);
        } else if (all != engine.set()) {
          prepare(all);
          engine.replace(all);
        }
        long start = System.nanoTime();
        InspectionReport r = engine.evaluate(w, millis.getAsLong());
        seconds = (System.nanoTime() - start) / 1e9;
        report.publish(r);
        if (alerts != null) {
          alerts.record(r);
        }
        evaluated.run();
      }
    } while (!thread.isStopped(hasEntities ? INTERVAL_SECONDS : FIRST_SECONDS));
  }

  /** Answers out of the store of the server, with the share of the engine that rules have. */
  private MetricAnswers answers() {
    return (query, time) -> {
      PreparedQuery q = prepared.get(query);
      return q == null ? List.of() : InspectionCheck.samples(q.at(time).execute().value());
    };
  }

  /** Prepares the queries of some inspections, and removes others. */
  private void prepare(InspectionSet all) {
    Set<String> used = new HashSet<>();
    all.inspections().forEach(i -> used.add(i.query()));
    if (all.requests() != null) {
      used.add(all.requests());
    }
    prepared.keySet().retainAll(used);
    used.forEach(
        q ->
            prepared.computeIfAbsent(q, text -> queries.prepare(text, ORIGIN, QueryPriority.RULE)));
  }

  @Override
  public void close() {
    thread.end();
  }
}
