package dev.tethys.pipeline.kafka;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.naming.NameTemplate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.security.auth.Subject;
import org.apache.kafka.common.security.scram.ScramLoginModule;
import org.junit.jupiter.api.Test;

class KafkaSettingsTest {
  private static KafkaExporterSettings exporter(String yaml) {
    return KafkaExporterSettings.TYPE.read(YamlDocument.parse("a.yml", null, yaml).root());
  }

  private static KafkaReceiverSettings receiver(String yaml) {
    return KafkaReceiverSettings.TYPE.read(YamlDocument.parse("a.yml", null, yaml).root());
  }

  @Test
  void appliesCommonSettingsToSignalsWithoutOwnOnes() {
    KafkaExporterSettings e =
        exporter(
            "{topic: all, encoding: otlp_json, logs: {topic: mine}, traces: {encoding: otlp_proto}}");
    assertThat(Objects.requireNonNull(e.topics().get(Signal.LOGS)).name().ofNothing())
        .isEqualTo("mine");
    assertThat(Objects.requireNonNull(e.topics().get(Signal.LOGS)).encoding().word())
        .isEqualTo("otlp_json");
    assertThat(Objects.requireNonNull(e.topics().get(Signal.TRACES)).name().ofNothing())
        .isEqualTo("all");
    assertThat(Objects.requireNonNull(e.topics().get(Signal.TRACES)).encoding().word())
        .isEqualTo("otlp_proto");
    assertThat(Objects.requireNonNull(e.topics().get(Signal.METRICS)).name().ofNothing())
        .isEqualTo("all");
    assertThatThrownBy(() -> exporter("{encoding: nonsense}")).hasMessageContaining("nonsense");
  }

  @Test
  void usesTheCollectorsDefaultsWithoutLoss() {
    KafkaExporterSettings e = exporter("{}");
    assertThat(e.topics().get(Signal.METRICS))
        .isEqualTo(
            new KafkaExporterSettings.Topic(
                NameTemplate.fixed("otlp_metrics"), RecordEncoding.OTLP_PROTO, "", ""));
    assertThat(e.properties())
        .containsEntry("bootstrap.servers", "localhost:9092")
        .containsEntry("acks", "all")
        .containsEntry("security.protocol", "PLAINTEXT");
    KafkaReceiverSettings r = receiver("{}");
    assertThat(r.consumer())
        .containsEntry("group.id", "otel-collector")
        .containsEntry("auto.offset.reset", "latest")
        .containsEntry("enable.auto.commit", false);
  }

  /** Blocks of the README of the Collector's receiver, and supported older ones. */
  @Test
  void readsTheCollectorsBlocks() {
    YamlDocument d =
        YamlDocument.parse(
            "a.yml",
            null,
            """
            logs: {topics: ['^logs-'], exclude_topics: ['-test$', '^logs-old']}
            metrics: {topic: m}
            traces: {topics: ['^t'], exclude_topic: '^tmp'}
            error_backoff: {enabled: true, initial_interval: 2s, max_interval: 10s, multiplier: 1.5,
              randomization_factor: 0.5, max_elapsed_time: 1m}
            partition_processing: {independent: true, max_buffered_batches: 2}
            use_leader_epoch: false
            conn_idle_timeout: 3m
            group_rebalance_strategy: range
            telemetry: {metrics: {kafka_receiver_records_delay: {enabled: false}}}
            autocommit: {enable: false}
            message_marking: {after: false, on_permanent_error: false}
            metadata: {full: false, retry: {max: 10}}
            auth: {plain_text: {username: me, password: secret}, tls: {insecure_skip_verify: true}}
            """);
    KafkaReceiverSettings r = KafkaReceiverSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    assertThat(r.consumer())
        .containsEntry("client.id", "otel-collector")
        .containsEntry("connections.max.idle.ms", 180_000L)
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.mechanism", "PLAIN");
    assertThat(String.valueOf(r.consumer().get("partition.assignment.strategy")))
        .contains("RangeAssignor");
    KafkaReceiverSettings.Topics logs = Objects.requireNonNull(r.topics().get(Signal.LOGS));
    assertThat(logs.names()).containsExactly("^logs-");
    for (String in : List.of("logs-a", "logs-test-b")) {
      assertThat(logs.mean(in)).as(in).isTrue();
      assertThat(logs.pattern().matcher(in).matches()).as(in).isTrue();
    }
    for (String out : List.of("logs-test", "logs-old-1", "other")) {
      assertThat(logs.mean(out)).as(out).isFalse();
      assertThat(logs.pattern().matcher(out).matches()).as(out).isFalse();
    }
    assertThat(requireNonNull(r.topics().get(Signal.METRICS)).names()).containsExactly("m");
    assertThat(requireNonNull(r.topics().get(Signal.TRACES)).mean("tmp1")).isFalse();
    RedeliveryBackoff p = r.pauses();
    assertThat(p.ofBrokers()).isEqualTo(Duration.ofSeconds(2));
    assertThat(new RedeliveryBackoff(Duration.ZERO, Duration.ZERO, 1, 0).ofBrokers())
        .isEqualTo(Duration.ofMillis(250));
    assertThat(p.after(Duration.ofSeconds(2))).isEqualTo(Duration.ofSeconds(3));
    assertThat(p.after(Duration.ofSeconds(9))).isEqualTo(Duration.ofSeconds(10));
    assertThat(p.spread(Duration.ofSeconds(4), 0)).isEqualTo(Duration.ofSeconds(2));
    assertThat(p.spread(Duration.ofSeconds(4), 1)).isEqualTo(Duration.ofSeconds(6));
  }

