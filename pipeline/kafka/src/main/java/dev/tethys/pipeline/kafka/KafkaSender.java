package dev.tethys.pipeline.kafka;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes requests to topics with an idempotent producer. After some errors (a sequence out of
 * order, a fence) the producer cannot continue: the next request makes another.
 */
final class KafkaSender implements Sender {
  /**
   * Prefix of internal headers with the destination of a request; other headers become record
   * headers.
   */
  static final String TOPIC = ":topic";

  static final String KEY = ":key";
  static final String FRAMES = ":frames";

  private static final Duration REFUSED_PAUSE = Duration.ofSeconds(30);

  private final Map<String, Object> properties;
  private final @Nullable Semaphore room;

  @GuardedBy("this")
  private @Nullable KafkaProducer<byte[], byte[]> producer;

  @GuardedBy("this")
  private boolean closed;

  /**
   * Writes with a producer that is created on first use.
   *
   * @param maxRecords maximum number in flight; 0 for no limit
   */
  KafkaSender(Map<String, Object> properties, int maxRecords) {
    this.properties = properties;
    this.room = maxRecords == 0 ? null : new Semaphore(maxRecords);
  }

  private synchronized KafkaProducer<byte[], byte[]> producer() throws IOException {
    if (closed) {
      throw new IOException("the exporter is stopped");
    }
    if (producer == null) {
      producer =
          new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }
    return producer;
  }

  private synchronized void forget(KafkaProducer<byte[], byte[]> p) {
    if (producer == p) {
      producer = null;
    }
    p.close(Duration.ZERO);
  }

  @Override
  public SendResult send(EncodedRequest request) throws IOException, InterruptedException {
    KafkaProducer<byte[], byte[]> p;
    try {
      p = producer();
    } catch (KafkaException e) {
      return new SendResult.Retryable(REFUSED_PAUSE, false, text(e));
    }
    String topic = request.headers().getOrDefault(TOPIC, "");
    String key = request.headers().get(KEY);
    byte[] keyBytes =
        key != null
            ? key.getBytes(StandardCharsets.UTF_8)
            : request.lane() == 0
                ? null
                : HexFormat.of().toHexDigits(request.lane()).getBytes(StandardCharsets.US_ASCII);
    List<byte[]> values =
        request.headers().containsKey(FRAMES)
            ? LengthPrefixedValues.values(request.body())
            : List.of(request.body());
    try {
      List<Future<RecordMetadata>> sent = new ArrayList<>(values.size());
      for (byte[] v : values) {
        ProducerRecord<byte[], byte[]> r = new ProducerRecord<>(topic, keyBytes, v);
        request
            .headers()
            .forEach(
                (k, x) -> {
                  if (!k.startsWith(":")) {
                    r.headers().add(k, x.getBytes(StandardCharsets.UTF_8));
                  }
                });
        sent.add(send(p, r));
      }
      for (Future<RecordMetadata> f : sent) {
        f.get(); // ends: the producer times out after delivery.timeout.ms
      }
      return SendResult.DELIVERED;
    } catch (ExecutionException e) {
      return sendResult(p, e.getCause() == null ? e : e.getCause());
    } catch (InterruptException e) {
      throw new InterruptedException(text(e));
    } catch (KafkaException | IllegalStateException e) {
      return sendResult(p, e);
    }
  }

  private Future<RecordMetadata> send(
      KafkaProducer<byte[], byte[]> p, ProducerRecord<byte[], byte[]> r)
      throws InterruptedException {
    Semaphore s = room;
    if (s == null) {
      return p.send(r);
    }
    s.acquire();
    boolean isSent = false;
    try {
      Future<RecordMetadata> f = p.send(r, (m, e) -> s.release());
      isSent = true;
      return f;
    } finally {
      if (!isSent) { // the callback is never called then
        s.release();
      }
    }
  }

  private SendResult sendResult(KafkaProducer<byte[], byte[]> p, Throwable why) {
    return switch (why) {
      case RecordTooLargeException e -> new SendResult.Permanent(text(e));
      case InvalidTopicException e -> new SendResult.Permanent(text(e));
      case ThrottlingQuotaExceededException e ->
          new SendResult.Retryable(Duration.ofMillis(e.throttleTimeMs()), true, text(e));
      case AuthenticationException e -> {
        KafkaTokenLogin.refused(properties);
        forget(p); // it has logged in with rejected credentials
        yield new SendResult.Retryable(REFUSED_PAUSE, false, text(e));
      }
      case AuthorizationException e -> new SendResult.Retryable(REFUSED_PAUSE, false, text(e));
      case RetriableException e -> new SendResult.Retryable(Duration.ZERO, false, text(e));
      default -> {
        forget(p);
        yield new SendResult.Retryable(Duration.ZERO, false, text(why));
      }
    };
  }

  /** Returns the message of an error with its causes. */
  static String text(Throwable e) {
    StringBuilder sb = new StringBuilder(String.valueOf(e.getMessage()));
    for (Throwable c = e.getCause(); c != null; c = c.getCause()) {
      if (c.getMessage() != null && sb.indexOf(c.getMessage()) < 0) {
        sb.append(": ").append(c.getMessage());
      }
    }
    return sb.toString();
  }

  @Override
  public void close() {
    KafkaProducer<byte[], byte[]> p;
    synchronized (this) {
      closed = true;
      p = producer;
      producer = null;
    }
    if (p != null) {
      p.close(Duration.ofSeconds(5));
    }
  }
}
