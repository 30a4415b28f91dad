package dev.tethys.app.clymene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.app.collector.CollectorRole;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlLayers;
import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.kafka.KafkaExporterFactory;
import dev.tethys.pipeline.kafka.KafkaReceiverFactory;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("contrib")
class ClymeneGraphTest {
  private static String yaml(ClymeneRole role, Map<String, String> environment, String... flags) {
    return yaml(ClymeneFlags.read(role, List.of(flags), environment));
  }

  /** As {@code migrate clymene} prints it, which has to be a configuration. */
  static String yaml(ClymeneFlags flags) {
    try {
      return ClymeneGraph.yaml(flags, CollectorRole::check);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void readsVariablesLikeGo() {
    Map<String, String> storage = Map.of("STORAGE_TYPE", "elasticsearch");
    String plain = yaml(ClymeneRole.INGESTER, storage);
    String sniffing = yaml(ClymeneRole.INGESTER, storage, "--es.sniffer");
    assertThat(sniffing).isNotEqualTo(plain);
    for (String yes : List.of("true", "True", "TRUE", "t", "T", "1")) {
      assertThat(
              yaml(
                  ClymeneRole.INGESTER, Map.of("STORAGE_TYPE", "elasticsearch", "ES_SNIFFER", yes)))
          .isEqualTo(sniffing);
    }
    assertThat(
            yaml(ClymeneRole.INGESTER, Map.of("STORAGE_TYPE", "elasticsearch", "ES_SNIFFER", "0")))
        .isEqualTo(plain);
    assertThatThrownBy(
            () ->
                yaml(
                    ClymeneRole.INGESTER,
                    Map.of("STORAGE_TYPE", "elasticsearch", "ES_SNIFFER", "yes")))
        .isInstanceOf(UsageException.class)
        .hasMessage("--es.sniffer=yes: expected true or false");
  }

  /** As files of variables have them for what is left to its default. */
  @Test
  void ignoresEmptyVariables() {
    assertThat(
            yaml(
                ClymeneRole.INGESTER,
                Map.of(
                    "STORAGE_TYPE",
                    "",
                    "ES_BULK_SIZE",
                    "",
                    "ES_SERVER_URLS",
                    "",
                    "ES_SNIFFER",
                    "",
                    "KAFKA_CONSUMER_BROKERS",
                    "")))
        .isEqualTo(yaml(ClymeneRole.INGESTER, Map.of("STORAGE_TYPE", "elasticsearch")));
  }

  /** The topology of its README: agents to Kafka, flags and variables mixed. */
  @Test
  void agentWritesToKafkaAndPrometheus() {
    assertThat(
            yaml(
                ClymeneRole.AGENT,
                Map.of(
                    "STORAGE_TYPE",
                    "kafka,prometheus",
                    "KAFKA_PRODUCER_BROKERS",
                    "a:9092, b:9092",
                    "KAFKA_PRODUCER_TOPIC",
                    "not this one"),
                "--config.file=/etc/c.yml",
                "--kafka.producer.topic=metrics",
                "--kafka.producer.encoding=json",
                "--kafka.producer.flatten-for-druid",
                "--kafka.producer.required-acks=local",
                "--prometheus.remote.url=http://p:9090/api/v1/write"))
        .isEqualTo(
            """
            receivers:
              prometheus:
                config: '${file:/etc/c.yml}'
            exporters:
              kafka:
                brokers:
                - a:9092
                - b:9092
                client_id: clymene
                metrics:
                  topic: metrics
                  encoding: clymene_flat
                producer:
                  required_acks: '1'
              prometheus_remote_write:
                endpoint: http://p:9090/api/v1/write
                timeout: 10s
            extensions:
              health_check:
                endpoint: 0.0.0.0:15691
            service:
              extensions:
              - health_check
              pipelines:
                metrics:
                  receivers:
                  - prometheus
                  exporters:
                  - kafka
                  - prometheus_remote_write
              telemetry:
                logs:
                  level: info
                metrics:
                  readers:
                  - pull:
                      exporter:
                        prometheus:
                          host: 0.0.0.0
                          port: 15692
            """);
  }

  @Test
  void escapesDollarSignsOfScrapeConfigs(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("clymene.yml");
    Files.writeString(
        file,
        """
        scrape_configs:
        - job_name: a
          relabel_configs:
          - {source_labels: [x], target_label: y, replacement: '/nodes/${1}/metrics'}
        """);
    assertThat(
            yaml(ClymeneRole.AGENT, Map.of("STORAGE_TYPE", "prometheus"), "--config.file=" + file))
        .contains("          target_label: y\n")
        .contains("          replacement: '/nodes/$${1}/metrics'\n");
  }

  @Test
  void gatewayRunsBehindTls() {
    String y =
        yaml(
            ClymeneRole.PROMTAIL_GATEWAY,
            Map.of("STORAGE_TYPE", "kafka"),
            "--gateway.grpc.tls.enabled",
            "--gateway.grpc.tls.cert=c.pem",
            "--gateway.grpc.tls.key=k.pem");
    assertThat(y)
        .contains("      endpoint: 0.0.0.0:15610\n      tls:\n        cert_file: c.pem\n")
        .contains("    logs:\n      topic: clymene-logs\n      encoding: clymene_logs\n")
        .contains("    logs:\n      receivers:\n      - clymene\n");
  }

  @Test
  void ingesterSendsToAGateway() {
    String y =
        yaml(
            ClymeneRole.INGESTER,
            Map.of("STORAGE_TYPE", "gateway", "KAFKA_CONSUMER_GROUP_ID", "g"),
            "--kafka.consumer.authentication=plaintext",
            "--kafka.consumer.plaintext.username=u",
            "--kafka.consumer.plaintext.password=p",
            "--gateway.grpc.host-port=x:1,y:2");
    assertThat(y)
        .contains("    group_id: g\n    initial_offset: earliest\n")
        .contains("        username: u\n        password: p\n        mechanism: PLAIN\n")
        .contains(
            "      endpoints:\n      - x:1\n      - y:2\n      tls:\n        insecure: true\n");
  }

  /** A record holds what an agent sent at once: written one by one, a backlog takes hours. */
  @Test
  void ingesterJoinsRecordsBeforeWriting() {
    for (String storage :
        List.of("prometheus", "cortex", "elasticsearch", "opentsdb", "tdengine")) {
      assertThat(yaml(ClymeneRole.INGESTER, Map.of("STORAGE_TYPE", storage)))
          .as(storage)
          .contains("      batch:\n        flush_timeout: 200ms\n        min_size: 8192\n");
      assertThat(yaml(ClymeneRole.GATEWAY, Map.of("STORAGE_TYPE", storage)))
          .as(storage)
          .doesNotContain("batch:");
    }
    for (String remoteWrite : List.of("prometheus", "cortex")) {
      assertThat(yaml(ClymeneRole.INGESTER, Map.of("STORAGE_TYPE", remoteWrite)))
          .as("one consumer, so that no series gets ahead of others in %s", remoteWrite)
          .contains("num_consumers: 1\n");
    }
    assertThat(
            yaml(
                ClymeneRole.INGESTER,
                Map.of("STORAGE_TYPE", "elasticsearch"),
                "--es.bulk.workers=3"))
        .contains("    sending_queue:\n      num_consumers: 3\n      batch:\n");
  }

  @Test
  void kafkaComponentsAcceptGeneratedSettings() {
    Map<String, String> environment = Map.of("STORAGE_TYPE", "kafka");
    YamlDocument d =
        YamlDocument.parse(
            "graph.yml",
            null,
            yaml(
                ClymeneRole.INGESTER,
                environment,
                "--kafka.producer.compression=zstd",
                "--kafka.producer.compression-level=3",
                "--kafka.producer.required-acks=all",
                "--kafka.producer.batch-linger=5ms",
                "--kafka.consumer.encoding=json"));
    ReceiverFactory<?> receiver = new KafkaReceiverFactory();
    ExporterFactory<?> exporter = new KafkaExporterFactory();
    assertThat(receiver.settings().read(at(d.root(), "receivers", "kafka"))).isNotNull();
    assertThat(exporter.settings().read(at(d.root(), "exporters", "kafka"))).isNotNull();
    d.refuseNotBuilt();
  }

  /** Graphs are complete: every component of them is there and takes what is written. */
  @Test
  void everyProgramTranslatesToARunnableGraph(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("clymene.yml");
    Files.writeString(
        file,
        """
        global: {scrape_interval: 5s, external_labels: {dc: '$DC'}}
        rule_files: [rules.yml]
        scrape_configs:
        - job_name: a
          static_configs: [{targets: ['localhost:1']}]
          metric_relabel_configs: [{regex: '(.*)', replacement: '$1', target_label: x}]
        """);
    List<String> flags = List.of("--config.file=" + file, "--metric.split.length=100");
    for (ClymeneRole role : ClymeneRole.values()) {
      for (String storage : new String[] {"kafka,prometheus,cortex,gateway", "kafka,gateway"}) {
        boolean agent = role == ClymeneRole.AGENT;
        if (!role.metrics() && storage.contains("prometheus") || role == ClymeneRole.PROMTAIL) {
          continue;
        }
        ClymeneFlags f =
            ClymeneFlags.read(
                role,
                agent ? flags : List.of(),
                Map.of("STORAGE_TYPE", storage, "GATEWAY_SERVICE_TYPE", agent ? "http" : "grpc"));
        runs(yaml(f));
        CollectorRole.check(ClymeneGraph.document(f));
        if (role == ClymeneRole.GATEWAY) {
          YamlDocument everything = ClymeneGraph.documentOfEverything(f);
          CollectorRole.check(everything);
          assertThat(everything.root().asTree().toString())
              .contains("metrics={receivers=[gateway]")
              .contains("kafka/logs", "clymene/logs", "include_metadata=true");
        }
      }
    }
    CollectorRole.check(
        ClymeneGraph.documentOfEverything(
            ClymeneFlags.read(
                ClymeneRole.GATEWAY, List.of(), Map.of("STORAGE_TYPE", "prometheus"))));
  }

  /** What a collector makes of the printed text. */
  static void runs(String yaml) {
    CollectorRole.check(new YamlLayers(Map.of()).add("printed", yaml).document());
  }

  private static YamlNode at(YamlNode node, String... path) {
    YamlNode n = node;
    for (String p : path) {
      n = java.util.Objects.requireNonNull(n.entries().get(p), p).value();
    }
    return n;
  }

  @Test
  void agentWritesToDatabases() {
    String yaml =
        yaml(
            ClymeneRole.AGENT,
            Map.of(
                "STORAGE_TYPE", "influxdb,elasticsearch", "ES_SERVER_URLS", "https://elastic:9200"),
            "--es.username=u",
            "--es.password=p",
            "--es.tls.enabled",
            "--es.tls.ca=/ca.pem",
            "--influxdb.token=t",
            "--influxdb.org=o",
            "--influxdb.bucket=b",
            "--influxdb.write.default-tags=dc=here,env=x");
    assertThat(yaml)
        .contains(
            """
            exporters:
              influxdb:
                endpoint: http://localhost:8086
                token: t
                org: o
                bucket: b
                metrics_schema: clymene
                compression: none
                timeout: 10s
                max_samples_per_send: 5000
                default_tags:
                  dc: here
                  env: x
              elasticsearch:
                endpoint: https://elastic:9200
                user: u
                password: p
                metrics_index: clymene-metrics
                metrics_schema: clymene
                data_stream: false
                create_template: false
                max_request_bytes: 5000000
                max_samples_per_send: 1000
                sending_queue:
                  num_consumers: 1
                tls:
                  insecure: false
                  ca_file: /ca.pem
            """);
    Components components = BuiltIn.components();
    String readable =
        yaml.replace("'${file:/etc/clymene/clymene.yml}'", "{scrape_configs: [{job_name: x}]}");
    assertThat(
            GraphConfig.read(YamlDocument.parse("graph", null, readable), components, false)
                .pipelines())
        .hasSize(1);
  }

  @Test
  void writesToEveryDatabaseOfClymene() {
    String yaml =
        yaml(
            ClymeneRole.GATEWAY,
            Map.of("STORAGE_TYPE", "opentsdb,tdengine,kdb"),
            "--opentsdb.hosts=a:4242,b",
            "--opentsdb.max-tags=16",
            "--tdengine.hostname=td",
            "--tdengine.password=p",
            "--kdb.host-port=tick:5010",
            "--kdb.username=u");
    assertThat(yaml)
        .contains(
            """
            exporters:
              opentsdb/1:
                endpoint: telnet://a:4242
                timeout: 10s
                max_tags: 16
                max_samples_per_send: 512
              opentsdb/2:
                endpoint: telnet://b:4242
                timeout: 10s
                max_tags: 16
                max_samples_per_send: 512
              tdengine:
                endpoint: http://td:6041
                username: root
                password: p
                database: clymene
                protocol: sql
                table: metrics
                max_samples_per_send: 4096
              kdb:
                endpoint: tick:5010
                username: u
                mode: tickerplant
                timeout: 30s
                tls:
                  insecure: true
            """);
    String logs =
        yaml(
            ClymeneRole.PROMTAIL_GATEWAY,
            Map.of("STORAGE_TYPE", "loki"),
            "--loki.client.url=http://loki:3100/loki/api/v1/push");
    assertThat(logs)
        .contains(
            """
              loki:
                endpoint: http://loki:3100/loki/api/v1/push
                timeout: 10s
            """);
    Components components = BuiltIn.components();
    for (String y : new String[] {yaml, logs}) {
      assertThat(
              GraphConfig.read(YamlDocument.parse("graph", null, y), components, false).pipelines())
          .hasSize(1);
    }
  }

  @Test
  void rejectsUntranslatableSettings() {
    wrong(
        ClymeneRole.AGENT,
        "opentsdb",
        "the path must end with api/put",
        "--opentsdb.http",
        "--opentsdb.http-api-path=put");
    wrong(ClymeneRole.AGENT, "loki", "loki does not support metrics");
    wrong(ClymeneRole.PROMTAIL_GATEWAY, "tdengine", "tdengine does not support logs");
    wrong(ClymeneRole.PROMTAIL_INGESTER, "influxdb", "influxdb does not support logs");
    wrong(
        ClymeneRole.PROMTAIL,
        "loki",
        "must be name=value",
        "--clymene-promtail.external-labels=a,b");
    wrong(ClymeneRole.PROMTAIL, "loki", "a number", "--clymene-promtail.Batch-size-bytes=1MB");
    wrong(ClymeneRole.AGENT, "oracle", "\"oracle\" is not a database supported by Clymene");
    wrong(ClymeneRole.PROMTAIL_INGESTER, "prometheus", "prometheus does not support logs");
    wrong(
        ClymeneRole.AGENT,
        "prometheus",
        "unknown flag --kafka.producer.topic",
        "--kafka.producer.topic=x");
    wrong(ClymeneRole.AGENT, "kafka", "expected protobuf or json", "--kafka.producer.encoding=xml");
    wrong(ClymeneRole.AGENT, "kafka", "is not built: /metrics", "--metrics-http-route=/m");
    wrong(ClymeneRole.GATEWAY, "kafka", "expected host:port", "--metrics.http.host-port=x");
    wrong(
        ClymeneRole.INGESTER,
        "kafka",
        "expected none, tls, plaintext or kerberos",
        "--kafka.consumer.authentication=oauth");
  }

  private static void isTaken(String yaml) {
    YamlDocument d = YamlDocument.parse("graph", null, yaml);
    assertThat(GraphConfig.read(d, BuiltIn.components(), false).pipelines()).isNotEmpty();
    d.refuseNotBuilt();
  }

  @Test
  void translatesKerberosAndBatchingOfKafka() {
    String y =
        yaml(
            ClymeneRole.GATEWAY,
            Map.of("STORAGE_TYPE", "kafka", "KAFKA_PRODUCER_KERBEROS_REALM", "EXAMPLE.COM"),
            "--kafka.producer.authentication=kerberos",
            "--kafka.producer.kerberos.username=clymene",
            "--kafka.producer.kerberos.password=not looked at",
            "--kafka.producer.kerberos.use-keytab=true",
            "--kafka.producer.kerberos.keytab-file=/etc/k.keytab",
            "--kafka.producer.batch-size=65536",
            "--kafka.producer.batch-min-messages=10",
            "--kafka.producer.batch-max-messages=500");
    assertThat(y)
        .contains(
            """
                auth:
                  kerberos:
                    username: clymene
                    realm: EXAMPLE.COM
                    service_name: kafka
                    keytab_file: /etc/k.keytab
                    config_file: /etc/krb5.conf
            """)
        .contains("batch_size: 65536\n", "flush_max_messages: 500\n")
        .doesNotContain("not looked at");
    isTaken(y);
    assertThat(
            yaml(
                ClymeneRole.INGESTER,
                Map.of("STORAGE_TYPE", "kafka"),
                "--kafka.consumer.authentication=kerberos",
                "--kafka.consumer.kerberos.username=u",
                "--kafka.consumer.kerberos.password=p"))
        .contains("        password: p\n")
        .doesNotContain("keytab_file");
  }

  @Test
  void translatesElasticsearchServersTokenAndSniffedNodes() {
    Map<String, String> environment =
        Map.of("STORAGE_TYPE", "elasticsearch", "ES_INDEX_PREFIX", "eu");
    String[] flags = {
      "--es.server-urls=http://a:9200, http://b:9200",
      "--es.token-file=/var/run/token",
      "--es.username=not asked",
      "--es.remote-read-clusters=one,two",
      "--es.sniffer",
      "--es.sniffer-tls-enabled",
      "--es-archive.enabled",
      "--es-archive.server-urls=http://c:9200"
    };
    String y = yaml(ClymeneRole.GATEWAY, environment, flags);
    assertThat(y)
        .contains(
            """
              elasticsearch:
                endpoints:
                - http://a:9200
                - http://b:9200
                discover:
                  on_start: true
                  interval: 15m
                  scheme: https
                auth:
                  authenticator: bearertokenauth/elasticsearch
                metrics_index: eu-clymene-metrics
                metrics_schema: clymene
            """)
        .contains(
            """
              bearertokenauth/elasticsearch:
                filename: /var/run/token
            """)
        .contains("  - bearertokenauth/elasticsearch\n")
        .doesNotContain("not asked");
    isTaken(y);
    assertThat(yaml(ClymeneRole.PROMTAIL, environment, flags))
        .contains("extensions:\n  bearertokenauth/elasticsearch:\n    filename: /var/run/token\n");
  }

  /** Clymene reads dry-run only where it speaks telnet. */
  @Test
  void dryRunOfOpenTsdbPrints() {
    Map<String, String> environment = Map.of("STORAGE_TYPE", "opentsdb");
    String y = yaml(ClymeneRole.GATEWAY, environment, "--opentsdb.dry-run");
    assertThat(y).contains("debug/opentsdb:\n    verbosity: detailed").doesNotContain("telnet://");
    isTaken(y);
    assertThat(
            yaml(
                ClymeneRole.GATEWAY,
                environment,
                "--opentsdb.dry-run",
                "--opentsdb.http",
                "--opentsdb.http-api-path=/tsdb/api/put"))
        .contains("endpoint: http://localhost:4242/tsdb\n")
        .doesNotContain("debug");
  }

  @Test
  void promtailTranslatesToItsFileAndDestinations(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("config.yml");
    Files.writeString(file, "# ours\nlimit_config:\n  readline_rate: 5\n");
    assertThat(ClymeneRole.of("clymene-promtail")).isEqualTo(ClymeneRole.PROMTAIL);
    assertThat(
            yaml(
                ClymeneRole.PROMTAIL,
                Map.of(
                    "STORAGE_TYPE",
                    "loki,elasticsearch,kafka",
                    "CLYMENE_PROMTAIL_BATCH_WAIT",
                    "2s",
                    "ES_CLYMENE_PROMTAIL_INDEX_NAME",
                    "lines"),
                "--config.file=" + file,
                "--clymene-promtail.tenant-id=team",
                "--clymene-promtail.max-retries=10",
                "--clymene-promtail.external-labels=dc=here,env=\"x\"",
                "--loki.client.url=http://loki:3100/loki/api/v1/push"))
        .isEqualTo(
            """
            # ours
            limit_config:
              readline_rate: 5
            clients:
            - url: http://loki:3100/loki/api/v1/push
              timeout: 10s
              tenant_id: team
              batchwait: 2s
              backoff_config:
                max_retries: 10
              external_labels:
                dc: here
                env: x
            tenant_id: team
            processors:
              resource:
                attributes:
                - key: dc
                  action: insert
                  value: here
                - key: env
                  action: insert
                  value: x
            exporters:
              elasticsearch:
                endpoint: http://127.0.0.1:9200
                logs_index: lines
                logs_schema: clymene
                data_stream: false
                create_template: false
                max_request_bytes: 5000000
                max_samples_per_send: 1000
                sending_queue:
                  num_consumers: 1
              kafka:
                brokers:
                - 127.0.0.1:9092
                client_id: clymene
                logs:
                  topic: clymene-logs
                  encoding: clymene_logs
            """);
    assertThat(yaml(ClymeneRole.PROMTAIL, Map.of("STORAGE_TYPE", "gateway")))
        .startsWith("# appended to /etc/promtail/config.yml\nexporters:\n  clymene:\n");
  }

  @Test
  void everyProgramHasHelp() {
    for (ClymeneRole r : ClymeneRole.values()) {
      assertThat(ClymeneFlags.help(r, Map.of()))
          .contains("--kafka.producer.brokers", "--gateway.grpc-client.host-port", "--config");
    }
    assertThat(ClymeneFlags.help(ClymeneRole.AGENT, Map.of()))
        .contains("--http.port")
        .doesNotContain("loki");
    assertThat(ClymeneFlags.help(ClymeneRole.PROMTAIL, Map.of())).doesNotContain("tdengine");
    assertThat(ClymeneFlags.help(ClymeneRole.GATEWAY, Map.of("STORAGE_TYPE", "prometheus")))
        .contains("--prometheus.remote.url")
        .doesNotContain("--kafka.producer.brokers");
  }

  @Test
  void ingesterNamesDeadLetterTopic() {
    Map<String, String> storage = Map.of("STORAGE_TYPE", "prometheus");
    String flag = "--kafka.consumer.dead-letter-topic=refused";
    assertThat(yaml(ClymeneRole.INGESTER, storage, flag)).contains("dead_letter_topic: refused");
    assertThat(
            yaml(
                ClymeneRole.INGESTER,
                Map.of(
                    "STORAGE_TYPE", "prometheus", "KAFKA_CONSUMER_DEAD_LETTER_TOPIC", "refused")))
        .contains("dead_letter_topic: refused");
    assertThat(yaml(ClymeneRole.INGESTER, storage)).doesNotContain("dead_letter_topic");
  }

  /** Clymene ends with a panic there. */
  @Test
  void rejectsTheFormerVariable() {
    assertThatThrownBy(
            () ->
                yaml(
                    ClymeneRole.INGESTER,
                    Map.of("TS_STORAGE_TYPE", "kafka", "STORAGE_TYPE", "kafka")))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "TS_STORAGE_TYPE=kafka: this variable is not supported, as in Clymene; set"
                + " STORAGE_TYPE instead");
  }

  private static void wrong(ClymeneRole role, String storage, String message, String... flags) {
    assertThatThrownBy(() -> yaml(role, Map.of("STORAGE_TYPE", storage), flags))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }
}
