package dev.tethys.logagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Configurations with the keys of each example that Promtail published: the files that came with
 * the program, its Helm chart, and the blocks of its documentation, source by source. Each is taken
 * whole, stages included.
 */
class PromtailExamplesTest {
  /** What all of them have around their jobs. */
  private static final String FRAME =
      """
      server: {http_listen_port: 9080, grpc_listen_port: 0, log_level: info, log_format: logfmt}
      positions: {filename: /tmp/positions.yaml}
      clients:
        - url: http://loki_gateway:3100/loki/api/v1/push
          tenant_id: one
          batchwait: 1s
          batchsize: 1048576
          external_labels: {cluster: c}
          backoff_config: {min_period: 500ms, max_period: 5m, max_retries: 10}
          basic_auth: {username: u, password: p}
          timeout: 10s
      limits_config: {readline_rate_enabled: true, readline_rate: 100, readline_burst: 200, readline_rate_drop: false, max_line_size: 256kb, max_streams: 50}
      target_config: {sync_period: 10s}
      scrape_configs:
      """;

  private static final String EC2 =
      """
      - job_name: ec2
        ec2_sd_configs: [{region: us-east-2, access_key: a, secret_key: s}]
        relabel_configs: [{action: labelmap, regex: __meta_ec2_tag_(.+)}]
      """;

  /** A job each; a dash begins one. */
  private static final String JOBS =
      """
      - job_name: system
        static_configs:
          - targets: [localhost]
            labels: {job: varlogs, host: h, __path__: /var/log/*log, __path_exclude__: /var/log/*.gz}
      - job_name: files
        file_sd_configs: [{files: [/etc/promtail/*.yml], refresh_interval: 1m}]
        encoding: UTF-16LE
        decompression: {enabled: true, initial_delay: 10s, format: gz}
      - job_name: journal
        journal: {json: false, max_age: 12h, path: /var/log/journal, matches: _TRANSPORT=kernel PRIORITY=3, labels: {job: systemd-journal}}
        relabel_configs: [{source_labels: [__journal__systemd_unit], target_label: unit}]
      - job_name: syslog
        syslog: {listen_address: 0.0.0.0:1514, listen_protocol: tcp, idle_timeout: 60s, label_structured_data: yes, use_incoming_timestamp: true, use_rfc5424_message: false, syslog_format: rfc5424, max_message_length: 8192, labels: {job: syslog}}
        relabel_configs: [{source_labels: [__syslog_message_hostname], target_label: host}]
      - job_name: syslog-udp
        syslog: {listen_address: 0.0.0.0:1514, listen_protocol: udp, syslog_format: rfc3164, labels: {job: syslog}}
      - job_name: gcp-pull
        gcplog: {subscription_type: pull, project_id: my-project, subscription: my-subscription, use_incoming_timestamp: false, use_full_line: false, labels: {job: gcp}}
        relabel_configs: [{source_labels: [__gcp_resource_labels_bucket_name], target_label: bucket_name}]
      - job_name: gcp-push
        gcplog: {subscription_type: push, push_timeout: 10s, use_incoming_timestamp: false, labels: {job: gcp}, server: {http_listen_address: 0.0.0.0, http_listen_port: 8080}}
      - job_name: azure
        azure_event_hubs: {group_id: g, fully_qualified_namespace: n.servicebus.windows.net:9093, connection_string: c, use_incoming_timestamp: true, event_hubs: [h], labels: {job: azure}}
      - job_name: push
        loki_push_api: {server: {http_listen_port: 3500, grpc_listen_port: 3600}, labels: {pushserver: p}, use_incoming_timestamp: true}
      - job_name: kafka
        kafka: {brokers: ['my-kafka-0:9092'], topics: ['^promtail.*', some_fixed_topic], group_id: g, assignor: roundrobin, version: 2.2.1, use_incoming_timestamp: true, labels: {job: kafka}, authentication: {type: sasl, sasl_config: {mechanism: SCRAM-SHA-512, user: u, password: p, use_tls: true}}}
        relabel_configs: [{action: replace, source_labels: [__meta_kafka_topic], target_label: topic}]
      - job_name: gelf
        gelf: {listen_address: 0.0.0.0:12201, use_incoming_timestamp: true, labels: {job: gelf}}
      - job_name: cloudflare
        cloudflare: {api_token: t, zone_id: z, fields_type: all, additional_fields: [Extra], workers: 3, pull_range: 1m, labels: {job: cloudflare}}
      - job_name: heroku
        heroku_drain: {server: {http_listen_address: 0.0.0.0, http_listen_port: 8080}, labels: {job: heroku}, use_incoming_timestamp: true}
      - job_name: containers
        docker_sd_configs: [{host: 'unix:///var/run/docker.sock', refresh_interval: 5s, filters: [{name: name, values: [flog]}]}]
        relabel_configs: [{source_labels: [__meta_docker_container_name], regex: /(.*), target_label: container}]
      - job_name: kubernetes-pods
        pipeline_stages: [cri: {}]
        kubernetes_sd_configs: [{role: pod}]
        relabel_configs:
          - {source_labels: [__meta_kubernetes_pod_controller_name], regex: '([0-9a-z-.]+?)(-[0-9a-f]{8,10})?', action: replace, target_label: __tmp_controller_name}
          - {action: replace, replacement: '/var/log/pods/*$1/*.log', separator: /, source_labels: [__meta_kubernetes_pod_uid, __meta_kubernetes_pod_container_name], target_label: __path__}
      - job_name: consul
        consulagent_sd_configs: [{server: 'localhost:8500', services: [web]}]
      - job_name: stages
        static_configs: [{labels: {job: s, __path__: /var/log/s.log}}]
        pipeline_stages:
          - match:
              selector: '{job="s"} |~ "error|warn"'
              stages:
                - regex: {expression: '^(?P<ip>\\S+) (?P<user>[\\w-]+) \\[(?P<time>[^]]+)\\]'}
                - timestamp: {source: time, format: 02/Jan/2006:15:04:05 -0700, fallback_formats: [RFC3339], location: Europe/Berlin, action_on_failure: fudge}
                - labels: {user: }
          - match: {selector: '{job="s"} |= "debug"', action: drop, drop_counter_reason: noisy}
          - json: {expressions: {output: log, extra: , level: 'message.level'}, drop_malformed: false}
          - json: {expressions: {user: }, source: extra}
          - logfmt: {mapping: {timestamp: time, app: }}
          - multiline: {firstline: '^\\[\\d{4}-\\d{2}-\\d{2}', max_lines: 128, max_wait_time: 3s}
          - replace: {expression: 'password (\\S+)', replace: '****'}
          - template: {source: level, template: '{{ if eq .Value "WARN" }}{{ Replace .Value "WARN" "OK" -1 }}{{ else }}{{ ToLower .Value }}{{ end }}'}
          - tenant: {source: customer_id}
          - drop: {source: [app, level], separator: ';', expression: 'a;debug', older_than: 24h, longer_than: 8kb}
          - limit: {rate: 10, burst: 10, drop: true, by_label_name: app, max_distinct_labels: 10000}
          - sampling: {rate: 0.25}
          - decolorize:
          - pack: {labels: [container, pod], ingest_timestamp: true}
          - structured_metadata: {trace: }
          - static_labels: {k: v}
          - labeldrop: [filename]
          - labelallow: [job]
          - eventlogmessage: {source: message, overwrite_existing: true}
          - metrics:
              log_lines_total: {type: Counter, description: lines, prefix: my_, max_idle_duration: 24h, config: {match_all: true, action: inc}}
              latency_seconds: {type: Histogram, source: latency, config: {buckets: [0.001, 0.0025]}}
              retries: {type: Gauge, source: retries, config: {action: set}}
          - output: {source: output}
      """;

