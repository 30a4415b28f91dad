package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.api.insight.EntityRulesApi;
import dev.tethys.api.insight.InsightApi;
import dev.tethys.collect.observe.MachineIdentity;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.insight.entities.DatabaseEndpoint;
import dev.tethys.insight.entities.DatabaseEndpoints;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.SeriesIndex;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.rules.EditedRules;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.model.GoQuote;
import dev.tethys.model.LabelNames;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Entity model of the server: reads the index of its stores at an interval. */
final class EntityWatch implements AutoCloseable {
  private static final String RULES = "insight.rules-file";
  private static final String AGE = "insight.history.time";
  private static final String BYTES = "insight.history.size";

  /** File in the data folder that the page of rules edits. */
  private static final String EDITED = "entity-rules.yml";

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

  /** Delay that lets the server become ready before rules are compiled and indexes are read. */
  private static final long FIRST_SECONDS = 2;

  /** Time before now in which a series counts as present. */
  private static final Duration FIRST_RANGE = Duration.ofMinutes(10);

  private static final System.Logger LOG = JulLogger.of(EntityWatch.class.getName());

  private final Path file;
  private final EntityModel.Limits limits;
  private final LongSupplier millis;
  private final Map<InsightRule.Source, SeriesIndex> indexes =
      new EnumMap<>(InsightRule.Source.class);
  private final WatchThread thread = new WatchThread("entities");
  private final String separating;
  private final List<Path> files; // of flags
  private final Path edited; // of the page of rules
  private final ConfiguredFiles<RuleSet> configured;
  private volatile boolean hasFiles; // false: the built-in rules are read when needed
  private volatile @Nullable RuleSet rules; // null: the built-in ones are not read yet
  private volatile @Nullable List<String> selectors;
  private volatile @Nullable EntityModel model;
  private volatile boolean isIdle; // there were no series when it last looked
  private volatile boolean isAsked;
  private @Nullable RuleSet applied; // by the model; of its thread

  /**
   * @param folder root data folder
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
    this.files = path.isEmpty() ? List.of() : List.of(Path.of(path));
    this.edited = folder.resolve(EDITED);
    this.hasFiles = !files.isEmpty() || Files.exists(edited);
    RuleSet given = hasFiles ? readAll() : null;
    this.rules = given;
    this.configured = new ConfiguredFiles<>(given, this::readAll);
  }

  /** Built-in rules, then those of the flag, then those of the page. */
  private RuleSet readAll() throws IOException {
    RuleSet out = ofFlags();
    return Files.exists(edited) ? editedNow().over(out) : out;
  }

  private RuleSet ofFlags() throws IOException {
    return RuleSet.read(files.isEmpty() ? null : files.getFirst());
  }

  private EditedRules editedNow() throws IOException {
    if (!Files.exists(edited)) {
      return new EditedRules(edited.toString(), "");
    }
    if (Files.size(edited) > EditedRules.MAX_BYTES) {
      throw new ConfigException(
          edited.toString(),
          "the file has more than " + EditedRules.MAX_BYTES + " bytes; remove entries");
    }
    return new EditedRules(edited.toString(), YamlDocument.text(edited));
  }

  /** Editor of the file of the page of rules. */
  EntityRulesApi.Editor editor() {
    return new EntityRulesApi.Editor() {
      @Override
      public EditedRules current() throws IOException {
        return editedNow();
      }

      @Override
      public EditedRules change(UnaryOperator<EditedRules> change) throws IOException {
        return edit(change);
      }

      @Override
      public String path() {
        return edited.toString();
      }
    };
  }

  private synchronized EditedRules edit(UnaryOperator<EditedRules> change) throws IOException {
    EditedRules next = change.apply(editedNow());
    RuleSet all = next.over(ofFlags()); // refused if it is not valid
    new RealFiles().replace(edited, next.text().getBytes(StandardCharsets.UTF_8));
    hasFiles = true;
    configured.replace(all);
    use(all);
    return next;
  }

