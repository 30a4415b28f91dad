package dev.tethys.insight.source;

import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Stores the samples of all sources in a database with the server's own format and a separate
 * retention. Until it is open, readers see an empty cache.
 */
public final class MetricCache implements AutoCloseable {
  /** Exemplars are not part of query results. */
  private static final int EXEMPLARS = 0;

  private static final Duration MAX_FUTURE = Duration.ofMinutes(10);
  private static final System.Logger LOG = JulLogger.of(MetricCache.class.getName());

  /**
   * Bounds.
   *
   * @param age time for which samples are kept
   * @param bytes maximum size of blocks and log on disk
   * @param series maximum number of series in memory
   * @param memory bytes of samples and series in memory
   */
  public record Limits(Duration age, long bytes, int series, long memory) {}

  private final Path folder;
  private final Limits limits;
  private final InstantSource clock;
  private final boolean background;
  private volatile @Nullable MetricsDatabase database;
  private volatile @Nullable String problem = "the cache is not open yet";

  /**
   * @param folder cache folder, which contains {@code samples} and {@code marks}
   */
  public MetricCache(Path folder, Limits limits, InstantSource clock) {
    this(folder, limits, clock, true);
  }

  MetricCache(Path folder, Limits limits, InstantSource clock, boolean background) {
    this.folder = folder;
    this.limits = limits;
    this.clock = clock;
    this.background = background;
  }

  /** Opens the store. A failure is logged and shown as the error of each source. */
  void open() {
    try {
      MetricsDatabase d =
          MetricsDatabase.open(
              folder.resolve("samples"),
              DatabaseOptions.DEFAULTS
                  .withRetention(limits.age, limits.bytes)
                  .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
                  .withLimits(limits.series, EXEMPLARS, MAX_FUTURE)
                  .withMemoryLimit(limits.memory)
                  .withClock(clock)
                  .withBackground(background));
      d.recovery().problems().forEach(p -> LOG.log(Level.WARNING, "Metric cache: {0}", p));
      database = d;
      problem = null;
    } catch (StorageException e) {
      problem =
          e.getMessage() + "; move the folder " + folder + " away to begin with an empty cache";
      LOG.log(Level.ERROR, "Metric cache not opened error=\"{0}\"", problem);
    }
  }

  /** Returns the reason why the store is not open; null if it is open. */
  @Nullable String problem() {
    return problem;
  }

  /** The store; null until it is open. */
  @Nullable MetricsDatabase database() {
    return database;
  }

  Limits limits() {
    return limits;
  }

  Path folder() {
    return folder;
  }

  /** Memory of series and samples, in bytes. */
  public long memory() {
    MetricsDatabase d = database;
    return d == null ? 0 : d.headBytes();
  }

  /** State of the store; null until it is open. */
  public @Nullable StoreHealth health() {
    MetricsDatabase d = database;
    return d == null ? null : d.health();
  }

  @Override
  public void close() {
    MetricsDatabase d = database;
    if (d != null) {
      d.close();
    }
  }
}
