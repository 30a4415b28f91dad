package dev.tethys.pipeline.delivery;

import dev.tethys.config.ConfigException;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.OutboxOptions.Capacity;
import dev.tethys.pipeline.delivery.OutboxOptions.Retry;
import dev.tethys.pipeline.delivery.OutboxOptions.WhenFull;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Keys common to all exporters: {@code timeout}, {@code retry_on_failure}, {@code sending_queue},
 * with the Collector's meaning and defaults, and extensions.
 *
 * <p>An exporter includes {@link #SECTION} in its own and calls {@link #read}.
 *
 * @param timeout timeout of a single attempt
 * @param options outbox options; the disk of a storage extension is resolved later
 * @param storage extension for the queue on disk; null for memory
 * @param deadLetterBytes maximum size of dead letters there
 * @param batch batching before the queue; null if none
 */
public record DeliverySettings(
    Duration timeout,
    OutboxOptions options,
    @Nullable Reference storage,
    long deadLetterBytes,
    @Nullable Batching batch) {

  /** Unit of a queue or batch size. */
  public enum Sizer {
    REQUESTS,
    ITEMS,
    BYTES
  }

  /**
   * Batching rules.
   *
   * @param after maximum wait of a batch; zero if none
   * @param minSize size at which a batch is sent immediately
   * @param maxSize maximum size; 0 for no limit
   * @param sizer unit of both sizes: items or bytes
   * @param metadataKeys metadata keys whose values must be equal for batches to be merged
   */
  public record Batching(
      Duration after, long minSize, long maxSize, Sizer sizer, List<String> metadataKeys) {}

  private static final long DEFAULT_BYTES = 256L << 20;

  /** The highest {@code num_consumers}. */
  public static final int MAX_CONSUMERS = 4096;

  private static final Section RETRY =
      new Section("retry_on_failure", "Retries of requests that failed.");
  private static final Key<Boolean> RETRY_ENABLED =
      RETRY.key("enabled", Type.BOOL, true, "Enables retries.");
  private static final Key<Duration> INITIAL_INTERVAL =
      RETRY.key(
          "initial_interval",
          GoDurations.TYPE,
          Retry.DEFAULT.first(),
          "Pause after the first failure.");
  private static final Key<Double> RANDOMIZATION_FACTOR =
      RETRY.key(
          "randomization_factor",
          Type.FLOAT,
          Retry.DEFAULT.jitter(),
          "Random variation of a pause as a fraction of it, from 0 to 1.");
  private static final Key<Double> MULTIPLIER =
      RETRY.key(
          "multiplier",
          Type.FLOAT,
          Retry.DEFAULT.multiplier(),
          "Factor by which the pause grows after each attempt; at least 1.");
  private static final Key<Duration> MAX_INTERVAL =
      RETRY.key(
          "max_interval",
          GoDurations.TYPE,
          Retry.DEFAULT.longest(),
          "Maximum pause between attempts.");
  private static final Key<Duration> MAX_ELAPSED_TIME =
      RETRY.key(
          "max_elapsed_time",
          GoDurations.TYPE,
          Retry.DEFAULT.maxElapsed(),
          "Maximum time for which a request is retried; 0 for no limit, the "
              + "default of a queue on disk.");
  private static final Key<Long> MAX_ATTEMPTS =
      RETRY.key("max_attempts", Type.INT, 0L, "Maximum number of attempts; 0 for no limit.");

  private static final Section PARTITION =
      new Section("partition", "Properties by which batches are kept apart.");
  private static final Key<List<String>> METADATA_KEYS =
      PARTITION.key(
          "metadata_keys",
          Type.list(Type.STRING),
          List.of(),
          "Metadata keys; only batches with equal values are joined.");

  private static final Section BATCH =
      new Section("batch", "Joins batches before they are queued.");
  private static final Key<Duration> FLUSH_TIMEOUT =
      BATCH.key(
          "flush_timeout",
          GoDurations.TYPE,
          Duration.ofMillis(200),
          "Maximum time before a batch is sent.");
  private static final Key<Long> MIN_SIZE =
      BATCH.key("min_size", Type.INT, 8192L, "Minimum size of a batch that is sent without delay.");
  private static final Key<Long> MAX_SIZE =
      BATCH.key("max_size", Type.INT, 0L, "Maximum size of a batch; 0 for no limit.");
  private static final Key<Sizer> BATCH_SIZER =
      BATCH.optional(
          "sizer",
          words(Sizer.ITEMS, Sizer.BYTES),
          "Unit of sizes: items or bytes; defaults to the sizer of the queue where it is set.");
  private static final Key<List<String>> BATCH_PARTITION =
      BATCH.key(
          "partition",
          PARTITION.type(o -> o.get(METADATA_KEYS)),
          List.of(),
          "Metadata keys by which batches are kept apart.");

  private static final Section QUEUE =
      new Section("sending_queue", "Queue between the pipeline and the destination.");
  private static final Key<Boolean> QUEUE_ENABLED =
      QUEUE.key(
          "enabled",
          Type.BOOL,
          true,
          "If true, requests wait in a queue; if false, sources wait until their "
              + "request is sent.");
  private static final Key<Long> NUM_CONSUMERS =
      QUEUE.key("num_consumers", Type.INT, 10L, "Maximum number of requests sent at once.");
  private static final Key<Boolean> ADAPTIVE =
      QUEUE.key(
          "adaptive_concurrency",
          Type.BOOL,
          true,
          "If true, the number of concurrent requests is reduced while the "
              + "destination is slow or overloaded.");
  private static final Key<Long> QUEUE_SIZE =
      QUEUE.key("queue_size", Type.INT, 1000L, "Maximum size of the queue, in the unit of sizer.");
  private static final Key<Sizer> SIZER =
      QUEUE.key(
          "sizer",
          words(Sizer.REQUESTS, Sizer.ITEMS, Sizer.BYTES),
          Sizer.REQUESTS,
          "Unit of queue_size.");
  private static final Key<Long> MAX_BYTES =
      QUEUE.key(
          "max_bytes",
          Type.INT,
          DEFAULT_BYTES,
          "Maximum bytes in the queue, in addition to queue_size; with sizer: bytes only queue_size"
              + " counts.");
  private static final Key<Boolean> BLOCK_ON_OVERFLOW =
      QUEUE.key(
          "block_on_overflow",
          Type.BOOL,
          false,
          "If true, sources wait for room in a full queue; if false, their data "
              + "is refused. If absent, receivers whose data stays at its source, such "
              + "as kafka and filelog, wait; others are refused.");
  private static final Key<WhenFull> WHEN_FULL =
      QUEUE.optional(
          "when_full",
          Type.lowerCase("policy", WhenFull.class),
          "Policy of a full queue: auto, block, refuse, drop_oldest or "
              + "drop_newest; replaces block_on_overflow.");
  private static final Key<Long> OVERFLOW_BYTES =
      QUEUE.key(
          "overflow_bytes",
          Type.INT,
          OutboxOptions.Overflow.DEFAULT_BYTES,
          "Maximum disk space of a queue without storage, used only while its destination fails; 0"
              + " for none.");
  private static final Key<Long> MAX_BEHIND =
      QUEUE.key(
          "max_behind",
          Type.INT,
          OutboxOptions.DEFAULT_MAX_BEHIND,
          "Maximum number of items of receivers whose data stays at its source, such as kafka and"
              + " filelog, that wait here while other exporters may have them: a crash repeats"
              + " them; 0 for no limit.");
  private static final Key<Boolean> WAIT_FOR_RESULT =
      QUEUE.key(
          "wait_for_result",
          Type.BOOL,
          true,
          "If true, data is acknowledged to sources when the destination has "
              + "accepted it or it is on disk; if false, as soon as it is in memory, "
              + "where a crash loses it.");
  private static final Key<Reference> STORAGE =
      QUEUE.optional("storage", Reference.TYPE, "Storage extension that keeps the queue on disk.");
  private static final Key<Long> DEAD_LETTER_BYTES =
      QUEUE.key(
          "dead_letter_bytes",
          Type.INT,
          DEFAULT_BYTES,
          "Maximum disk space of permanently rejected requests.");
  private static final Key<Batching> QUEUE_BATCH =
      QUEUE.optional("batch", BATCH.type(DeliverySettings::batch), "Batching before the queue.");

  private record Queue(
      boolean enabled,
      OutboxOptions options,
      @Nullable Reference storage,
      long deadLetterBytes,
      @Nullable Batching batch) {}

  private static final Type<Queue> QUEUE_TYPE = QUEUE.type(DeliverySettings::queue);
  private static final Type<Retry> RETRY_TYPE = RETRY.type(DeliverySettings::retry);

  /** {@code sending_queue} only, for an exporter without retries. */
  public static final Section QUEUE_ALONE = new Section("queue", "Queue.");

  /** {@code retry_on_failure} and {@code sending_queue}, for a connector with an optional queue. */
  public static final Section QUEUEING = new Section("queueing", "Queue and retries.");

  private static final Key<Retry> RETRY_ON_FAILURE =
      QUEUEING.optional("retry_on_failure", RETRY_TYPE, "Retries of requests that failed.");
  private static final Key<Queue> SENDING_QUEUE =
      QUEUE_ALONE.optional("sending_queue", QUEUE_TYPE, "Queue of requests for the destination.");

  /** The three keys, to be included in the section of an exporter. */
  public static final Section SECTION =
      new Section("exporter", "Settings that all exporters share.");

  private static final Key<Duration> TIMEOUT =
      SECTION.key("timeout", GoDurations.TYPE, Duration.ofSeconds(5), "Timeout of one attempt.");

  static {
    QUEUEING.include(QUEUE_ALONE);
    SECTION.include(QUEUEING);
  }

  /** Reads the three keys from a map that may contain others. */
  public static DeliverySettings read(YamlObject o, Duration defaultTimeout) {
    return withTimeout(o, o.get(TIMEOUT, defaultTimeout));
  }

  /** Reads {@link #QUEUEING}; null without a queue. */
  public static @Nullable DeliverySettings readQueue(YamlObject o) {
    Queue q = o.find(SENDING_QUEUE);
    if (q != null && q.enabled) {
      return withTimeout(o, Duration.ZERO);
    }
    if (o.has(RETRY_ON_FAILURE)) {
      throw o.error(RETRY_ON_FAILURE, "requires a sending_queue");
    }
    return null;
  }

  /**
   * Reads keys that may be in either of two maps: the inner timeout applies to requests; an enabled
   * outer queue and its retries replace the inner ones.
   */
  public static DeliverySettings read(YamlObject outer, YamlObject inner, Duration defaultTimeout) {
    Duration timeout = inner.get(TIMEOUT, outer.get(TIMEOUT, defaultTimeout));
    Queue above = outer.find(SENDING_QUEUE);
    return with(
        outer.has(RETRY_ON_FAILURE) ? outer : inner,
        above == null || !above.enabled ? inner : outer,
        timeout);
  }

  private static DeliverySettings withTimeout(YamlObject o, Duration timeout) {
    return with(o, o, timeout);
  }

  private static DeliverySettings with(YamlObject retrying, YamlObject queueing, Duration timeout) {
    Retry retry = retrying.find(RETRY_ON_FAILURE);
    Queue q = queueing.find(SENDING_QUEUE);
    if (q == null) {
      q =
          new Queue(
              true,
              OutboxOptions.DEFAULT
                  .withCapacity(new Capacity(DEFAULT_BYTES, 0, 1000))
                  .withWhenFull(WhenFull.AUTO)
                  .withOverflow(OutboxOptions.Overflow.DEFAULT)
                  .withMaxBehind(OutboxOptions.DEFAULT_MAX_BEHIND),
              null,
              DEFAULT_BYTES,
              null);
    }
    YamlNode written = retrying.at(RETRY_ON_FAILURE);
    if (retry == null) {
      retry = Retry.DEFAULT;
    }
    if (written == null || !written.writes(MAX_ELAPSED_TIME)) {
      // A queue on disk gains nothing from dropping after a time.
      retry = q.storage != null ? retry.forever() : retry.foreverForWaiting();
    }
    return new DeliverySettings(
        timeout, q.options.withRetry(retry), q.storage, q.deadLetterBytes, q.batch);
  }

  /**
   * Variant with another queue in memory.
   *
   * @param enabled {@code enabled} of {@code sending_queue}
   * @param requests most that wait
   */
  public DeliverySettings withQueue(boolean enabled, long requests, int consumers) {
    OutboxOptions o =
        options
            .withCapacity(new Capacity(DEFAULT_BYTES, 0, enabled ? requests : consumers))
            .withWhenFull(enabled ? WhenFull.AUTO : WhenFull.BLOCK)
            .withOverflow(enabled ? OutboxOptions.Overflow.DEFAULT : null)
            .withMaxBehind(OutboxOptions.DEFAULT_MAX_BEHIND);
    return new DeliverySettings(timeout, o, storage, deadLetterBytes, batch)
        .withConsumers(consumers);
  }

  /** Variant with a durable queue in a folder, without a storage extension. */
  public DeliverySettings inFolder(Path folder) {
    return new DeliverySettings(
        timeout,
        options
            .withDisk(new OutboxOptions.Disk(folder, OutboxOptions.Sync.ALWAYS, deadLetterBytes))
            .withAcknowledgeQueued(false),
        storage,
        deadLetterBytes,
        batch);
  }

  /** Variant with another number of concurrent requests. */
  public DeliverySettings withConsumers(int consumers) {
    return new DeliverySettings(
        timeout,
        options.withConcurrency(consumers, options.adaptive()),
        storage,
        deadLetterBytes,
        batch);
  }

  /**
   * Variant for an exporter whose requests wait for each other and are many and slow on purpose.
   *
   * @param consumers default number of concurrent requests
   */
  public DeliverySettings gathering(YamlObject o, int consumers) {
    YamlNode q = o.at(SENDING_QUEUE);
    boolean many = q == null || !q.writes(NUM_CONSUMERS);
    boolean steady = q == null || !q.writes(ADAPTIVE);
    OutboxOptions.Overflow overflow = options.overflow();
    return new DeliverySettings(
        timeout,
        options
            .withConcurrency(
                many ? consumers : options.concurrency(), !steady && options.adaptive())
            .withOverflow(
                overflow == null
                    ? null
                    : new OutboxOptions.Overflow(overflow.disk(), overflow.bytes(), true)),
        storage,
        deadLetterBytes,
        batch);
  }

  private static Retry retry(YamlObject o) {
    double jitter = o.get(RANDOMIZATION_FACTOR);
    if (!(jitter >= 0 && jitter <= 1)) {
      throw o.error(RANDOMIZATION_FACTOR, "randomization_factor must be 0 to 1");
    }
    double multiplier = o.get(MULTIPLIER);
    if (!(multiplier >= 1 && multiplier <= 1000)) {
      throw o.error(MULTIPLIER, "multiplier must be at least 1");
    }
    return new Retry(
        o.get(RETRY_ENABLED),
        o.get(INITIAL_INTERVAL),
        multiplier,
        o.get(MAX_INTERVAL),
        jitter,
        o.get(MAX_ELAPSED_TIME),
        (int) between(o, MAX_ATTEMPTS, 0, Integer.MAX_VALUE));
  }

  private static Queue queue(YamlObject o) {
    WhenFull policy = o.find(WHEN_FULL);
    if (policy != null && o.has(BLOCK_ON_OVERFLOW)) {
      throw o.error(WHEN_FULL, "when_full and block_on_overflow are mutually exclusive");
    }
    int consumers = (int) between(o, NUM_CONSUMERS, 1, MAX_CONSUMERS);
    long size = between(o, QUEUE_SIZE, 1, Long.MAX_VALUE);
    long bytes = between(o, MAX_BYTES, 1, Long.MAX_VALUE);
    Sizer sizer = o.get(SIZER);
    if (sizer == Sizer.BYTES && o.has(MAX_BYTES)) {
      throw o.error(MAX_BYTES, "max_bytes and sizer: bytes say the same twice; write queue_size");
    }
    Reference storage = o.find(STORAGE);
    Capacity capacity =
        switch (sizer) {
          case REQUESTS -> new Capacity(bytes, 0, size);
          case ITEMS -> new Capacity(bytes, size, 0);
          case BYTES -> Capacity.ofBytes(size);
        };
    WhenFull whenFull =
        policy != null
            ? policy
            : !o.has(BLOCK_ON_OVERFLOW)
                ? WhenFull.AUTO
                : o.get(BLOCK_ON_OVERFLOW) ? WhenFull.BLOCK : WhenFull.REFUSE;
    if (!o.get(QUEUE_ENABLED)) {
      if (storage != null) {
        throw o.error(STORAGE, "storage requires an enabled queue");
      }
      capacity = new Capacity(bytes, 0, consumers);
      whenFull = WhenFull.BLOCK;
    }
    OutboxOptions options =
        OutboxOptions.DEFAULT
            .withCapacity(capacity)
            .withWhenFull(whenFull)
            .withConcurrency(consumers, o.get(ADAPTIVE))
            .withAcknowledgeQueued(!o.get(WAIT_FOR_RESULT) && storage == null)
            .withOverflow(
                o.get(QUEUE_ENABLED) && storage == null
                    ? new OutboxOptions.Overflow(
                        null, between(o, OVERFLOW_BYTES, 0, Long.MAX_VALUE), false)
                    : null)
            .withMaxBehind(between(o, MAX_BEHIND, 0, Long.MAX_VALUE));
    return new Queue(
        o.get(QUEUE_ENABLED),
        options,
        storage,
        between(o, DEAD_LETTER_BYTES, 1, Long.MAX_VALUE),
        queueBatch(o, sizer));
  }

  /** Reads batching; its sizes use the queue's sizer unless it has its own. */
  private static @Nullable Batching queueBatch(YamlObject o, Sizer queueSizer) {
    Batching b = o.find(QUEUE_BATCH);
    YamlNode written = o.at(QUEUE_BATCH);
    if (b == null || !o.has(SIZER) || written == null || written.writes(BATCH_SIZER)) {
      return b;
    }
    if (queueSizer == Sizer.REQUESTS) {
      throw o.error(
          QUEUE_BATCH,
          "batch sizes count items or bytes; without batch.sizer, a batch uses the sizer of the"
              + " queue, which is requests; write batch: {sizer: items}");
    }
    return new Batching(b.after, b.minSize, b.maxSize, queueSizer, b.metadataKeys);
  }

  private static Batching batch(YamlObject o) {
    long min = between(o, MIN_SIZE, 0, Long.MAX_VALUE);
    long max = between(o, MAX_SIZE, 0, Long.MAX_VALUE);
    if (max > 0 && max < min) {
      throw o.error(MAX_SIZE, "max_size " + max + " is less than min_size " + min);
    }
    Sizer sizer = o.find(BATCH_SIZER);
    return new Batching(
        o.get(FLUSH_TIMEOUT),
        min,
        max,
        sizer == null ? Sizer.ITEMS : sizer,
        o.get(BATCH_PARTITION));
  }

  private static long between(YamlObject o, Key<Long> key, long least, long most) {
    long v = o.get(key);
    if (v < least || v > most) {
      throw outside(o, key, least, most);
    }
    return v;
  }

  private static ConfigException outside(YamlObject o, Key<Long> key, long least, long most) {
    return o.error(
        key,
        key.name()
            + " must be at least "
            + least
            + (most == Long.MAX_VALUE || most == Integer.MAX_VALUE ? "" : " and at most " + most));
  }

  private static Type<Sizer> words(Sizer... sizers) {
    SequencedMap<String, Sizer> m = new LinkedHashMap<>();
    for (Sizer s : sizers) {
      m.put(s.name().toLowerCase(java.util.Locale.ROOT), s);
    }
    return Type.oneOf("sizer", m);
  }
}
