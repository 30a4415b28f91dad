package dev.tethys.pipeline.kafka;

import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Writes single records to one topic, outside a graph. */
public final class TopicWriter {
  /** Time a record waits for others to be sent with it. */
  private static final int LINGER_MS = 5;

  /**
   * Producer settings.
   *
   * @param acks required acknowledgements: 0 none, 1 the leader, -1 all replicas in sync
   * @param tls null without TLS
   */
  public record Settings(
      List<String> brokers,
      String topic,
      String clientId,
      int acks,
      String compression,
      @Nullable TlsConfig tls) {}

  /** Record error. */
  public enum Trouble {
    TIMEOUT,
    NETWORK,
    BROKER,
    UNKNOWN
  }

  /** Reason why a record was not written. */
  public record Failure(Trouble trouble, String text) {}

  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;

  /**
   * Creates a client, which connects when the first record is written.
   *
   * @throws IOException if a certificate or key cannot be read, or no broker's name can be resolved
   */
  public TopicWriter(Settings s) throws IOException {
    topic = s.topic;
    Map<String, Object> p = new HashMap<>();
    p.put("bootstrap.servers", String.join(",", s.brokers));
    p.put("client.id", s.clientId);
    p.put("metadata.recovery.strategy", "rebootstrap");
    p.put("acks", Integer.toString(s.acks));
    p.put("enable.idempotence", s.acks == -1);
    p.put("compression.type", s.compression);
    p.put("linger.ms", LINGER_MS);
    TlsConfig tls = s.tls;
    if (tls != null) {
      p.putAll(TlsProperties.of(tls));
      p.put("security.protocol", "SSL");
    }
    try {
      producer = new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer());
    } catch (KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(String.valueOf(cause.getMessage()), e);
    }
  }

  /**
   * Writes a record; blocks while the client has no space or does not know the brokers yet.
   *
   * @param done called with null on success, otherwise with the reason; runs on a client thread
   */
  public void write(byte[] key, byte[] value, Consumer<@Nullable Failure> done)
      throws InterruptedException {
    try {
      producer.send(
          new ProducerRecord<>(topic, key, value),
          (metadata, e) -> done.accept(e == null ? null : failure(e)));
    } catch (InterruptException e) {
      Thread.interrupted();
      throw new InterruptedException(String.valueOf(e.getMessage()));
    } catch (KafkaException | IllegalStateException e) {
      done.accept(failure(e));
    }
  }

  private static Failure failure(Exception e) {
    Trouble t =
        switch (e) {
          case TimeoutException x -> Trouble.TIMEOUT;
          case NetworkException x -> Trouble.NETWORK;
          case ApiException x -> Trouble.BROKER;
          default -> Trouble.UNKNOWN;
        };
    return new Failure(t, String.valueOf(e.getMessage()));
  }

  /** Writes the accepted records within a time limit limit and drops the rest. */
  public void close(Duration limit) {
    producer.close(limit);
  }
}
