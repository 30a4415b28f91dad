package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.LIST;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.api.insight.RiskApi;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.inspections.InspectionEngine;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.insight.inspections.risk.EntityCounts;
import dev.tethys.insight.inspections.risk.RiskDismissals;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.StorageException;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Risks of the server: stores the counts of entities that risks read, and evaluates the files of
 * risks at an interval. Dismissals are in {@code risks.log} in the storage folder.
 */
final class RiskWatch implements AutoCloseable {
  private static final String FILES = "insight.risks-file";

  static final List<Flag> FLAGS =
      List.of(
          of(
              FILES,
              LIST,
              "",
              "File with risks, in the grammar of inspections, in addition to the built-in risks."
                  + " The last part may be a pattern. Can be repeated. (Tethys)"));

  private static final long INTERVAL_SECONDS = 60;

  /** Pause until the model has entities; young series count after 30 s. */
  private static final long FIRST_SECONDS = 10;

  private static final System.Logger LOG = JulLogger.of(RiskWatch.class.getName());

  private final MetricAnswers answers;
  private final Supplier<@Nullable World> worlds;
  private final MetricStore writing;
  private final LongSupplier millis;
  private final Path file;
  private final WatchThread thread = new WatchThread("risks");
  private final PublishedReport report = new PublishedReport();
  private volatile @Nullable InspectionSet set; // null: the built-in ones are not read yet
  private volatile @Nullable RiskDismissals dismissals;
  private Map<Labels, Double> written = Map.of(); // by the thread that evaluates

  /**
   * @param folder of all data
   * @param worlds the entities at present; null until they are known
   * @param writing receives counts of entities
   * @throws dev.tethys.config.ConfigException if a file of risks is not valid
   * @throws IOException if one cannot be read
   */
  RiskWatch(
      FlagSet flags,
      Path folder,
      MetricAnswers answers,
      Supplier<@Nullable World> worlds,
      MetricStore writing,
      LongSupplier millis)
      throws IOException {
    this.answers = answers;
    this.worlds = worlds;
    this.writing = writing;
    this.millis = millis;
    this.file = folder.resolve("risks.log");
    List<String> files = flags.list(FILES);
    if (!files.isEmpty()) {
      set = InspectionSet.risks(files);
    }
  }

  /** PromQL of all risks. */
  List<String> expressions() {
    return set().inspections().stream().map(Inspection::query).distinct().toList();
  }

  private InspectionSet set() {
    InspectionSet s = set;
    if (s == null) {
      try {
        s = InspectionSet.risks(List.of());
      } catch (IOException e) {
        throw new IllegalStateException("built-in risks cannot be read", e);
      }
      set = s;
    }
    return s;
  }

  void addTo(Routes routes) {
    new RiskApi(report::requested, () -> dismissals, millis).addTo(routes);
  }

  /** Starts to evaluate. */
  void start() {
    thread.start(this::evaluateOften);
  }

  private void evaluateOften() {
    if (thread.isStopped(FIRST_SECONDS)) {
      return;
    }
    try {
      if (dismissals == null) {
        dismissals = new RiskDismissals(file);
      }
    } catch (IOException e) {
      LOG.log(
          Level.ERROR,
          "Risks not available, dismissals cannot be read file={0} error=\"{1}\"; move the file"
              + " away and restart",
          file,
          IoFailures.describe(e));
      return;
    }
    InspectionEngine engine = null;
    boolean hasEntities;
    do {
      World w = worlds.get();
      hasEntities = w != null && !w.entities().isEmpty();
      if (w != null && report.isNeeded(w)) {
        if (engine == null) {
          engine = new InspectionEngine(set(), answers, InspectionEngine.Limits.DEFAULT);
        }
        long now = millis.getAsLong();
        record(EntityCounts.of(w), now);
        report.publish(engine.evaluate(w, now));
      }
    } while (!thread.isStopped(hasEntities ? INTERVAL_SECONDS : FIRST_SECONDS));
  }

  private void record(Map<Labels, Double> counts, long now) {
    try (Appender a = writing.appender()) {
      counts.forEach((labels, value) -> a.append(a.series(labels), 0, now, value));
      for (Labels l : written.keySet()) {
        if (!counts.containsKey(l)) {
          a.append(a.series(l), 0, now, Samples.STALE);
        }
      }
      a.commit();
      written = counts;
    } catch (StorageException e) {
      LOG.log(Level.WARNING, "Counts of entities not stored error=\"{0}\"", e.getMessage());
    }
  }

  @Override
  public void close() {
    if (!thread.end()) {
      return; // it may still write
    }
    try {
      RiskDismissals d = dismissals;
      if (d != null) {
        d.close();
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "Dismissals of risks not closed error=\"{0}\"", e.getMessage());
    }
  }
}
