package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.alert.rule.RuleSource;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.events.EventDatabase;
import dev.tethys.store.events.RetentionLimits;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Signal stored by the event engine: logs, traces or profiles. Holds their common flags, gauges,
 * log lines, memory and maintenance.
 *
 * @param <D> store
 */
abstract class StoredEvents<D extends EventDatabase<?>> implements StoredSignal {
  /** Three stores have two heads each while one of them is written to disk. */
  private static final int HEADS = 6;

  private static final long MAX_HEAD_BYTES =
      Math.max(4L << 20, MemoryBudget.ofProcess().share(MemoryUse.EVENT_HEADS).max() / HEADS);

  private static final System.Logger LOG = JulLogger.of(StoredEvents.class.getName());

  final FlagSet flags;
  final Path folder;
  final Registry registry;
  final QueryResources queries;
  private final Signal signal;
  private final String storeName;
  private volatile @Nullable D opened;

  /**
   * @param storeName name of the store in texts, such as {@code trace store}
   * @param use memory budget for the store's queries
   */
  StoredEvents(Signal signal, String storeName, MemoryUse use, SignalServices services) {
    this.signal = signal;
    this.storeName = storeName;
    this.flags = services.flags();
    this.registry = services.registry();
    this.queries = services.queries(use, plural());
    String path = flags.get(flag("path"));
    this.folder = path.isEmpty() ? services.folder().resolve(plural()) : Path.of(path);
    services
        .memory()
        .share(MemoryUse.EVENT_HEADS)
        .addMeasured(() -> (long) value(EventDatabase::headBytes));
    addGauges();
  }

  /** Returns the name of the flag that enables a signal. */
  static String enabled(Signal signal) {
    return signal.name().toLowerCase(Locale.ROOT) + ".enabled";
  }

  /**
   * Returns the flags common to all event signals.
   *
   * @param items name of the signal's items in help texts, such as spans
   * @param enable help of the flag that switches the signal on
   */
  static List<Flag> flags(Signal signal, String items, String enable) {
    String plural = signal.name().toLowerCase(Locale.ROOT);
    String storage = "storage." + plural + ".";
    String singular = plural.substring(0, plural.length() - 1);
    return List.of(
        of(enabled(signal), BOOLEAN, "true", enable),
        of(
            storage + "path",
            STRING,
            "",
            "Folder of the "
                + singular
                + " store; by default "
                + plural
                + " in the storage folder. (Tethys)"),
        of(
            storage + "retention.time",
            DURATION,
            "15d",
            "Retention time of " + plural + "; 0 for no limit. (Tethys)"),
        of(
            storage + "retention.size",
            SIZE,
            "0",
            "Maximum bytes of "
                + plural
                + " on disk; the oldest are removed first, 0 for no limit. (Tethys)"),
        of(
            storage + "head-size",
            SIZE,
            "32MB",
            "Memory for " + items + " that are not yet written to parts. (Tethys)"),
        of(
            plural + ".query-timeout",
            DURATION,
            "1m",
            "Maximum duration of a query of " + plural + ". (Tethys)"));
  }

  private String flag(String name) {
    return "storage." + plural() + "." + name;
  }

  /** Returns the maximum duration of a query. */
  final Duration queryTimeout() {
    return Duration.ofMillis(flags.millis(plural() + ".query-timeout"));
  }

  /** Returns the retention time by the flag; zero for no limit. */
  final Duration retentionTime() {
    return Duration.ofMillis(flags.millis(flag("retention.time")));
  }

  /** Returns the engine options set by the flags for retention and memory. */
  final EngineOptions engineOptions() {
    return EngineOptions.defaults()
        .withHeadBytes(Math.min(flags.bytes(flag("head-size")), MAX_HEAD_BYTES))
        .withRetention(
            new RetentionLimits(retentionTime().toNanos(), flags.bytes(flag("retention.size")), 0));
  }

  private void addGauges() {
    String prefix = "tethys_" + plural() + "_";
    registry.gauge(
        prefix + "parts",
        "Number of parts of the " + storeName + ".",
        () -> value(EventDatabase::parts));
    registry.gauge(
        prefix + "part_bytes",
        "Bytes of the parts of the " + storeName + " on the disk.",
        () -> value(EventDatabase::partBytes));
    registry.gauge(
        prefix + "unreadable_parts",
        "Parts of the " + storeName + " that were found damaged and are left out of queries.",
        () -> value(EventDatabase::unreadableParts));
  }

  private double value(ToDoubleFunction<EventDatabase<?>> value) {
    EventDatabase<?> o = opened;
    return o == null ? 0 : value.applyAsDouble(o);
  }

  @Override
  public final Signal signal() {
    return signal;
  }

  @Override
  public final String storeName() {
    return storeName;
  }

  /** Returns the store; null until it is open. */
  final @Nullable D database() {
    return opened;
  }

  /** Returns the store as seen by receivers and pipelines, which write batches. */
  abstract EmbeddedStore batches();

  /** Returns the rule queries over the stored data. */
  abstract RuleSource rules();

  /** Returns the rule type for this signal. */
  final RuleType ruleType() {
    return RuleType.valueOf(signal.name());
  }

  /** Returns the threads that run client queries. */
  final QueryThreads queryThreads() {
    return queries.threads();
  }

  @Override
  public final void addTo(Routes routes, PointTally refused) {
    addApi(routes);
    addProtocols(StoreReceivers.of(signal, routes, batches(), refused.named(plural())), routes);
  }

  /** Adds the query API. */
  abstract void addApi(Routes routes);

  /** Adds the protocols of the signal to its endpoints, which have OTLP. */
  abstract void addProtocols(StoreReceivers receivers, Routes routes);

  @Override
  public final void open(PrometheusConfig initial) throws IOException {
    long begin = System.nanoTime();
    D database = openStore(initial);
    opened = database;
    startSources();
    LOG.log(
        Level.INFO,
        "{0} opened folder={1} tenants={2} part_bytes={3} duration_ms={4}",
        Character.toUpperCase(storeName.charAt(0)) + storeName.substring(1),
        folder,
        database.tenants().size(),
        database.partBytes(),
        (System.nanoTime() - begin) / 1_000_000);
  }

  /** Opens the store with the limits of a configuration. */
  abstract D openStore(PrometheusConfig initial) throws IOException;

  /** Starts sources in the process, which write into the open store. */
  void startSources() throws IOException {}

  /**
   * Sets the jobs of the process itself, which are not in the configuration, for the next {@link
   * #apply}.
   */
  void ownJobs(List<ScrapeConfig> jobs) {}

  /** Writes the data in memory to parts; returns false if the store is not open. */
  final boolean flush() throws IOException {
    EventDatabase<?> o = opened;
    if (o != null) {
      o.flush();
    }
    return o != null;
  }

  @Override
  public final @Nullable StoreHealth health() {
    EventDatabase<?> o = opened;
    return o == null ? null : o.health();
  }

  @Override
  public void close() {
    EventDatabase<?> o = opened;
    opened = null;
    if (o != null) {
      o.close();
    }
  }
}
