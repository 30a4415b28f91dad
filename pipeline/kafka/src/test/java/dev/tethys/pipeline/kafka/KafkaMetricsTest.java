package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.testkit.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a real broker. */
@Timeout(180)
@Tag("slow")
class KafkaMetricsTest {
  @TempDir static Path dir;
  private static KafkaBroker broker;

  @BeforeAll
  static void begin() throws Exception {
    broker = new KafkaBroker(dir);
    try (Admin a = broker.admin()) {
      a.createTopics(
              List.of(
                  new NewTopic("orders", 2, (short) 1)
                      .configs(
                          Map.of(
                              "retention.ms", "86400000",
                              "retention.bytes", "-1",
                              "min.insync.replicas", "1")),
                  new NewTopic("bills", 1, (short) 1),
                  new NewTopic("_hidden", 1, (short) 1)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
    try (KafkaProducer<byte[], byte[]> p =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.address()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < 10; i++) {
        p.send(new ProducerRecord<>("orders", i < 7 ? 0 : 1, null, new byte[1])).get();
      }
      p.send(new ProducerRecord<>("_hidden", 0, null, new byte[1])).get();
    }
    try (Admin a = broker.admin()) {
      a.deleteRecords(
              Map.of(
                  new TopicPartition("orders", 0),
                  org.apache.kafka.clients.admin.RecordsToDelete.beforeOffset(2)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
  }

  @AfterAll
  static void end() throws Exception {
    broker.close();
  }

  private final BlockingQueue<Batch> arrivals = new LinkedBlockingQueue<>();

  private Receiver receiver(String yaml) {
    KafkaMetricsFactory f = new KafkaMetricsFactory("1.2.3");
    YamlDocument d = YamlDocument.parse("a.yml", null, yaml);
    KafkaMetricsSettings s = f.settings().read(d.root());
    d.refuseNotBuilt();
    return f.create(
        s,
        Map.of(
            Signal.METRICS,
            (b, r) -> {
              arrivals.add(b);
              r.complete(Outcome.ACCEPTED);
            }),
        new TestContext());
  }

  private MetricsData look(String yaml) throws Exception {
    Receiver r = receiver("initial_delay: 1ms\nbrokers: ['" + broker.address() + "']\n" + yaml);
    r.start();
    try {
      Batch b = arrivals.poll(60, TimeUnit.SECONDS);
      assertThat(b).isNotNull();
      return new OtlpReader().metrics(b.body(), 0, b.body().length);
    } finally {
      r.stop(Duration.ofSeconds(10));
    }
  }

  /** Points as {@code name{attributes} value}. */
  private static List<String> points(MetricsData data) {
    List<String> all = new ArrayList<>();
    for (ResourceGroup<Metric> g : data.resources()) {
      g.scopes()
          .forEach(
              s ->
                  s.items()
                      .forEach(
                          m -> {
                            for (NumberDataPoint p : numbers(m)) {
                              Map<String, Object> a = new TreeMap<>();
                              for (int i = 0; i < p.attributes().size(); i++) {
                                a.put(p.attributes().key(i), p.attributes().value(i));
                              }
                              all.add(m.name() + a + " " + p.longValue());
                            }
                          }));
    }
    return all;
  }

  private static List<NumberDataPoint> numbers(Metric m) {
    return switch (m.data()) {
      case MetricData.Gauge g -> g.points();
      case MetricData.Sum sum -> sum.points();
      case null, default -> throw new AssertionError(m.name());
    };
  }

  @Test
  void collectsBrokersAndTopics() throws Exception {
    MetricsData data =
        look(
            """
            scrapers: [brokers, topics]
            cluster_alias: prod
            resource_attributes: {kafka.cluster.id: {enabled: true}}
            metrics:
              kafka.broker.log_retention_period: {enabled: true}
              kafka.topic.replication_factor: {enabled: true}
              kafka.topic.min_insync_replicas: {enabled: true}
              kafka.topic.log_retention_period: {enabled: true}
              kafka.topic.log_retention_size: {enabled: true}
            """);
    assertThat(data.resources()).hasSize(2);
    assertThat(data.resources().getFirst().resource().attributes().get("kafka.cluster.alias"))
        .isEqualTo("prod");
    try (Admin a = broker.admin()) {
      assertThat(data.resources().getLast().resource().attributes().get("kafka.cluster.id"))
          .isEqualTo(a.describeCluster().clusterId().get(30, TimeUnit.SECONDS));
    }
    List<String> points = points(data);
    assertThat(points.getFirst()).isEqualTo("kafka.brokers{} 1");
    assertThat(points.get(1)).matches("kafka.broker.log_retention_period\\{broker=\\d+} 604800");
    assertThat(points)
        .contains(
            "kafka.topic.partitions{topic=orders} 2",
            "kafka.topic.partitions{topic=bills} 1",
            "kafka.partition.current_offset{partition=0, topic=orders} 7",
            "kafka.partition.current_offset{partition=1, topic=orders} 3",
            "kafka.partition.oldest_offset{partition=0, topic=orders} 2",
            "kafka.partition.oldest_offset{partition=1, topic=orders} 0",
            "kafka.partition.replicas{partition=1, topic=orders} 1",
            "kafka.partition.replicas_in_sync{partition=1, topic=orders} 1",
            "kafka.topic.replication_factor{topic=orders} 1",
            "kafka.topic.min_insync_replicas{topic=orders} 1",
            "kafka.topic.log_retention_period{topic=orders} 86400",
            "kafka.topic.log_retention_size{topic=orders} -1")
        .noneMatch(p -> p.contains("hidden"));
    Metric brokers = data.resources().getFirst().scopes().getFirst().items().getFirst();
    assertThat(brokers.unit()).isEqualTo("{brokers}");
    assertThat(brokers.data())
        .isInstanceOfSatisfying(MetricData.Sum.class, s -> assertThat(s.isMonotonic()).isFalse());
  }

  @Test
  void collectsConsumersAndTheirLag() throws Exception {
    try (KafkaConsumer<byte[], byte[]> c =
            new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.address(), "group.id", "shop"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        KafkaConsumer<byte[], byte[]> other =
            new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.address(), "group.id", "other"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
      c.assign(List.of(new TopicPartition("orders", 0)));
      c.commitSync(
          Map.of(
              new TopicPartition("orders", 0), new OffsetAndMetadata(4),
              new TopicPartition("orders", 1), new OffsetAndMetadata(3),
              new TopicPartition("_hidden", 0), new OffsetAndMetadata(0)));
      other.assign(List.of(new TopicPartition("orders", 0)));
      other.commitSync(Map.of(new TopicPartition("orders", 0), new OffsetAndMetadata(5)));
      assertThat(points(look("scrapers: [consumers]\ngroup_match: ^sh\n")))
          .containsExactlyInAnyOrder(
              "kafka.consumer_group.members{group=shop} 0",
              "kafka.consumer_group.offset{group=shop, partition=0, topic=orders} 4",
              "kafka.consumer_group.offset{group=shop, partition=1, topic=orders} 3",
              "kafka.consumer_group.lag{group=shop, partition=0, topic=orders} 3",
              "kafka.consumer_group.lag{group=shop, partition=1, topic=orders} 0",
              "kafka.consumer_group.offset_sum{group=shop, topic=orders} 7",
              "kafka.consumer_group.lag_sum{group=shop, topic=orders} 3");
    }
  }

  @Test
  void emitsNothingWithoutMatches() throws Exception {
    assertThat(
            points(
                look(
                    """
                    scrapers: [brokers, topics, consumers]
                    topic_match: ^nothing$
                    group_match: ^nothing$
                    metrics: {kafka.topic.min_insync_replicas: {enabled: true}}
                    """)))
        .containsExactly("kafka.brokers{} 1");
  }

  @Test
  void unreachableClusterCostsOnlyOneRound() throws Exception {
    Receiver r =
        receiver(
            """
            initial_delay: 1ms
            collection_interval: 100ms
            timeout: 300ms
            scrapers: [brokers, topics, consumers]
            brokers: ['127.0.0.1:%d']
            """
                .formatted(Ports.free()));
    r.start();
    assertThat(arrivals.poll(1, TimeUnit.SECONDS)).isNull();
    r.stop(Duration.ofSeconds(20)); // recovers
  }

  @Test
  void reportsInvalidSettings() {
    assertThatThrownBy(() -> receiver("brokers: ['a:1']"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("scrapers");
    assertThatThrownBy(() -> receiver("scrapers: []"))
        .hasMessageContaining("at least one of brokers, topics and consumers");
    assertThatThrownBy(() -> receiver("scrapers: [queues]")).hasMessageContaining("queues");
    assertThatThrownBy(() -> receiver("scrapers: [topics]\ntopic_match: '['"))
        .hasMessageContaining("a.yml:2:14: error parsing regexp");
    assertThatThrownBy(() -> receiver("scrapers: [topics]\nmetrics: {kafka.nothing: {}}"))
        .hasMessageContaining("kafka.nothing");
    assertThat(receiver("scrapers: [topics]\nprotocol_version: 2.0.0\nrefresh_frequency: 5m"))
        .isNotNull();
  }
}
