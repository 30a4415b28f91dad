package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files with keys of the Collector's components, as users of the Collector have them. */
@Tag("contrib")
class CollectorKeysTest {
  @TempDir private Path dir;

  @Test
  void acceptsFilesOfTheCollector() throws IOException {
    Path file = dir.resolve("collector.yaml");
    Files.writeString(
        file,
        """
        extensions:
          ack:
            storage:
            max_number_of_partition: 1000000
            max_number_of_pending_acks_per_partition: 1000000
          headers_setter:
            headers:
              - {action: insert, key: X-Scope-OrgID, from_context: tenant_id, default_value: Org-ID}
              - {action: upsert, key: User-ID, value: user_id}
              - {action: update, key: User-ID, value: user_id}
              - {action: delete, key: Some-Header}
        receivers:
          k8s_cluster:
            auth_type: serviceAccount
            node_conditions_to_report: [Ready, MemoryPressure]
            metadata_exporters: [file/groups]
          splunk_hec:
            endpoint: 127.0.0.1:0
            access_token_passthrough: true
            ack: {extension: ack, path: /services/collector/ack}
        exporters:
          clickhouse:
            endpoint: http://127.0.0.1:8123?dial_timeout=10s
            database: otel
            async_insert: true
            compress: lz4
            json: true
            ttl: 72h
          datadog:
            api: {site: datadoghq.com, key: '0123456789abcdef', fail_on_invalid_key: false}
            host_metadata:
              enabled: true
              hostname_source: config_or_system
              reporter_period: 30m
              tags: ['team:shop']
          debug:
            verbosity: basic
            sending_queue: {enabled: true, queue_size: 100}
          file/groups:
            path: ./out/*.json
            group_by: {enabled: true, resource_attribute: service.name, max_open_files: 10}
          splunk_hec:
            endpoint: https://127.0.0.1:8088/services/collector
            token: '00000000-0000-0000-0000-000000000000'
            use_multi_metric_format: true
          otlp_http:
            endpoint: http://127.0.0.1:4318
            auth: {authenticator: headers_setter}
        service:
          extensions: [ack, headers_setter]
          pipelines:
            metrics: {receivers: [k8s_cluster], exporters: [clickhouse, datadog, splunk_hec, debug]}
            logs: {receivers: [splunk_hec], exporters: [clickhouse, datadog, otlp_http, file/groups]}
        """);
    assertThat(CollectorCommand.run(List.of("validate", "--config", file.toString()))).isZero();
  }

  @Test
  void acceptsKeysOfCloudsAndOwnTraces() throws IOException {
    Path file = dir.resolve("collector.yaml");
    Files.writeString(
        file,
        """
        receivers:
          awss3:
            s3downloader: {region: us-east-1, s3_bucket: data, s3_prefix: p}
            sqs: {queue_url: https://sqs.us-east-1.amazonaws.com/1/q, region: us-east-1}
          datadog:
            endpoint: 127.0.0.1:0
            intake: {behavior: proxy, proxy: {api: {key: k, site: datadoghq.eu}}}
          splunk_hec: {endpoint: 127.0.0.1:0}
        exporters:
          datadog:
            api: {key: k}
            metrics:
              delta_ttl: 3600
              histograms: {mode: counters, send_count_sum_metrics: true}
              sums:
                cumulative_monotonic_mode: to_delta
                initial_cumulative_monotonic_value: auto
            orchestrator_explorer: {enabled: true}
          load_balancing:
            protocol: {otlp: }
            resolver: {aws_cloud_map: {namespace: n, service_name: s, port: 4319}}
          splunk_hec: {endpoint: https://s:8088, token: t, export_raw: true}
        service:
          pipelines:
            metrics: {receivers: [splunk_hec, datadog], exporters: [datadog]}
            logs: {receivers: [splunk_hec, awss3], exporters: [datadog, splunk_hec]}
            traces: {receivers: [awss3], exporters: [load_balancing]}
          telemetry:
            metrics: {level: none}
            traces:
              level: basic
              propagators: [tracecontext]
              sampler: {parent_based: {root: {trace_id_ratio_based: {ratio: 0.01}}}}
              limits: {attribute_count_limit: 64}
              processors:
                - batch: {exporter: {otlp: {protocol: grpc/protobuf, endpoint: https://o:4317}}}
                - simple: {exporter: {console: {}}}
        """);
    assertThat(CollectorCommand.run(List.of("validate", "--config", file.toString()))).isZero();
  }
}