  static List<String> jobs() {
    return List.of(JOBS.split("\n(?=- )"));
  }

  private static PromtailConfig read(String job) {
    YamlDocument d = YamlDocument.parse("promtail.yml", null, FRAME + job.indent(2));
    PromtailConfig c = PromtailConfig.of(d);
    c.check(List.of());
    d.refuseNotBuilt();
    return c;
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void acceptsEveryExample(String job) {
    PromtailConfig c = read(job);
    assertThat(c.jobs()).hasSize(1);
    PromtailConfig.ScrapeConfig j = c.jobs().getFirst();
    assertThat(j.discovery().size() + j.sources().size()).isEqualTo(1);
  }

  @Tag("contrib")
  @Test
  void readsJobThatDiscoversInstancesOfEc2() {
    acceptsEveryExample(EC2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"- {job_name: w, windows_events: {eventlog_name: Application}}"})
  void rejectsWindowsSourcesByName(String job) {
    assertThatThrownBy(() -> read(job))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("windows_events is valid but not built")
        .hasMessageContaining("Event log of Windows; not supported");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "- {job_name: s, syslog: {listen_address: '127.0.0.1:xx'}}",
        "- {job_name: g, gelf: {listen_address: '127.0.0.1'}}",
        "- {job_name: p, loki_push_api: {server: {http_listen_port: 70000}}}",
      })
  void rejectsInvalidListenAddressesBeforeTheStart(String job) {
    assertThatThrownBy(() -> read(job))
        .isInstanceOf(ConfigException.class)
        .hasMessageMatching("(?s).*(0 (and|to) 65535|(wants|must be) host:port).*");
  }
}
