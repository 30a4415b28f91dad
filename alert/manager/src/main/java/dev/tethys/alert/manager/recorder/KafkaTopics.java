package dev.tethys.alert.manager.recorder;

import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Opens topics of Kafka for writing; the client library is elsewhere. */
public interface KafkaTopics {
  /**
   * Kafka destination of records.
   *
   * @param acks required acknowledgements: 0 none, 1 the leader, -1 all in-sync replicas
   * @param compression none, gzip, snappy, lz4 or zstd
   * @param tls null for no encryption
   */
  record Target(
      List<String> brokers,
      String topic,
      String clientId,
      int acks,
      String compression,
      @Nullable TlsConfig tls) {}

  /** An open topic. */
  interface Topic {
    /**
     * Writes a record, waiting until the client has space for it.
     *
     * @param done receives null if it was written, else the reason; must not wait
     */
    void write(byte[] key, byte[] value, Consumer<@Nullable Failure> done)
        throws InterruptedException;

    /** Writes the accepted records, as long as that may take at most, and ends. */
    void close(Duration limit);
  }

  /**
   * Reason why a record was not written.
   *
   * @param kind timeout, network, broker or unknown
   */
  record Failure(String kind, String text) {}

  /**
   * Opens a topic; unreachable brokers are not an error, connecting is retried.
   *
   * @throws IOException if a certificate or key cannot be read
   */
  Topic open(Target target) throws IOException;
}
