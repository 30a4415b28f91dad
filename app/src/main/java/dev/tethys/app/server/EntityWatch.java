package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.api.insight.InsightApi;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.SeriesIndex;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.model.GoQuote;
import dev.tethys.model.LabelNames;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Entity model of the server: reads the index of its stores at an interval. */
final class EntityWatch implements AutoCloseable {
  private static final String RULES = "insight.rules-file";
  private static final String AGE = "insight.history.time";
  private static final String BYTES = "insight.history.size";

  static final List<Flag> FLAGS =
      List.of(
          of(
              RULES,
              STRING,
              "",
              "File with rules, merges, categories and names of services and other entities, in"
                  + " addition to the built-in rules. (Tethys)"),
          of(AGE, DURATION, "30d", "Time for which past entities and relations are kept. (Tethys)"),
          of(
              BYTES,
              SIZE,
              "64MB",
              "Maximum size of past entities and relations on disk; the oldest are removed first."
                  + " (Tethys)"));

  private static final long INTERVAL_SECONDS = 15;

  /** Pause in which the server becomes ready; rules are compiled and indexes read after it. */
  private static final long FIRST_SECONDS = 2;

  /** Time before now in which a series counts as present. */
  private static final Duration FIRST_RANGE = Duration.ofMinutes(10);

  private static final System.Logger LOG = JulLogger.of(EntityWatch.class.getName());

  private final Path file;
  private final EntityModel.Limits limits;
  private final LongSupplier millis;
  private final Map<InsightRule.Source, SeriesIndex> indexes =
      new EnumMap<>(InsightRule.Source.class);
  private final CountDownLatch stop = new CountDownLatch(1);
  private final String separating;
  private final @Nullable RuleSet rules; // null: the built-in ones, which are read when needed
  private volatile @Nullable List<String> selectors;
  private volatile @Nullable EntityModel model;
  private volatile boolean isIdle; // there were no series when it last looked
  private volatile boolean isAsked;
  private @Nullable Thread thread;

  /**
   * @param folder of all data
   * @param separating label whose values separate entities; "" for none
   * @throws dev.tethys.config.ConfigException if the file of rules is not valid
   * @throws IOException if it cannot be read
   */
  EntityWatch(FlagSet flags, Path folder, String separating, LongSupplier millis)
      throws IOException {
    this.separating = separating;
    this.file = folder.resolve("entities.log");
    this.millis = millis;
    this.limits =
        new EntityModel.Limits(
            EntityModel.Limits.DEFAULT.series(),
            EntityModel.Limits.DEFAULT.allSeries(),
            EntityModel.Limits.DEFAULT.endsAfter(),
            Duration.ofMillis(flags.millis(AGE)),
            flags.bytes(BYTES));
    String path = flags.get(RULES);
    this.rules = path.isEmpty() ? null : RuleSet.read(Path.of(path));
  }

  private RuleSet ruleSet() {
    return rules == null ? RuleSet.defaults() : rules;
  }

  /** Selectors of the metrics that rules read. */
  List<String> selectors() {
    List<String> s = selectors;
    if (s == null) {
      s = read(ruleSet());
      selectors = s;
    }
    return s;
  }

  private static List<String> read(RuleSet from) {
    return from.rules().stream()
        .filter(r -> r.source() == InsightRule.Source.METRICS)
        .map(InsightRule::metric)
        .distinct()
        .map(
            m ->
                (LabelNames.isLegacyMetricName(m) ? "{__name__=" : "{__name__=~")
                    + GoQuote.quote(m)
                    + "}")
        .toList();
  }

  /** Adds an index, before {@link #start}. */
  void add(InsightRule.Source source, SeriesIndex index) {
    indexes.put(source, index);
  }

  /** Entities at present; null until they are known, empty while there are no series. */
  @Nullable World world() {
    EntityModel m = model;
    if (m == null && isIdle) {
      return World.EMPTY;
    }
    return m == null || m.start() == Long.MAX_VALUE ? null : m.current();
  }

  void addTo(Routes routes) {
    new InsightApi(
            () -> {
              isAsked = true;
              return model;
            })
        .addTo(routes);
  }

  /** The model; null until it is open. */
  @Nullable EntityModel model() {
    return model;
  }

  /** Starts to read the indexes. */
  void start() {
    thread =
        Thread.ofVirtual().name("entities").start(SupervisedLoop.of("entities", this::readOften));
  }

  private void readOften() {
    EntityModel m = model;
    if (m == null) {
      if (isStopped(FIRST_SECONDS) || isStoppedBeforeUse()) {
        return;
      }
      try {
        m = new EntityModel(ruleSet(), indexes, limits, file, separating);
      } catch (IOException e) {
        LOG.log(
            Level.ERROR,
            "Entities not available, history cannot be read file={0} error=\"{1}\"; move the file"
                + " away and restart",
            file,
            IoFailures.describe(e));
        return;
      }
      model = m;
    }
    do {
      m.update(millis.getAsLong());
    } while (!isStopped(INTERVAL_SECONDS));
  }

  /** Waits for a series, a history or a request: without them the rules need not be compiled. */
  private boolean isStoppedBeforeUse() {
    boolean stopped = false;
    while (!stopped && !isAsked && !Files.exists(file) && !hasSeries()) {
      isIdle = true;
      stopped = isStopped(FIRST_SECONDS);
    }
    return stopped;
  }

  private boolean hasSeries() {
    long now = millis.getAsLong();
    long from = now - FIRST_RANGE.toMillis();
    try {
      return indexes.values().stream().anyMatch(i -> !i.series(from, now, List.of(), 1).isEmpty());
    } catch (StorageException e) {
      return true; // the model reports it
    }
  }

  private boolean isStopped(long after) {
    try {
      return stop.await(after, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return true;
    }
  }

  @Override
  public void close() {
    stop.countDown();
    Thread t = thread;
    try {
      if (t != null && !t.join(Duration.ofSeconds(10))) {
        return; // it may still write
      }
      EntityModel m = model;
      if (m != null) {
        m.close();
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "History of entities not closed error=\"{0}\"", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
