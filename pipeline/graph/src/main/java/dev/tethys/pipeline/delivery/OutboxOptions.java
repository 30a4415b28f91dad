package dev.tethys.pipeline.delivery;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Queue and retry options of one exporter.
 *
 * @param capacity capacity of the queue
 * @param whenFull behaviour when the queue is full
 * @param disk queue folder; null for memory
 * @param retry retry policy
 * @param concurrency maximum concurrent requests
 * @param adaptive whether concurrency is reduced while the remote system is slow or overloaded
 * @param acknowledgeQueued whether callbacks complete as soon as a request is in memory, as in the
 *     Collector: queued requests are then lost with the process
 * @param overflow disk on which a queue in memory continues while its destination fails; null if
 *     none
 * @param maxBehind maximum items of sources that can wait, which are queued here while other
 *     destinations have them; 0 for no limit
 */
public record OutboxOptions(
    Capacity capacity,
    WhenFull whenFull,
    @Nullable Disk disk,
    Retry retry,
    int concurrency,
    boolean adaptive,
    boolean acknowledgeQueued,
    @Nullable Overflow overflow,
    long maxBehind) {
  /** In memory, 64 MiB, blocking, all defaults. */
  public static final OutboxOptions DEFAULT =
      new OutboxOptions(
          Capacity.ofBytes(64 << 20),
          WhenFull.BLOCK,
          null,
          Retry.DEFAULT,
          10,
          true,
          false,
          null,
          0);

  /** Behaviour when a request does not fit into the queue. */
  public enum WhenFull {
    /** Waits for space if the source can wait; asks other sources to retry. */
    AUTO,
    /** Waits for space and blocks its source. */
    BLOCK,
    /** Requests a retry from its source. */
    REFUSE,
    /** Drops and counts the oldest request. */
    DROP_OLDEST,
    /** Drops and counts the new request. */
    DROP_NEWEST
  }

  /**
   * Capacity of a queue, including requests being sent.
   *
   * @param bytes maximum size of bodies in memory or of files on disk; must be positive
   * @param items 0 for no limit
   * @param requests maximum number of requests; 0 for no limit
   */
  public record Capacity(long bytes, long items, long requests) {
    public Capacity {
      if (bytes <= 0 || items < 0 || requests < 0) {
        throw new IllegalArgumentException(
            "queue capacity must be positive: "
                + bytes
                + " bytes, "
                + items
                + " items, "
                + requests);
      }
    }

    public static Capacity ofBytes(long bytes) {
      return new Capacity(bytes, 0, 0);
    }
  }

  /**
   * A queue on disk.
   *
   * @param folder folder used by this outbox only; created if missing
   * @param sync condition under which a request counts as being on disk
   * @param deadLetterBytes most that dead letters take; the oldest free space for new ones
   */
  public record Disk(Path folder, Sync sync, long deadLetterBytes) {
    /** Creates durable disk options with 256 MiB of dead letters. */
    public static Disk in(Path folder) {
      return new Disk(folder, Sync.ALWAYS, 256L << 20);
    }
  }

  /**
   * Disk space of a queue in memory, used only while its destination fails.
   *
   * @param disk folder, used like that of a queue on disk; null while it is unknown
   * @param bytes maximum size; 0 for a queue that empties the folder and puts nothing into it
   * @param slowAllowed whether requests can take a long time although nothing fails, as with
   *     exporters that batch many
   */
  public record Overflow(@Nullable Disk disk, long bytes, boolean slowAllowed) {
    /** Default of {@code sending_queue.overflow_bytes}. */
    public static final long DEFAULT_BYTES = 1L << 30;

    /** Default size, in a folder that is unknown yet. */
    public static final Overflow DEFAULT = new Overflow(null, DEFAULT_BYTES, false);
  }

  /** Default of {@code sending_queue.max_behind}. */
  public static final long DEFAULT_MAX_BEHIND = 100_000;

  /** When a request counts as being on disk. */
  public enum Sync {
    /** Acknowledges data that would survive a power cut: synced, together with others. */
    ALWAYS,
    /** When it would survive the process: written. Forced every second. */
    EVERY_SECOND,
    /** When it would survive the process. The system writes it to disk when it likes. */
    NEVER
  }

  /**
   * Retry policy.
   *
   * @param enabled whether requests are retried
   * @param first pause after the first failure
   * @param multiplier growth of the pauses
   * @param longest maximum pause
   * @param jitter random variation of a pause as a fraction, 0 to 1
   * @param maxElapsed maximum time; zero for no limit
   * @param maxAttempts maximum number of attempts; 0 for no limit
   * @param untilDelivered whether {@code maxElapsed} is ignored for sources that can wait: a
   *     returned request would be read again and written twice to other destinations
   */
  public record Retry(
      boolean enabled,
      Duration first,
      double multiplier,
      Duration longest,
      double jitter,
      Duration maxElapsed,
      int maxAttempts,
      boolean untilDelivered) {
    /** The Collector's. */
    public static final Retry DEFAULT =
        new Retry(
            true,
            Duration.ofSeconds(5),
            1.5,
            Duration.ofSeconds(30),
            0.5,
            Duration.ofSeconds(300),
            0);

    /** Creates a policy that is the same for all sources. */
    public Retry(
        boolean enabled,
        Duration first,
        double multiplier,
        Duration longest,
        double jitter,
        Duration maxElapsed,
        int maxAttempts) {
      this(enabled, first, multiplier, longest, jitter, maxElapsed, maxAttempts, false);
    }

    public Retry {
      if (first.isNegative()
          || longest.isNegative()
          || maxElapsed.isNegative()
          || !(multiplier >= 1)
          || !(jitter >= 0 && jitter <= 1)
          || maxAttempts < 0) {
        throw new IllegalArgumentException(
            "a retry policy requires a multiplier of at least 1, a jitter of 0 to 1 and nothing"
                + " negative");
      }
    }

    /** Returns a copy in which requests of sources that can wait are retried indefinitely. */
    Retry foreverForWaiting() {
      return new Retry(enabled, first, multiplier, longest, jitter, maxElapsed, maxAttempts, true);
    }

    /** Returns a copy that retries indefinitely. */
    public Retry forever() {
      return new Retry(enabled, first, multiplier, longest, jitter, Duration.ZERO, 0);
    }
  }

  public OutboxOptions {
    if (concurrency < 1) {
      throw new IllegalArgumentException("concurrency must be at least 1, not " + concurrency);
    }
  }

  public OutboxOptions withCapacity(Capacity c) {
    return new OutboxOptions(
        c, whenFull, disk, retry, concurrency, adaptive, acknowledgeQueued, overflow, maxBehind);
  }

  public OutboxOptions withWhenFull(WhenFull w) {
    return new OutboxOptions(
        capacity, w, disk, retry, concurrency, adaptive, acknowledgeQueued, overflow, maxBehind);
  }

  public OutboxOptions withDisk(@Nullable Disk d) {
    return new OutboxOptions(
        capacity,
        whenFull,
        d,
        retry,
        concurrency,
        adaptive,
        acknowledgeQueued,
        overflow,
        maxBehind);
  }

  public OutboxOptions withRetry(Retry r) {
    return new OutboxOptions(
        capacity, whenFull, disk, r, concurrency, adaptive, acknowledgeQueued, overflow, maxBehind);
  }

  public OutboxOptions withConcurrency(int n, boolean adapts) {
    return new OutboxOptions(
        capacity, whenFull, disk, retry, n, adapts, acknowledgeQueued, overflow, maxBehind);
  }

  public OutboxOptions withAcknowledgeQueued(boolean early) {
    return new OutboxOptions(
        capacity, whenFull, disk, retry, concurrency, adaptive, early, overflow, maxBehind);
  }

  public OutboxOptions withOverflow(@Nullable Overflow o) {
    return new OutboxOptions(
        capacity, whenFull, disk, retry, concurrency, adaptive, acknowledgeQueued, o, maxBehind);
  }

  public OutboxOptions withMaxBehind(long items) {
    return new OutboxOptions(
        capacity, whenFull, disk, retry, concurrency, adaptive, acknowledgeQueued, overflow, items);
  }
}
