package dev.tethys.app.alertmanager;

import dev.tethys.alert.manager.recorder.KafkaTopics;
import dev.tethys.pipeline.kafka.TopicWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes Kafka's client write recorded events; the Alertmanager has no Kafka client itself. */
final class KafkaEvents implements KafkaTopics {
  @Override
  public Topic open(Target t) throws IOException {
    TopicWriter writer =
        new TopicWriter(
            new TopicWriter.Settings(
                t.brokers(), t.topic(), t.clientId(), t.acks(), t.compression(), t.tls()));
    return new Topic() {
      @Override
      public void write(byte[] key, byte[] value, Consumer<@Nullable Failure> done)
          throws InterruptedException {
        writer.write(
            key,
            value,
            f ->
                done.accept(
                    f == null
                        ? null
                        : new Failure(f.trouble().name().toLowerCase(Locale.ROOT), f.text())));
      }

      @Override
      public void close(Duration limit) {
        writer.close(limit);
      }
    };
  }
}