  private void use(RuleSet next) {
    if (next != rules) {
      rules = next;
      selectors = null;
      thread.wake();
    }
  }

  private RuleSet ruleSet() {
    RuleSet r = rules;
    if (r == null) {
      r = RuleSet.defaults();
      rules = r;
    }
    return r;
  }

  /** Files that are read with each configuration. */
  List<Path> watched() {
    List<Path> out = new ArrayList<>(files);
    out.add(edited);
    return out.stream().filter(Files::isReadable).toList();
  }

  /**
   * Reads the files of rules for a configuration.
   *
   * @throws ConfigException if one is not valid; nothing has changed then
   * @throws IOException if one cannot be read
   */
  void read(PrometheusConfig c) throws IOException {
    hasFiles |= Files.exists(edited);
    if (hasFiles) {
      configured.of(c);
    }
  }

  /** Applies the rules of a configuration with the next reading, which begins at once. */
  void apply(PrometheusConfig c) throws IOException {
    if (hasFiles) {
      use(configured.apply(c));
    }
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

  /** Returns the current entities; null until they are known, empty while there are no series. */
  @Nullable World world() {
    EntityModel m = model;
    if (m == null && isIdle) {
      return World.EMPTY;
    }
    return m == null || m.start() == Long.MAX_VALUE ? null : m.current();
  }

  /** Databases of the service map with an address; empty until the entities are known. */
  List<DatabaseEndpoint> databases() {
    requested();
    World w = world();
    SeriesIndex metrics = indexes.get(InsightRule.Source.METRICS);
    if (w == null || metrics == null) {
      return List.of();
    }
    long now = millis.getAsLong();
    try {
      return DatabaseEndpoints.of(
          w,
          metrics,
          now - FIRST_RANGE.toMillis(),
          now,
          MachineIdentity.read(Path.of("/")).machineId());
    } catch (StorageException e) {
      return List.of(); // the model reports it
    }
  }

  void addTo(Routes routes) {
    new InsightApi(this::requested).addTo(routes);
    new EntityRulesApi(editor()).addTo(routes);
  }

  /** Returns the model for a request, which opens it; null until it is open. */
  @Nullable EntityModel requested() {
    if (!isAsked) {
      isAsked = true;
      thread.wake();
    }
    return model;
  }

  /** Returns the model; null until it is open. */
  @Nullable EntityModel model() {
    return model;
  }

  /** Starts to read the indexes. */
  void start() {
    thread.start(this::readOften);
  }

  private void readOften() {
    EntityModel m = model;
    if (m == null) {
      if (thread.isStopped(FIRST_SECONDS) || isStoppedBeforeUse()) {
        return;
      }
      RuleSet first = ruleSet();
      try {
        m = new EntityModel(first, indexes, limits, file, separating);
      } catch (IOException e) {
        LOG.log(
            Level.ERROR,
            "Entities not available, history cannot be read file={0} error=\"{1}\"; move the file"
                + " away and restart",
            file,
            IoFailures.describe(e));
        return;
      }
      applied = first;
      model = m;
    }
    do {
      RuleSet now = ruleSet();
      if (now != applied) {
        m.replace(now);
        applied = now;
      }
      m.update(millis.getAsLong());
    } while (!thread.isStopped(INTERVAL_SECONDS));
  }

  /** Waits for a series, a history or a request: without them the rules need not be compiled. */
  private boolean isStoppedBeforeUse() {
    while (!isAsked && !Files.exists(file) && !hasSeries()) {
      isIdle = true;
      if (thread.isStopped(FIRST_SECONDS)) {
        return true;
      }
    }
    return false;
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

  @Override
  public void close() {
    if (!thread.end()) {
      return; // it may still write
    }
    try {
      EntityModel m = model;
      if (m != null) {
        m.close();
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "History of entities not closed error=\"{0}\"", e.getMessage());
    }
  }
}