  @Test
  void convertsSecurityToClientProperties() {
    KafkaExporterSettings e =
        exporter(
            """
            tls: {insecure_skip_verify: true, server_name_override: kafka.example.org, min_version: "1.3"}
            auth: {sasl: {username: me, password: 'a"b', mechanism: SCRAM-SHA-512}}
            producer: {required_acks: 1, compression: zstd, compression_params: {level: 3}}
            """);
    assertThat(e.properties())
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("ssl.engine.factory.class", TlsEngines.class)
        .containsEntry("sasl.mechanism", "SCRAM-SHA-512")
        .containsEntry("compression.zstd.level", 3)
        .containsEntry("enable.idempotence", false)
        .containsEntry("acks", "1");
    assertThat(e.properties().get(TlsEngines.CONFIG))
        .isInstanceOfSatisfying(
            TlsConfig.class,
            c -> {
              assertThat(c.serverName()).isEqualTo("kafka.example.org");
              assertThat(c.insecureSkipVerify()).isTrue();
              assertThat(c.minVersion()).isEqualTo(TlsConfig.TlsVersion.TLS13);
            });
    assertThat(String.valueOf(e.properties().get("sasl.jaas.config")))
        .endsWith("ScramLoginModule required username=\"me\" password=\"a\\\"b\";");
    assertThat(exporter("tls: {insecure: true}").properties())
        .containsEntry("security.protocol", "PLAINTEXT");
  }

  /** Kafka's own module shows the message to the broker. */
  @Test
  void usesDelegationTokensWithScram() {
    String jaas =
        String.valueOf(
            exporter(
                    "auth: {sasl: {mechanism: SCRAM-SHA-256, username: id, password: 'aG1hYw==',"
                        + " delegation_token: true}}")
                .properties()
                .get("sasl.jaas.config"));
    Map<String, String> options = new HashMap<>();
    Matcher m = Pattern.compile("(\\w+)=\"([^\"]*)\"").matcher(jaas);
    while (m.find()) {
      options.put(m.group(1), m.group(2));
    }
    Subject subject = new Subject();
    new ScramLoginModule().initialize(subject, c -> {}, Map.of(), options);
    assertThat(subject.getPublicCredentials())
        .contains("id", Map.of(ScramLoginModule.TOKEN_AUTH_CONFIG, "true"));
    assertThat(subject.getPrivateCredentials()).contains("aG1hYw==");
    assertThatThrownBy(
            () -> exporter("auth: {sasl: {username: a, password: b, delegation_token: true}}"))
        .hasMessageContaining("delegation_token requires the mechanism SCRAM");
  }

  @Test
  void usesTheDefaultPortOfKafka() {
    assertThat(exporter("brokers: [kafka, 'other:1']").properties())
        .containsEntry("bootstrap.servers", "kafka:9092,other:1");
  }

