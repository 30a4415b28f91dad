package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.alert.rule.ProfileRuleQueries;
import dev.tethys.api.pyroscope.PyroscopeApi;
import dev.tethys.api.pyroscope.PyroscopeSettings;
import dev.tethys.api.pyroscope.SettingsEndpoints;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.scrape.HttpTransports;
import dev.tethys.collect.scrape.ProfileScrapes;
import dev.tethys.collect.scrape.ScrapeClock;
import dev.tethys.collect.scrape.ScrapeManager;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.profiles.ProfileIngester;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedProfileStore;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.exporter.tethys.TethysSettings;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.receiver.pprof.SelfProfiler;
import dev.tethys.prometheus.ProfilesConfig;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.store.profiles.ProfileDatabase;
import dev.tethys.store.profiles.ProfileOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Profile store of the server with Pyroscope's API. Answers 503 until it is open. */
final class EmbeddedProfiles implements AutoCloseable {
  /** Flag that switches the store off. */
  static final String ENABLE = "profiles.enabled";

  static final String PATH = "storage.profiles.path";
  static final String RETENTION_TIME = "storage.profiles.retention.time";
  static final String RETENTION_SIZE = "storage.profiles.retention.size";
  static final String HEAD_SIZE = "storage.profiles.head-size";
  static final String QUERY_TIMEOUT = "profiles.query-timeout";
  static final String SELF = "profiles.self";

  /** Flags of the profile store. */
  static final List<Flag> FLAGS =
      List.of(
          of(
              ENABLE,
              BOOLEAN,
              "true",
              "Store profiles and serve Pyroscope's API below /pyroscope. (Tethys)"),
          of(
              PATH,
              STRING,
              "",
              "Folder of the profile store; by default profiles in the storage folder. (Tethys)"),
          of(
              RETENTION_TIME,
              DURATION,
              "15d",
              "Retention time of profiles; 0 for no limit. (Tethys)"),
          of(
              RETENTION_SIZE,
              SIZE,
              "0",
              "Maximum bytes of profiles on disk; the oldest are removed first, 0 for no limit."
                  + " (Tethys)"),
          of(
              HEAD_SIZE,
              SIZE,
              "32MB",
              "Memory for profiles that are not yet written to parts. (Tethys)"),
          of(QUERY_TIMEOUT, DURATION, "1m", "Maximum duration of a query of profiles. (Tethys)"),
          of(
              SELF,
              BOOLEAN,
              "true",
              "Profile this process and store the profiles as service tethys. (Tethys)"));

  private final FlagSet flags;
  private final EventStoreSetup shell;
  private final Path folder;
  private final Registry registry;
  private final QueryResources queries;
  private final ProfileIngester ingester;
  private final ProfileScrapes scrapes;
  private final DebugInfo symbols;
  private volatile ProfilesConfig config = ProfilesConfig.DEFAULT;
  private volatile @Nullable ProfileDatabase opened;
  private volatile @Nullable SelfProfiler self;

  EmbeddedProfiles(
      FlagSet flags,
      Path storage,
      HttpClientFactory clients,
      QueryResources queries,
      Registry registry) {
    this.queries = queries;
    this.flags = flags;
    this.shell = new EventStoreSetup(flags, "profiles", "profile store", () -> opened);
    this.folder = shell.folder(storage);
    this.registry = registry;
    this.ingester = new ProfileIngester(() -> opened, registry);
    this.symbols = new DebugInfo(flags, storage, clients, registry);
    this.scrapes =
        new ProfileScrapes(
            this::storeScraped, new HttpTransports(clients), registry, ScrapeClock.SYSTEM);
  }

  /** True unless a flag switches the profile store off. */
  static boolean isEnabled(FlagSet flags) {
    return flags.bool(ENABLE);
  }

  /** The store as pipelines reach it. */
  EmbeddedStore pipelineStore() {
    return new EmbeddedProfileStore(ingester);
  }

