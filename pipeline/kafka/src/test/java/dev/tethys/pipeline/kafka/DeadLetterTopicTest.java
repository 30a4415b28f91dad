package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;

class DeadLetterTopicTest {
  /** Otherwise the record would never be settled, and its partition would stall. */
  @Test
  void reportsARecordForAClosedProducer() {
    AtomicInteger logins = new AtomicInteger();
    DeadLetterTopic topic =
        new DeadLetterTopic(
            "dead",
            () -> {
              logins.incrementAndGet();
              return Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:1");
            });
    topic.close();
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>("telemetry", 0, 7, new byte[0], new byte[0]);
    assertThatThrownBy(() -> topic.write(record, "unreadable")).isInstanceOf(IOException.class);
    assertThat(logins).hasValue(1);
  }
}
