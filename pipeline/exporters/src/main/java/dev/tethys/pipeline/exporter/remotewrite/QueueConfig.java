package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Batching and retry settings.
 *
 * @param capacity samples that a shard may hold in Prometheus; here the queue is bounded in bytes
 * @param maxShards maximum concurrent requests
 * @param maxSamplesPerSend maximum samples, histograms and exemplars in one request
 * @param batchSendDeadline maximum time that a sample waits for others
 * @param retryOn429 whether status 429 is retried
 * @param sampleAgeLimit older samples are dropped; zero for no limit
 */
public record QueueConfig(
    int capacity,
    int maxShards,
    int minShards,
    int maxSamplesPerSend,
    Duration batchSendDeadline,
    Duration minBackoff,
    Duration maxBackoff,
    boolean retryOn429,
    Duration sampleAgeLimit) {
  public static final QueueConfig DEFAULT =
      new QueueConfig(
          10_000,
          50,
          1,
          2000,
          Duration.ofSeconds(5),
          Duration.ofMillis(30),
          Duration.ofSeconds(5),
          false,
          Duration.ZERO);

  /** Settings in a graph: nothing is dropped because a destination is busy; its queue waits. */
  static final QueueConfig OF_A_GRAPH =
      new QueueConfig(
          DEFAULT.capacity,
          DEFAULT.maxShards,
          DEFAULT.minShards,
          DEFAULT.maxSamplesPerSend,
          DEFAULT.batchSendDeadline,
          DEFAULT.minBackoff,
          DEFAULT.maxBackoff,
          true,
          DEFAULT.sampleAgeLimit);

  /** More in one request is rejected by every receiver. */
  private static final int MAX_SAMPLES = 10_000_000;

  private static final int MAX_SHARDS = 10_000;

  static final Section SECTION = new Section("queue_config", "Size and retries of requests.");
  private static final Key<Long> CAPACITY =
      SECTION.key(
          "capacity",
          Type.INT.absentWhenNull(),
          (long) DEFAULT.capacity,
          "Accepted and shown as a metric only: in Prometheus, the number of "
              + "samples a shard buffers; here the queue is limited in bytes.");
  private static final Key<Long> SHARDS_MAX =
      SECTION.key(
          "max_shards",
          Type.INT.absentWhenNull(),
          (long) DEFAULT.maxShards,
          "Maximum number of concurrent requests.");
  private static final Key<Long> SHARDS_MIN =
      SECTION.key(
          "min_shards",
          Type.INT.absentWhenNull(),
          (long) DEFAULT.minShards,
          "Minimum number of shards.");
  private static final Key<Long> MAX_SAMPLES_PER_SEND =
      SECTION.key(
          "max_samples_per_send",
          Type.INT.absentWhenNull(),
          (long) DEFAULT.maxSamplesPerSend,
          "Maximum number of samples in a request.");
  private static final Key<Duration> BATCH_SEND_DEADLINE =
      SECTION.key(
          "batch_send_deadline",
          Type.DURATION.absentWhenNull(),
          DEFAULT.batchSendDeadline,
          "Maximum time that a sample waits for others.");
  private static final Key<Duration> MIN_BACKOFF =
      SECTION.key(
          "min_backoff",
          Type.DURATION.absentWhenNull(),
          DEFAULT.minBackoff,
          "Initial pause between attempts; doubled each time.");
  private static final Key<Duration> MAX_BACKOFF =
      SECTION.key(
          "max_backoff",
          Type.DURATION.absentWhenNull(),
          DEFAULT.maxBackoff,
          "Maximum pause before a retry.");
  private static final Key<Boolean> RETRY_ON_429 =
      SECTION.key(
          "retry_on_http_429",
          Type.BOOL,
          false,
          "If true, requests answered with 429 are retried; otherwise they are " + "dropped.");
  private static final Key<Duration> SAMPLE_AGE_LIMIT =
      SECTION.key(
          "sample_age_limit",
          Type.DURATION,
          Duration.ZERO,
          "Maximum age of samples; older samples are dropped; 0s for no limit.");

  static final Type<QueueConfig> TYPE = SECTION.type(QueueConfig::read);

  private static QueueConfig read(YamlObject o) {
    QueueConfig c =
        new QueueConfig(
            positive(o, CAPACITY, Integer.MAX_VALUE),
            positive(o, SHARDS_MAX, MAX_SHARDS),
            positive(o, SHARDS_MIN, MAX_SHARDS),
            positive(o, MAX_SAMPLES_PER_SEND, MAX_SAMPLES),
            o.get(BATCH_SEND_DEADLINE),
            o.get(MIN_BACKOFF),
            o.get(MAX_BACKOFF),
            o.get(RETRY_ON_429),
            o.get(SAMPLE_AGE_LIMIT));
    if (c.minShards > c.maxShards) {
      throw o.error(
          SHARDS_MIN,
          "min_shards (" + c.minShards + ") is larger than max_shards (" + c.maxShards + ")");
    }
    if (c.maxBackoff.compareTo(c.minBackoff) < 0) {
      throw o.error(MAX_BACKOFF, "max_backoff is shorter than min_backoff");
    }
    if (c.minBackoff.isZero()) {
      throw o.error(MIN_BACKOFF, "min_backoff must be more than 0");
    }
    if (c.batchSendDeadline.isZero()) {
      throw o.error(BATCH_SEND_DEADLINE, "batch_send_deadline must be more than 0");
    }
    return c;
  }

  private static int positive(YamlObject o, Key<Long> key, int most) {
    long v = o.get(key);
    if (v < 1 || v > most) {
      throw o.error(key, key.name() + " must be between 1 and " + most + ", not " + v);
    }
    return (int) v;
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("capacity", capacity);
    m.put("max_shards", maxShards);
    m.put("min_shards", minShards);
    m.put("max_samples_per_send", maxSamplesPerSend);
    m.put("batch_send_deadline", batchSendDeadline);
    m.put("min_backoff", minBackoff);
    m.put("max_backoff", maxBackoff);
    m.put("retry_on_http_429", retryOn429 ? true : null);
    m.put("sample_age_limit", sampleAgeLimit.isZero() ? null : sampleAgeLimit);
    return m;
  }
}
