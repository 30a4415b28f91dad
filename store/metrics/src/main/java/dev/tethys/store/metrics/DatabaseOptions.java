package dev.tethys.store.metrics;

import dev.tethys.model.exposition.Registry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Options of a database; {@link #DEFAULTS} are Prometheus's. Change single values by the {@code
 * with} methods.
 *
 * @param retention time and size limits
 * @param downsampling levels in addition to samples, ascending by resolution
 * @param compactionRate bytes a second that merging blocks may write; 0 for no limit. Not applied
 *     while memory waits to become a block
 * @param outOfOrderWindow maximum age of an out-of-order sample relative to the newest sample of
 *     the database; zero if none, {@link #ANY_AGE} for all
 * @param blockDuration the time range of a block written from memory
 * @param fsync policy for forcing commits to disk
 * @param segmentBytes write-ahead log segment size
 * @param checkpointBytes bytes of log after which a snapshot of memory is written
 * @param exemplars maximum number of exemplars in memory
 * @param maxSeries maximum number of series in memory; further ones are rejected
 * @param maxFuture maximum time by which a sample may be ahead of the clock
 * @param memoryLimit bytes that series and samples in memory may take: near it memory is cut into
 *     blocks early, then writers are slowed, then new series are rejected; 0 for no limit
 * @param quietShare the share of series without new samples at which memory is cut into a block for
 *     them, above 0 and at most 1
 * @param background whether threads of the database flush, compact and sync; otherwise {@link
 *     MetricsDatabase#maintain} does when it is called
 * @param clock the time
 * @param registry registry for self-metrics, or null for none
 */
public record DatabaseOptions(
    RetentionPolicy retention,
    List<Downsampling> downsampling,
    long compactionRate,
    Duration outOfOrderWindow,
    Duration blockDuration,
    Fsync fsync,
    long segmentBytes,
    long checkpointBytes,
    int exemplars,
    int maxSeries,
    Duration maxFuture,
    long memoryLimit,
    double quietShare,
    boolean background,
    InstantSource clock,
    @Nullable Registry registry) {

  /** An out-of-order window without end. */
  public static final Duration ANY_AGE = Duration.ofMillis(Long.MAX_VALUE);

  /** The default memory limit. */
  public static final long HALF_OF_HEAP = Runtime.getRuntime().maxMemory() / 2;

  /** When committed samples reach the disk; the operating system has them immediately. */
  public enum Fsync {
    /** Once a second: a power cut costs the last second, a crash of the process nothing. */
    EACH_SECOND,
    /** Syncs before a commit returns. */
    ALWAYS
  }

  /** Prometheus's defaults: 15 days, blocks of two hours, no late samples. */
  public static final DatabaseOptions DEFAULTS =
      new DatabaseOptions(
          RetentionPolicy.DEFAULT,
          List.of(),
          0,
          Duration.ZERO,
          Duration.ofHours(2),
          Fsync.EACH_SECOND,
          16L << 20,
          64L << 20,
          100_000,
          Integer.MAX_VALUE,
          Duration.ofMinutes(10),
          HALF_OF_HEAP,
          0.2,
          true,
          InstantSource.system(),
          null);

  public DatabaseOptions {
    downsampling = List.copyOf(downsampling);
    Downsampling.check(downsampling, retention.time());
    if (blockDuration.toMillis() < 1000) {
      throw new IllegalArgumentException("blockDuration must be at least one second");
    }
    if (outOfOrderWindow.isNegative() || maxFuture.isNegative()) {
      throw new IllegalArgumentException("durations must not be negative");
    }
    if (segmentBytes < 1024 || checkpointBytes < 1024 || memoryLimit < 0) {
      throw new IllegalArgumentException(
          "segmentBytes and checkpointBytes must be at least 1024, memoryLimit 0 or more");
    }
    if (compactionRate < 0) {
      throw new IllegalArgumentException("compactionRate must be 0 or more");
    }
    if (!(quietShare > 0 && quietShare <= 1)) {
      throw new IllegalArgumentException("quietShare must be above 0 and at most 1");
    }
    if (exemplars < 0 || maxSeries < 1) {
      throw new IllegalArgumentException("exemplars must be 0 or more, maxSeries 1 or more");
    }
  }

  /** Returns options that keep samples for some time, and at most a number of bytes. */
  public DatabaseOptions withRetention(Duration time, long bytes) {
    return withRetention(new RetentionPolicy(time, bytes, 0, List.of()));
  }

  public DatabaseOptions withRetention(RetentionPolicy policy) {
    return with(v -> v.retention = policy);
  }

  public DatabaseOptions withDownsampling(List<Downsampling> levels) {
    return with(v -> v.downsampling = levels);
  }

  public DatabaseOptions withCompactionRate(long bytesPerSecond) {
    return with(v -> v.compactionRate = bytesPerSecond);
  }

  public DatabaseOptions withOutOfOrderWindow(Duration window) {
    return with(v -> v.outOfOrderWindow = window);
  }

  public DatabaseOptions withBlockDuration(Duration duration) {
    return with(v -> v.blockDuration = duration);
  }

  public DatabaseOptions withLog(Fsync policy, long segment, long checkpoint) {
    return with(
        v -> {
          v.fsync = policy;
          v.segmentBytes = segment;
          v.checkpointBytes = checkpoint;
        });
  }

  public DatabaseOptions withLimits(int series, int exemplarCapacity, Duration future) {
    return with(
        v -> {
          v.maxSeries = series;
          v.exemplars = exemplarCapacity;
          v.maxFuture = future;
        });
  }

  public DatabaseOptions withBackground(boolean on) {
    return with(v -> v.background = on);
  }

  public DatabaseOptions withClock(InstantSource source) {
    return with(v -> v.clock = source);
  }

  public DatabaseOptions withRegistry(Registry r) {
    return with(v -> v.registry = r);
  }

  public DatabaseOptions withMemoryLimit(long bytes) {
    return with(v -> v.memoryLimit = bytes);
  }

  public DatabaseOptions withQuietShare(double share) {
    return with(v -> v.quietShare = share);
  }

  private DatabaseOptions with(Consumer<Values> change) {
    Values v = new Values(this);
    change.accept(v);
    return v.options();
  }

  /** Mutable copy of the values. */
  private static final class Values {
    RetentionPolicy retention;
    List<Downsampling> downsampling;
    long compactionRate;
    Duration outOfOrderWindow;
    Duration blockDuration;
    Fsync fsync;
    long segmentBytes;
    long checkpointBytes;
    int exemplars;
    int maxSeries;
    Duration maxFuture;
    long memoryLimit;
    double quietShare;
    boolean background;
    InstantSource clock;
    @Nullable Registry registry;

    Values(DatabaseOptions o) {
      retention = o.retention;
      downsampling = o.downsampling;
      compactionRate = o.compactionRate;
      outOfOrderWindow = o.outOfOrderWindow;
      blockDuration = o.blockDuration;
      fsync = o.fsync;
      segmentBytes = o.segmentBytes;
      checkpointBytes = o.checkpointBytes;
      exemplars = o.exemplars;
      maxSeries = o.maxSeries;
      maxFuture = o.maxFuture;
      memoryLimit = o.memoryLimit;
      quietShare = o.quietShare;
      background = o.background;
      clock = o.clock;
      registry = o.registry;
    }

    DatabaseOptions options() {
      return new DatabaseOptions(
          retention,
          downsampling,
          compactionRate,
          outOfOrderWindow,
          blockDuration,
          fsync,
          segmentBytes,
          checkpointBytes,
          exemplars,
          maxSeries,
          maxFuture,
          memoryLimit,
          quietShare,
          background,
          clock,
          registry);
    }
  }
}
