package dev.tethys.pipeline.kafka;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Topic for records that cannot be decoded or are permanently rejected, with their origin and the
 * reason.
 */
final class DeadLetterTopic implements AutoCloseable {
  private final String topic;
  private final Supplier<Map<String, Object>> logins;

  @GuardedBy("this")
  private @Nullable Client client;

  @GuardedBy("this")
  private boolean closed;

  private record Client(KafkaProducer<byte[], byte[]> producer, Map<String, Object> properties) {}

  /**
   * @param logins properties of a producer, with a new login each time
   */
  DeadLetterTopic(String topic, Supplier<Map<String, Object>> logins) {
    this.topic = topic;
    this.logins = logins;
    client(); // reports invalid properties immediately
  }

  private synchronized Client client() {
    if (closed) {
      throw new IllegalStateException("it is closed");
    }
    Client c = client;
    if (c == null) {
      Map<String, Object> properties = logins.get();
      c =
          new Client(
              new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()),
              properties);
      client = c;
    }
    return c;
  }

  /** Discards a rejected client, so that the next record logs in again. */
  private synchronized void refused(Client c) {
    KafkaTokenLogin.refused(c.properties);
    if (client == c) {
      client = null;
      c.producer.close(Duration.ZERO);
    }
  }

  /** Writes a record; returns once the brokers have stored it. */
  void write(ConsumerRecord<byte[], byte[]> record, String reason) throws IOException {
    ProducerRecord<byte[], byte[]> r = new ProducerRecord<>(topic, record.key(), record.value());
    record.headers().forEach(r.headers()::add);
    header(r, "dead_letter.reason", reason);
    header(r, "dead_letter.topic", record.topic());
    header(r, "dead_letter.partition", Integer.toString(record.partition()));
    header(r, "dead_letter.offset", Long.toString(record.offset()));
    Client c = null;
    try {
      c = client();
      c.producer.send(r).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthenticationException) {
        refused(c);
      }
      throw new IOException(String.valueOf(e.getCause() == null ? e : e.getCause()), e);
    } catch (KafkaException | IllegalStateException e) {
      // Another thread may have closed the producer; a record that was not written is reported.
      if (c != null && e instanceof AuthenticationException) {
        refused(c);
      }
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
  public synchronized void close() {
    closed = true;
    if (client != null) {
      client.producer.close(Duration.ofSeconds(2));
    }
  }
}
