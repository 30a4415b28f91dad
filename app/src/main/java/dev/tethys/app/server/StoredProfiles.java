package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.alert.rule.ProfileRuleQueries;
import dev.tethys.alert.rule.RuleSource;
import dev.tethys.api.pyroscope.PyroscopeApi;
import dev.tethys.api.pyroscope.PyroscopeSettings;
import dev.tethys.api.pyroscope.SettingsEndpoints;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.scrape.HttpTransports;
import dev.tethys.collect.scrape.ProfileScrapes;
import dev.tethys.collect.scrape.ScrapeClock;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeManager;
import dev.tethys.insight.deployments.DeploymentSignals.NamedAmount;
import dev.tethys.model.Matcher;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.profiles.FunctionTotals;
import dev.tethys.model.profiles.ProfileIngester;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedProfileStore;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.coroot.CorootProfiles;
import dev.tethys.pipeline.receiver.pprof.SelfProfiler;
import dev.tethys.pipeline.receiver.pyroscope.PyroscopeProtocol;
import dev.tethys.prometheus.ProfilesConfig;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.store.profiles.ProfileDatabase;
import dev.tethys.store.profiles.ProfileOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Profiles of the server: profile store with Pyroscope's API, receivers and scrapes. */
final class StoredProfiles extends StoredEvents<ProfileDatabase> {
  private static final String SELF = "profiles.self";

  /** Profile storage flags. */
  static final List<Flag> FLAGS =
      Stream.of(
              flags(
                  Signal.PROFILES,
                  "profiles",
                  "Store profiles and serve Pyroscope's API below /pyroscope. (Tethys)"),
              List.of(
                  of(
                      SELF,
                      BOOLEAN,
                      "true",
                      "Profile this process and store the profiles as service tethys. (Tethys)")),
              DebugInfo.FLAGS)
          .flatMap(List::stream)
          .toList();

  /** Profile types of processor time. */
  private static final String CPU_TYPES = "process_cpu:.*";

  private static final long FUNCTIONS_NANOS = 5_000_000_000L;

  private final PromqlEngine engine;
  private final ProfileIngester ingester;
  private final ProfileScrapes scrapes;
  private final DebugInfo symbols;
  private volatile @Nullable SelfProfiler self;
  private volatile List<ScrapeConfig> own = List.of();

  /**
   * @param engine evaluates rules
   */
  StoredProfiles(SignalServices services, PromqlEngine engine) {
    super(Signal.PROFILES, "profile store", MemoryUse.PROFILE_QUERIES, services);
    this.engine = engine;
    this.ingester = new ProfileIngester(this::database, registry);
    this.symbols = new DebugInfo(flags, services.folder(), services.clients(), registry);
    this.scrapes =
        new ProfileScrapes(
            this::storeScraped,
            new HttpTransports(services.clients()),
            registry,
            ScrapeClock.SYSTEM);
  }

  @Override
  EmbeddedStore batches() {
    return new EmbeddedProfileStore(ingester);
  }

  @Override
  public void apply(PrometheusConfig next) {
    ProfileDatabase d = database();
    if (d != null) {
      d.setLimits(next.profiles()::limits);
    }
    List<ScrapeConfig> jobs = new ArrayList<>(next.profileJobs());
    jobs.addAll(own);
    scrapes.apply(jobs);
  }

  @Override
  void ownJobs(List<ScrapeConfig> jobs) {
    own = jobs.stream().filter(j -> j.profiling() != null).toList();
  }

  @Override
  RuleSource rules() {
    return ProfileRuleQueries.of(engine, this::store);
  }

  @Override
  public void addTo(SignalQueries to) {
    to.functions(this::functions);
  }

  /** Processor time by function in a range of Unix milliseconds. */
  private List<NamedAmount> functions(String selector, long from, long to) {
    ProfileStore s = store();
    if (s == null) {
      return List.of();
    }
    List<Matcher> matchers = new ArrayList<>(PromqlParser.parseMetricSelector(selector));
    matchers.add(Matcher.of(Matcher.Type.REGEX, ProfileLabels.PROFILE_TYPE, CPU_TYPES));
    FunctionTotals totals = new FunctionTotals();
    long deadline = System.nanoTime() + FUNCTIONS_NANOS;
    try (ProfileSelection selection =
        s.select(
            Scope.DEFAULT,
            matchers,
            TimeUnit.MILLISECONDS.toNanos(from),
            TimeUnit.MILLISECONDS.toNanos(to))) {
      selection.read(totals, () -> System.nanoTime() - deadline > 0);
    }
    if (System.nanoTime() - deadline > 0) {
      throw QueryException.execution("profiles of the window were not read in 5 s");
    }
    return totals.totals().entrySet().stream()
        .filter(e -> !e.getKey().isEmpty())
        .map(e -> new NamedAmount(e.getKey(), e.getValue()))
        .toList();
  }

  @Override
  public List<ScrapeManager.Pool> pools() {
    return scrapes.pools();
  }

  @Override
  public void targets(Map<String, List<TargetGroup>> byPool) {
    scrapes.targets(byPool);
  }

  private void storeScraped(ProfilesWriter profiles) throws IOException {
    Batch batch =
        new Batch(Signal.PROFILES, Encoding.OTLP, profiles.toByteArray(), profiles.samples(), 0);
    String problem = StoringConsumer.problem(batches(), batch);
    if (!problem.isEmpty()) {
      throw new IOException("profiles were not stored: " + problem);
    }
  }

  @Override
  void addApi(Routes routes) {
    PyroscopeSettings settings = new PyroscopeSettings(queryTimeout());
    new PyroscopeApi(this::store, settings, queries.threads(), queries.memory(), UnixNanos::now)
        .addTo(routes);
    new SettingsEndpoints(
            new RealFiles(),
            folder.resolveSibling(folder.getFileName() + "-settings.json"),
            UnixNanos::now)
        .addTo(routes);
    symbols.addTo(routes);
  }

  @Override
  void addProtocols(StoreReceivers receivers, Routes routes) {
    PyroscopeProtocol.addTo(receivers.http(), "", receivers.storing(), receivers.clock());
    PyroscopeProtocol.addTo(receivers.http(), "/pyroscope", receivers.storing(), receivers.clock());
    CorootProfiles.addTo(receivers.http(), receivers.storing());
  }

  /** Returns the store with function names from debug information. */
  private @Nullable ProfileStore store() {
    ProfileDatabase d = database();
    return d == null ? null : symbols.symbolized(d);
  }

  @Override
  ProfileDatabase openStore(PrometheusConfig initial) throws IOException {
    ProfilesConfig config = initial.profiles();
    ProfileDatabase database =
        ProfileDatabase.open(
            new RealFiles(), folder, new ProfileOptions(engineOptions(), config.limits("")));
    database.setLimits(config::limits);
    symbols.open();
    return database;
  }

  @Override
  void startSources() {
    if (flags.bool(SELF)) {
      self = SelfProfiler.start(new StoringConsumer(batches()));
    }
  }

  /**
   * Ends profiling of this process early during shutdown, because the flight recorder then stops
   * automatically.
   */
  @Override
  public void stopEarly() {
    SelfProfiler profiler = self;
    self = null;
    if (profiler != null) {
      profiler.close();
    }
  }

  @Override
  public void close() {
    scrapes.close();
    stopEarly();
    super.close();
  }
}
