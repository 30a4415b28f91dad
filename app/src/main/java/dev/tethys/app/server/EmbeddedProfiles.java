package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.api.pyroscope.PyroscopeApi;
import dev.tethys.api.pyroscope.PyroscopeSettings;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.profiles.ProfileIngester;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.pipeline.exporter.tethys.EmbeddedProfileStore;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.receiver.pprof.SelfProfiler;
import dev.tethys.prometheus.ProfilesConfig;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.store.profiles.ProfileDatabase;
import dev.tethys.store.profiles.ProfileOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
              "Folder of the profile store; else profiles in the folder of the storage. (Tethys)"),
          of(
              RETENTION_TIME,
              DURATION,
              "15d",
              "How long profiles are kept; 0 for no limit. (Tethys)"),
          of(
              RETENTION_SIZE,
              SIZE,
              "0",
              "The most bytes of profiles on the disk, the oldest are removed first; 0 for no"
                  + " limit. (Tethys)"),
          of(
              HEAD_SIZE,
              SIZE,
              "32MB",
              "Memory for profiles that are not yet written to parts. (Tethys)"),
          of(QUERY_TIMEOUT, DURATION, "1m", "The longest time of a query of profiles. (Tethys)"),
          of(
              SELF,
              BOOLEAN,
              "true",
              "Profile this process and store the profiles as service tethys. (Tethys)"));

  private final FlagSet flags;
  private final EventStoreShell shell;
  private final Path folder;
  private final Registry registry;
  private final ProfileIngester ingester;
  private volatile ProfilesConfig config = ProfilesConfig.DEFAULT;
  private volatile @Nullable ProfileDatabase opened;
  private @Nullable SelfProfiler self;

  EmbeddedProfiles(FlagSet flags, Path storage, Registry registry) {
    this.flags = flags;
    this.shell = new EventStoreShell(flags, "profiles", "profile store", () -> opened);
    this.folder = shell.folder(storage);
    this.registry = registry;
    this.ingester = new ProfileIngester(this::store, registry);
  }

  /** True unless a flag switches the profile store off. */
  static boolean isEnabled(FlagSet flags) {
    return flags.bool(ENABLE);
  }

  /** The store as pipelines reach it. */
  EmbeddedStore pipelineStore() {
    return new EmbeddedProfileStore(ingester);
  }

  /** Sets the limits of a configuration, from now on. */
  void apply(ProfilesConfig next) {
    config = next;
    ProfileDatabase o = opened;
    if (o != null) {
      o.setLimits(next::limits);
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
    new PyroscopeApi(this::store, settings, UnixNanos::now).addTo(routes);
    ProfileReceivers.addTo(routes, pipelineStore(), receivers);
    shell.addGauges(registry);
  }

  /** Writes the profiles in memory into parts; false if the store is not open. */
  boolean flush() throws IOException {
    return shell.flush();
  }

  private @Nullable ProfileStore store() {
    return opened;
  }

  /** Opens the store. */
  void open() throws IOException {
    long begin = System.nanoTime();
    ProfileDatabase database =
        ProfileDatabase.open(
            new RealFiles(), folder, new ProfileOptions(shell.engine(), config.limits("")));
    database.setLimits(config::limits);
    opened = database;
    shell.logOpened(folder, begin);
    if (flags.bool(SELF)) {
      self = SelfProfiler.start(new StoringConsumer(pipelineStore()));
    }
  }

  @Override
  public void close() {
    SelfProfiler profiler = self;
    if (profiler != null) {
      profiler.close();
    }
    ProfileDatabase o = opened;
    opened = null;
    if (o != null) {
      o.close();
    }
  }
}