  /**
   * Refuses jobs of profiles where a flag switches the store off.
   *
   * @throws IOException if there is such a job
   */
  static void checkNoJobs(PrometheusConfig next) throws IOException {
    if (!next.profileJobs().isEmpty()) {
      throw new IOException(
          "job "
              + next.profileJobs().getFirst().jobName()
              + " has profiling_config, but there is no profile store; remove the job or --"
              + ENABLE
              + "=false");
    }
  }

  /** Sets the limits and the jobs of a configuration, from now on. */
  void apply(PrometheusConfig next) {
    config = next.profiles();
    ProfileDatabase o = opened;
    if (o != null) {
      o.setLimits(config::limits);
    }
    scrapes.apply(next.profileJobs());
  }

  /** Queries of rules over profiles. */
  static ProfileRuleQueries ruleQueries(@Nullable EmbeddedProfiles store, PromqlEngine engine) {
    return store == null ? ProfileRuleQueries.NONE : ProfileRuleQueries.of(engine, store::store);
  }

  /** Jobs of profiles with their targets. */
  static Supplier<List<ScrapeManager.Pool>> jobs(@Nullable EmbeddedProfiles store) {
    return store == null ? List::of : store.scrapes::pools;
  }

  /** Listener that gives targets to jobs of metrics and of profiles. */
  DiscoveryManager.Listener with(DiscoveryManager.Listener metrics) {
    return byPool -> {
      metrics.targets(byPool);
      scrapes.targets(byPool);
    };
  }

  /** Stores scraped profiles. */
  private void storeScraped(ProfilesWriter profiles) throws IOException {
    Batch batch =
        new Batch(
            Signal.PROFILES,
            Encoding.OTLP,
            profiles.toByteArray(),
            profiles.samples(),
            0,
            Metadata.NONE);
    switch (pipelineStore().store(batch, TethysSettings.DEFAULT)) {
      case Outcome.Accepted _ -> {}
      case Outcome.Rejected r -> throw new IOException("profiles were refused: " + r.reason());
      case Outcome.Unavailable u ->
          throw new IOException("profiles were not stored: " + u.reason());
    }
  }

  /**
   * Adds Pyroscope's API and the endpoints that take profiles.
   *
   * @param receivers counts refused items
   */
  void addTo(Routes routes, PointTally receivers) {
    PyroscopeSettings settings =
        new PyroscopeSettings(Duration.ofMillis(flags.millis(QUERY_TIMEOUT)));
    new PyroscopeApi(this::store, settings, queries.threads(), queries.memory(), UnixNanos::now)
        .addTo(routes);
    new SettingsEndpoints(
            new RealFiles(),
            folder.resolveSibling(folder.getFileName() + "-settings.json"),
            UnixNanos::now)
        .addTo(routes);
    ProfileReceivers.addTo(routes, pipelineStore(), receivers);
    symbols.addTo(routes);
    shell.addGauges(registry);
  }

  /** Adds the health of the store. */
  void addTo(MemoryBudget budget) {
    shell.addTo(budget);
  }

  void addTo(StoreWatch watch) {
    shell.addTo(watch);
  }

  /** Writes the profiles in memory into parts; false if the store is not open. */
  boolean flush() throws IOException {
    return shell.flush();
  }

  /** The store with names of functions from debug information. */
  private @Nullable ProfileStore store() {
    ProfileDatabase o = opened;
    return o == null ? null : symbols.symbolized(o);
  }

  /** Opens the store. */
  void open() throws IOException {
    long begin = System.nanoTime();
    ProfileDatabase database =
        ProfileDatabase.open(
            new RealFiles(), folder, new ProfileOptions(shell.engine(), config.limits("")));
    database.setLimits(config::limits);
    symbols.open();
    opened = database;
    shell.logOpened(folder, begin);
    if (flags.bool(SELF)) {
      self = SelfProfiler.start(new StoringConsumer(pipelineStore()));
    }
  }

  /**
   * Ends the profiles of this process, early in a stop: the flight recorder stops by itself then.
   */
  void stopSelf() {
    SelfProfiler profiler = self;
    self = null;
    if (profiler != null) {
      profiler.close();
    }
  }

  @Override
  public void close() {
    scrapes.close();
    stopSelf();
    ProfileDatabase o = opened;
    opened = null;
    if (o != null) {
      o.close();
    }
  }
}
