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
   * Stores them before it returns. A wake-up that was meant for a poll and came when there was none
   * ends the next call that waits, which may be this one: it is then made again.
   *
   * @throws org.apache.kafka.common.KafkaException when brokers do not take them in time
   */
  static void store(KafkaConsumer<byte[], byte[]> c, Map<TopicPartition, OffsetAndMetadata> due) {
    try {
      c.commitSync(due, LIMIT);
    } catch (WakeupException e) {
      c.commitSync(due, LIMIT);
    }
  }
}
