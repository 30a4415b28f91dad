package dev.tethys.pipeline.kafka;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** Stores the positions of a group. */
final class OffsetCommitter {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private OffsetCommitter() {}

  /**
   * Stores offsets synchronously. A wake-up meant for a poll may interrupt the next blocking call,
   * possibly this one, which is then repeated.
   *
   * @throws org.apache.kafka.common.KafkaException if brokers do not accept them in time
   */
  static void store(KafkaConsumer<byte[], byte[]> c, Map<TopicPartition, OffsetAndMetadata> due) {
    try {
      c.commitSync(due, LIMIT);
    } catch (WakeupException e) {
      c.commitSync(due, LIMIT);
    }
  }
}
