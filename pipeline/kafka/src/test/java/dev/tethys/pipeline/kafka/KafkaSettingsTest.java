package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.naming.NameTemplate;
import org.junit.jupiter.api.Test;

class KafkaSettingsTest {
  private static KafkaExporterSettings exporter(String yaml) {
    return KafkaExporterSettings.TYPE.read(YamlDocument.parse("a.yml", null, yaml).root());
  }

  private static KafkaReceiverSettings receiver(String yaml) {
    return KafkaReceiverSettings.TYPE.read(YamlDocument.parse("a.yml", null, yaml).root());
  }

  @Test
  void defaultsAreTheCollectorsButNothingIsLost() {
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

  @Test
  void securityBecomesPropertiesOfTheClient() {
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

  @Test
  void saysWhatIsWrongAndWhere() {
    wrong("brokers: [a]", "a.yml:1:10: \"a\" is no host:port");
    wrong("metrics: {encoding: raw}", "1:21");
    wrong("topics: a", "unknown key");
    wrong("partition_traces_by_id: true", "partition_traces_by_id");
    wrong("tls: {cert_pem: x}", "wants both a certificate and a key");
    wrong("tls: {ca_file: /no/such/file}", "/no/such/file");
    wrong("tls: {ca_pem: authorities}", "a.yml:1:6: tls: ");
    wrong("auth: {sasl: {username: a, password: b, mechanism: GSSAPI}}", "is not built");
    wrong("producer: {compression: snappy, compression_params: {level: 1}}", "has no levels");
    assertThatThrownBy(() -> receiver("message_marking: {after: false}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("records are done after their delivery");
    assertThatThrownBy(() -> receiver("logs: {topics: ['^(']}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is no regular expression");
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
