package dev.tethys.pipeline.kafka;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Where records go that cannot be read or will never be taken, with where they stood and why. */
final class DeadLetterTopic implements AutoCloseable {
  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;

  DeadLetterTopic(String topic, Map<String, Object> properties) {
    this.topic = topic;
    this.producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Writes a record; returns once the brokers have it. */
  void write(ConsumerRecord<byte[], byte[]> record, String why) throws IOException {
    ProducerRecord<byte[], byte[]> r = new ProducerRecord<>(topic, record.key(), record.value());
    record.headers().forEach(r.headers()::add);
    header(r, "dead_letter.reason", why);
    header(r, "dead_letter.topic", record.topic());
    header(r, "dead_letter.partition", Integer.toString(record.partition()));
    header(r, "dead_letter.offset", Long.toString(record.offset()));
    try {
      producer.send(r).get();
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause() == null ? e : e.getCause()), e);
    } catch (KafkaException e) {
      throw new IOException(e.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static void header(ProducerRecord<byte[], byte[]> r, String name, String value) {
    r.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    producer.close(java.time.Duration.ofSeconds(2));
  }
}