  @Test
  void appliesThePartitioner() {
    assertThat(exporter("record_partitioner: {sticky_key: {}}").properties())
        .containsEntry("partitioner.class", SaramaPartitioner.class.getName());
    assertThat(exporter("record_partitioner: {sticky_key: {hasher: murmur2}}").properties())
        .doesNotContainKey("partitioner.class");
    assertThat(exporter("record_partitioner: {round_robin: {}}").properties())
        .containsEntry(
            "partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner");
    assertThat(exporter("record_partitioner: {least_backup: {}}").properties())
        .containsEntry("partitioner.ignore.keys", true);
    KafkaExporterSettings gathered =
        exporter("producer: {flush_max_messages: 7, batch_size: 4096}");
    assertThat(gathered.maxRecords()).isEqualTo(7);
    assertThat(gathered.properties()).containsEntry("batch.size", 4096);
    assertThat(exporter("producer: {linger: 1s}").maxRecords()).isEqualTo(10_000);
    assertThat(exporter("producer: {max_broker_write_bytes: 5000000}").properties())
        .containsEntry("max.request.size", 5_016_384);
  }

  @Test
  void appliesTheCommonTopicAndEncoding() {
    KafkaReceiverSettings s =
        receiver("{topic: all, encoding: jaeger_json, logs: {topic: own, encoding: raw}}");
    assertThat(s.topics().get(Signal.TRACES))
        .isEqualTo(
            new KafkaReceiverSettings.Topics(
                List.of("all"), List.of(), new RecordEncoding.Reading(RecordEncoding.JAEGER_JSON)));
    assertThat(s.topics().get(Signal.LOGS))
        .isEqualTo(
            new KafkaReceiverSettings.Topics(
                List.of("own"), List.of(), new RecordEncoding.Reading(RecordEncoding.RAW)));
    assertThat(java.util.Objects.requireNonNull(s.topics().get(Signal.METRICS)).reading())
        .as("metrics are not read from spans of Jaeger")
        .isNull();
    assertThatThrownBy(() -> receiver("encoding: nothing_of_it"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("nothing_of_it");
    assertThatThrownBy(() -> receiver("topic: 'a b'"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is not a valid topic name");
  }

  @Test
  void reportsErrorsWithPosition() {
    wrong("brokers: ['a:']", "a.yml:1:10: \"a:\" is not host:port");
    wrong("metrics: {encoding: raw}", "1:21");
    wrong("topics: a", "unknown key");
    wrong("record_partitioner: {round_robin: {}, sticky_key: {}}", "at most one partitioner");
    wrong("record_partitioner: {extension: x}", "extension");
    wrong("producer: {flush_max_messages: -1}", "flush_max_messages must be 0 to");
    wrong("producer: {max_broker_write_bytes: 1000}", "at least max_message_bytes");
    wrong(
        "{partition_logs_by_trace_id: true, partition_logs_by_resource_attributes: true}",
        "at most one of");
    wrong(
        "{partition_traces_by_id: true, traces: {message_key_from_metadata_key: k}}",
        "are mutually exclusive");
    wrong(
        "{partition_metrics_by_resource_attributes: true, metrics: {encoding: remote_write}}",
        "have keys by series");
    wrong("tls: {cert_pem: x}", "requires both a certificate and a key");
    wrong("tls: {ca_file: /no/such/file}", "/no/such/file");
    wrong("tls: {ca_pem: authorities}", "a.yml:1:6: tls: ");
    wrong("auth: {sasl: {username: a, password: b, mechanism: GSSAPI}}", "is not supported");
    wrong("producer: {compression: snappy, compression_params: {level: 1}}", "has no levels");
    assertThatThrownBy(() -> receiver("message_marking: {on_error: true}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("that would lose records");
    assertThatThrownBy(() -> receiver("logs: {topics: [a], exclude_topics: [b]}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("requires a topic that begins with ^");
    assertThatThrownBy(() -> receiver("tls: {}\nauth: {tls: {}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("tls is set twice");
    assertThatThrownBy(
            () -> receiver("group_rebalance_strategy: range\ngroup_rebalance_strategies: [range]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("group_rebalance_strategy");
    assertThatThrownBy(() -> receiver("logs: {topics: ['^(']}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is not a valid regular expression");
  }

  private static void wrong(String yaml, String message) {
    YamlDocument document = YamlDocument.parse("a.yml", null, yaml);
    assertThatThrownBy(
            () -> {
              KafkaExporterSettings.TYPE.read(document.root());
              document.refuseNotBuilt();
            })
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
