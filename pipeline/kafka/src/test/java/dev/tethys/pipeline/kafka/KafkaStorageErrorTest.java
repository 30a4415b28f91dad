package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.Ports;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Brokers that cannot keep records: a folder that failed or is full (then a broker answers {@code
 * KAFKA_STORAGE_ERROR}), and too few replicas in sync, before and after a record was in the
 * leader's log. The broker after the proxy is a real one.
 */
@Timeout(180)
@Tag("slow")
class KafkaStorageErrorTest {
  @TempDir static Path dir;
  private static RefusingBroker refusing;
  private static KafkaBroker broker;

  @BeforeAll
  static void begin() throws Exception {
    int port = Ports.free();
    refusing = new RefusingBroker(port);
    broker = new KafkaBroker(new KafkaProcess(dir, port, refusing.port()));
  }

  @AfterAll
  static void end() throws Exception {
    broker.close();
    refusing.close();
  }

  private static Uuid topic(String name) throws Exception {
    try (Admin a = broker.admin()) {
      return a.createTopics(List.of(new NewTopic(name, 1, (short) 1)))
          .topicId(name)
          .get(30, TimeUnit.SECONDS);
    }
  }

  private static Exporter exporter(String topic, TestContext context) {
    KafkaExporterFactory f = new KafkaExporterFactory();
    String yaml =
        "{brokers: ['%s'], timeout: 1s, logs: {topic: %s, encoding: text}}"
            .formatted(broker.address(), topic);
    return f.create(
        f.settings().read(YamlDocument.parse("a.yml", null, yaml).root()), Signal.LOGS, context);
  }

  private static List<String> read(String topic) {
    List<String> out = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> c =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.address()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> all = List.of(new TopicPartition(topic, 0));
      c.assign(all);
      c.seekToBeginning(all);
      long end = c.endOffsets(all, Duration.ofSeconds(30)).getOrDefault(all.getFirst(), 0L);
      while (c.position(all.getFirst()) < end) {
        c.poll(Duration.ofSeconds(1))
            .forEach(r -> out.add(new String(r.value(), StandardCharsets.UTF_8)));
      }
    }
    return out;
  }

  @ParameterizedTest
  @EnumSource(
      value = Errors.class,
      names = {"KAFKA_STORAGE_ERROR", "NOT_ENOUGH_REPLICAS", "NOT_ENOUGH_REPLICAS_AFTER_APPEND"})
  void retriesWhileABrokerCannotStore(Errors error) throws Exception {
    String name = error.name().toLowerCase(java.util.Locale.ROOT);
    Uuid topic = topic(name);
    TestContext context = new TestContext();
    Exporter out = exporter(name, context);
    refusing.refuse(topic, error);
    Batch batch = RecordsTest.lines("one", "two", "three");
    BlockingQueue<Outcome> outcome = new LinkedBlockingQueue<>();
    Thread.ofVirtual().start(() -> out.consume(batch, outcome::add));
    // The producer repeats it for a while, and abandons it; so do we.
    SendResult said = context.refusals.poll(60, TimeUnit.SECONDS);
    assertThat(said).isInstanceOf(SendResult.Retryable.class);
    assertThat(refusing.refused(topic)).as("requests of the producer").isGreaterThan(1);
    assertThat(outcome).isEmpty();
    refusing.refuse(topic, Errors.NONE);
    assertThat(outcome.poll(60, TimeUnit.SECONDS)).isEqualTo(Outcome.ACCEPTED);
    List<String> there = read(name);
    if (error == Errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND) {
      // Records in the log when the producer timed out are there again, once each time; those that
      // the producer itself repeated are not.
      int times = 1 + 1 + context.refusals.size();
      assertThat(there).containsOnly("one", "two", "three").hasSizeBetween(3, 3 * times);
      assertThat(there).endsWith("one", "two", "three");
    } else {
      assertThat(there).containsExactly("one", "two", "three");
    }
    out.stop(Duration.ZERO);
  }

  /** Repeated by the producer, with the numbers of its records: no record is there twice. */
  @ParameterizedTest
  @EnumSource(
      value = Errors.class,
      names = {"KAFKA_STORAGE_ERROR", "NOT_ENOUGH_REPLICAS_AFTER_APPEND"})
  void hidesTransientErrors(Errors error) throws Exception {
    String name = "soon_" + error.name().toLowerCase(java.util.Locale.ROOT);
    Uuid topic = topic(name);
    TestContext context = new TestContext();
    Exporter out = exporter(name, context);
    refusing.refuse(topic, error, 2);
    BlockingQueue<Outcome> outcome = new LinkedBlockingQueue<>();
    out.consume(RecordsTest.lines("one", "two", "three"), outcome::add);
    assertThat(outcome.take()).isEqualTo(Outcome.ACCEPTED);
    assertThat(context.refusals).isEmpty();
    assertThat(refusing.refused(topic)).isEqualTo(2);
    assertThat(read(name)).containsExactly("one", "two", "three");
    out.stop(Duration.ZERO);
  }
}
