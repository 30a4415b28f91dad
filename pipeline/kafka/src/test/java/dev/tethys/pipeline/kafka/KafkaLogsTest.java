package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.collect.logs.file.Positions;
import dev.tethys.config.ConfigException;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.web.client.HttpClientFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Lines from topics of a real broker. */
@Timeout(180)
@Tag("slow")
class KafkaLogsTest {
  @TempDir static Path dir;
  private static KafkaBroker broker;

  private final BlockingQueue<LogEntry> entries = new LinkedBlockingQueue<>();
  private final HttpClientFactory http = new HttpClientFactory("test");
  private final List<LogSource> sources = new ArrayList<>();

  @BeforeAll
  static void begin() throws Exception {
    broker = new KafkaBroker(dir);
  }

  @AfterAll
  static void end() throws Exception {
    broker.close();
  }

  @AfterEach
  void stop() {
    sources.forEach(LogSource::close);
    http.close();
  }

  private static <T> T read(Type<T> type, String yaml) {
    YamlDocument d = YamlDocument.parse("promtail.yml", null, yaml);
    T t = type.read(d.root());
    d.refuseNotBuilt();
    return t;
  }

  private LogSource source(String yaml) throws Exception {
    Positions positions =
        new Positions(
            new RealFiles(), dir.resolve("positions.yaml"), false, false, InstantSource.system());
    SourceContext context =
        new SourceContext(
            "job",
            entries::add,
            RelabelConfig.read(
                YamlDocument.parse(
                        "r.yml",
                        null,
                        "- {action: labelmap, regex: '__(.+)', replacement: 'was_$1'}")
                    .root(),
                NameScheme.LEGACY),
            positions,
            new SourceMetrics(new Registry()),
            InstantSource.system(),
            http);
    LogSource s =
        read(KafkaLogs.TYPE, "brokers: ['" + broker.address() + "']\n" + yaml).source(context);
    sources.add(s);
    s.start();
    return s;
  }

  private LogEntry next() throws InterruptedException {
    LogEntry e = entries.poll(60, TimeUnit.SECONDS);
    assertThat(e).as("nothing arrived").isNotNull();
    return java.util.Objects.requireNonNull(e);
  }

  private static void send(String topic, String key, String... lines) throws Exception {
    try (KafkaProducer<byte[], byte[]> p =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.address()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (String l : lines) {
        p.send(
                new ProducerRecord<>(
                    topic,
                    0,
                    1_700_000_000_123L,
                    key.isEmpty() ? null : key.getBytes(StandardCharsets.UTF_8),
                    l.getBytes(StandardCharsets.UTF_8)))
            .get();
      }
    }
  }

  @Test
  void readsRecordsAsLinesAndRepeatsUndeliveredOnes() throws Exception {
    broker.topic("lines", 1);
    send("lines", "", "one", "two", "three", "four");
    LogSource first = source("topics: [lines]\nlabels: {a: b}\nuse_incoming_timestamp: true");
    LogEntry one = next();
    LogEntry two = next();
    LogEntry three = next();
    assertThat(List.of(one.line(), two.line(), three.line(), next().line()))
        .containsExactly("one", "two", "three", "four");
    assertThat(one.timestamp()).isEqualTo(1_700_000_000_123_000_000L);
    assertThat(one.labels().toMap())
        .containsEntry("a", "b")
        .containsEntry("was_meta_kafka_topic", "lines")
        .containsEntry("was_meta_kafka_partition", "0")
        .containsEntry("was_meta_kafka_group_id", "promtail")
        .containsEntry("was_meta_kafka_message_key", "none")
        .containsKey("was_meta_kafka_member_id");
    one.settle();
    three.settle(); // does not go past the second
    assertThat(first.isDelivered()).isFalse();
    first.close();

    source("topics: [lines]");
    List<String> again = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      LogEntry e = next();
      again.add(e.line());
      e.settle();
    }
    assertThat(again).containsExactly("two", "three", "four");
    send("lines", "key", "five");
    LogEntry five = next();
    assertThat(five.line()).isEqualTo("five");
    assertThat(five.labels().toMap()).containsEntry("was_meta_kafka_message_key", "key");
  }

  @Test
  void findsTopicsByPattern() throws Exception {
    broker.topic("app-a", 1);
    broker.topic("app-b", 1);
    broker.topic("other", 1);
    send("app-a", "", "a");
    send("app-b", "", "b");
    send("other", "", "no");
    source("topics: ['^app']\ngroup_id: patterns\nassignor: roundrobin");
    assertThat(List.of(next().line(), next().line())).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void reportsInvalidSettings() {
    for (String[] m :
        new String[][] {
          {"brokers: [x]\ntopics: [t]", "is not host:port"},
          {"brokers: ['x:1']\ntopics: []", "no topics"},
          {"brokers: ['x:1']\ntopics: ['^(']", "invalid pattern"},
          {"brokers: ['x:1']\ntopics: [t]\nassignor: best", "range, sticky or roundrobin"},
          {"brokers: ['x:1']\ntopics: [t]\nauthentication: {type: kerberos}", "none, ssl or sasl"},
          {
            "brokers: ['x:1']\ntopics: [t]\nauthentication: {type: sasl}", "sasl_config is required"
          },
          {
            "brokers: ['x:1']\ntopics: [t]\n"
                + "authentication: {type: sasl, sasl_config: {mechanism: GSSAPI}}",
            "unsupported sasl mechanism"
          }
        }) {
      assertThatThrownBy(() -> read(KafkaLogs.TYPE, m[0]))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(m[1]);
    }
  }

  @Test
  void passesSecuritySettingsToTheClient() {
    KafkaLogs k =
        read(
            KafkaLogs.TYPE,
            """
            brokers: ['x:1']
            topics: [t]
            version: 2.2.1
            authentication:
              type: sasl
              sasl_config:
                mechanism: SCRAM-SHA-512
                user: me
                password: 'a"b'
                use_tls: true
                insecure_skip_verify: true
            """);
    assertThat(k.consumer())
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.mechanism", "SCRAM-SHA-512")
        .containsEntry("ssl.engine.factory.class", TlsEngines.class)
        .containsEntry("auto.offset.reset", "earliest");
    assertThat((String) k.consumer().get("sasl.jaas.config"))
        .contains("ScramLoginModule required username=\"me\" password=\"a\\\"b\"");
    KafkaLogs azure =
        read(
            KafkaLogs.EVENT_HUBS_TYPE,
            """
            fully_qualified_namespace: my.servicebus.windows.net:9093
            event_hubs: [hub]
            connection_string: Endpoint=sb://my/;SharedAccessKey=x
            """);
    assertThat(azure.consumer())
        .containsEntry("bootstrap.servers", "my.servicebus.windows.net:9093")
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.mechanism", "PLAIN");
    assertThat((String) azure.consumer().get("sasl.jaas.config"))
        .contains("username=\"$ConnectionString\" password=\"Endpoint=sb://my/");
  }
}
