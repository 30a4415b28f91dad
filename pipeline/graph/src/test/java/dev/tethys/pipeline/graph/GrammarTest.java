package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.Secret;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.config.OwnLogs;
import dev.tethys.pipeline.config.OwnMetrics;
import dev.tethys.pipeline.config.OwnMetricsPush;
import dev.tethys.pipeline.config.OwnView;
import dev.tethys.pipeline.config.TelemetrySettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.OutboxOptions;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrammarTest {
  @Test
  void nullIsAbsentForEveryKey() {
    GraphConfig c =
        read(
            """
            receivers: {in: null}
            exporters:
              queued:
                timeout: null
                retry_on_failure: {enabled: null, multiplier: null, max_elapsed_time: null}
                sending_queue:
                  enabled: null
                  queue_size: null
                  block_on_overflow: null
                  when_full: block
                  wait_for_result: null
                  batch: null
            service: {pipelines: {logs: {receivers: [in], processors: null, exporters: [queued]}}}
            """);
    DeliverySettings s =
        (DeliverySettings) c.pipelines().getFirst().exporters().getFirst().definition().settings();
    assertThat(s.timeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(s.options().retry())
        .usingRecursiveComparison()
        .ignoringFields("untilDelivered")
        .isEqualTo(OutboxOptions.Retry.DEFAULT);
    assertThat(s.options().retry().untilDelivered()).as("no time was written").isTrue();
    assertThat(s.options().capacity().requests()).isEqualTo(1000);
    assertThat(s.options().whenFull()).isEqualTo(OutboxOptions.WhenFull.BLOCK);
    assertThat(s.options().acknowledgeQueued()).isFalse();
    assertThat(s.batch()).isNull();
  }

  private static GraphConfig read(String yaml) {
    return GraphConfig.read(
        YamlDocument.parse("c.yaml", null, yaml), new Doubles().components(), false);
  }

  private static String whole(String pipelines) {
    return """
    receivers: {in: , in/b: {x: 1}}
    processors: {pass: }
    exporters: {out: , out/b: }
    connectors: {forward: , forward/b: }
    service:
      pipelines:
    """
        + pipelines.indent(4);
  }

  @Test
  void readsScalarsAsTheCollector() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    receivers: {in: }
                    exporters: {queued: {retry_on_failure: {enabled: no}}}
                    service: {pipelines: {logs: {receivers: [in], exporters: [queued]}}}
                    """))
        .hasMessageContaining("c.yaml:2:50: must be true or false, not \"no\"");
  }

  @Test
  void warnsOfUnusedComponents() {
    String yaml =
        """
        receivers: {in: , in/b: }
        exporters: {out: }
        connectors: {forward: }
        service: {pipelines: {logs: {receivers: [in], exporters: [out]}}}
        """;
    GraphConfig c =
        GraphConfig.read(
            YamlDocument.parse("c.yaml", null, yaml), new Doubles().components(), true);
    assertThat(c.warnings())
        .containsExactly(
            "c.yaml:1:19: receiver in/b is not used: no pipeline names it",
            "c.yaml:3:14: connector forward is not used: no pipeline names it");
    assertThatThrownBy(
            () ->
                GraphConfig.read(
                    YamlDocument.parse("c.yaml", null, yaml.replace("in/b: ", "in/b: {y: 1}")),
                    new Doubles().components(),
                    true))
        .as("unused components are validated")
        .hasMessageContaining("unknown key \"y\"");
  }

  @Test
  void acceptsAliases() {
    GraphConfig c =
        read(
            """
            receivers: {input/x: {x: 3}}
            exporters: {out: }
            service: {pipelines: {logs: {receivers: [in/x], exporters: [out]}}}
            """);
    assertThat(c.pipelines().getFirst().receivers().getFirst().definition().id())
        .hasToString("in/x");
    assertThat(c.telemetry().metricsAddress()).isEqualTo("localhost:8888");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "receivers: {in: {y: 1}}\\n"
            + "service: {pipelines: {}} | c.yaml:1:18: unknown key \"y\" in receivers.in",
        "receivers: {inn: }\\n"
            + "service: {pipelines: {}} | c.yaml:1:13: there is no receiver \"inn\" in Tethys, did"
            + " you mean \"in\"?",
        "receivers: {in: , input: }\\n"
            + "service: {pipelines: {}} | c.yaml:1:19: receiver \"input\" is the same as \"in\" at"
            + " c.yaml:1:13",
        "receivers: {in: }\\n"
            + "service: {} | c.yaml:2:10: service.pipelines requires at least one pipeline",
        "receivers: {in: }\\n"
            + "exporters: {out: }\\n"
            + "service: {pipelines: {log: {receivers: [in], exporters: [out]}}} | c.yaml:3:23:"
            + " \"log\" is not a pipeline",
        "receivers: {in: }\\n"
            + "exporters: {out: }\\n"
            + "service: {pipelines: {logs: {receivers: [in]}}} | pipeline \"logs\" requires at least"
            + " one exporter",
        "receivers: {in: }\\n"
            + "exporters: {out: }\\n"
            + "service: {pipelines: {logs: {receivers: [in], exporters: [outt]}}} | c.yaml:3:59:"
            + " exporter \"outt\" is not defined in exporters or connectors; did you mean \"out\"?",
        "receivers: {in: }\\n"
            + "exporters: {out: }\\n"
            + "service: {pipelines: {logs: {receivers: [in, input], exporters: [out]}}} |"
            + " c.yaml:3:46: receiver in is named twice in pipeline \"logs\"",
        "receivers: {in: }\\n"
            + "exporters: {out: }\\n"
            + "service: {pipelines: {metrics: {receivers: [in], exporters: [out]}}} | c.yaml:3:45:"
            + " receiver in does not do metrics; it does",
        "receivers: {in: }\\n"
            + "exporters: {out: , out/b: }\\n"
            + "service: {pipelines: {logs: {receivers: [in], exporters: [out]}}} | c.yaml:2:20:"
            + " exporter out/b is not used: no pipeline names it",
        "nothing: 1 | c.yaml:1:1: unknown key \"nothing\"",
        "receivers: {in/: }\\nservice: {} | c.yaml:1:13: \"in/\" is not a component",
      })
  void reportsErrorsWithPosition(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml.replace("\\n", "\n"))).hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "traces: {level: basic, processors: [{batch: }]} | batch requires exporter",
        "traces: {propagators: [jaeger]} | unknown propagator \"jaeger\"",
        "metrics: {readers: [{periodic: {exporter: {}}}]} | one of otlp and console",
        "metrics: {readers: [{}]} | one of pull and periodic",
        "metrics: {readers: [{periodic: {exporter: {otlp: {protocol: grpc, endpoint: host}}}}]} |"
            + " must be host:port or a URL",
        "metrics: {readers: [{periodic: {exporter: {otlp: {protocol: http/json, endpoint: h:1}}}}]}"
            + " | unknown protocol",
        "metrics: {readers: [{periodic: {exporter: {otlp: {protocol: grpc, endpoint: h:1,"
            + " temporality_preference: lowmemory}}}}]} | use delta or cumulative",
        "metrics: {readers: [{periodic: {exporter: {otlp: {protocol: grpc, endpoint: h:1,"
            + " headers_list: a}}}}]} | name=value",
        "metrics: {readers: [{periodic: {exporter: {otlp: {protocol: grpc, endpoint: h:1,"
            + " headers_list: 'Host=x'}}}}]} | \"Host\" cannot be set as a header",
        "metrics: {readers: [{periodic: {exporter: {otlp: {protocol: grpc, endpoint: h:1,"
            + " headers_list: 'a=b%0d%0ac: d'}}}}]} | the value of a header holds a control",
        "metrics: {readers: [{periodic: {exporter: {otlp: {protocol: grpc, endpoint: h:1,"
            + " headers_list: 'a%0a=b'}}}}]} | cannot be set as a header",
        "metrics: {readers: [{periodic: {exporter: {otlp: {protocol: http/protobuf,"
            + " endpoint: 'http://h:70000'}}}}]} | must be host:port or a URL",
        "metrics: {address: a:1, readers: []} | address was replaced by readers",
        "metrics: {readers: [{pull: {exporter: {prometheus: {port: 70000}}}}]} | port must be 0 to"
            + " 65535",
        "metrics: {views: [{selector: {instrument_name: a}}]} | only taken with level: detailed",
        "metrics: {level: detailed, views: [{}]} | selector",
        "metrics: {level: detailed, views: [{selector: {}}]} | instrument_name or instrument_type",
        "metrics: {level: detailed, views: [{selector: {meter_name: m}}]} | of one meter",
        "metrics: {level: detailed, views: [{selector: {instrument_name: \"a*\"}, stream: {name:"
            + " b}}]} | several metrics one name",
        "metrics: {level: detailed, views: [{selector: {instrument_name: a}, stream: {aggregation:"
            + " {explicit_bucket_histogram: {boundaries: [1]}}}}]} | the aggregation of this process's metrics is fixed",
        "metrics: {level: detailed, views: [{selector: {instrument_name: a}, stream:"
            + " {attribute_keys: {included: [x], excluded: [x]}}}]} | both included and excluded",
        "logs: {processors: [{batch: }]} | requires exporter",
        "logs: {processors: [{}]} | one of batch and simple",
        "logs: {processors: [{batch: {exporter: {}}}]} | one of otlp and console",
        "logs: {processors: [{simple: {exporter: {otlp: {protocol: grpc, endpoint: h:1,"
            + " temporality_preference: delta}}}}]} | unknown key \"temporality_preference\"",
        "logs: {level: loud} | unknown level \"loud\"",
        "logs: {output_paths: [http://x/]} | is not an output",
        "logs: {output_paths: [file://far/x]} | is not an output",
        "logs: {sampling: {initial: -1}} | must not be negative",
        "resource: {a: [b]} | attribute \"a\" must be a string or null",
        "resource: {a: b, attributes: [{name: c, value: d}]} | write all under attributes",
        "resource: {attributes_list: a=b} | attributes_list is not supported",
        "resource: {attributes: [{name: c}]} | requires a value",
      })
  void rejectsUnsupportedTelemetrySettings(String telemetry, String message) {
    assertThatThrownBy(() -> told(telemetry)).hasMessageContaining(message);
  }

  @Test
  void readsTelemetrySettings() {
    TelemetrySettings t =
        told(
            "traces: {level: none, processors: [{batch: {exporter: {console: {}}}}]}, metrics: {address: 0.0.0.0:8888},"
                + " logs: {level: FATAL, sampling: {enabled: false}, output_paths: [stdout]}");
    assertThat(t.metricsAddress()).isEqualTo("0.0.0.0:8888");
    assertThat(t.logs().level()).isEqualTo("none");
    assertThat(t.logs().sampling()).isNull();
    assertThat(t.logs().outputs()).containsExactly("stdout");
    assertThat(told("logs: {sampling: {initial: 3}}").logs().sampling())
        .isEqualTo(new OwnLogs.Sampling(Duration.ofSeconds(10), 3, 100));
    assertThat(told("metrics: {level: None}").metrics().pages()).isEmpty();
  }

  @Test
  void readsPushingReaders() {
    OwnMetrics m =
        told("metrics: {level: Detailed, readers: [{periodic: {interval: 1000, exporter: {otlp:"
                + " {protocol: http/protobuf, endpoint: 'h:4318', insecure: true, headers_list:"
                + " 'A=x%20y,b=1', headers: [{name: b, value: '2'}], compression: gzip,"
                + " temporality_preference: delta}}}}, {periodic: {exporter: {console: {}}}}],"
                + " views: [{selector: {instrument_name: otelcol_*}, stream: {aggregation: {drop:"
                + " {}}}}]}")
            .metrics();
    assertThat(m.pages()).isEmpty();
    OwnMetricsPush push = m.pushes().getFirst();
    assertThat(push.interval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(push.timeout()).isEqualTo(Duration.ofSeconds(30));
    OwnMetricsPush.Otlp otlp = Objects.requireNonNull(push.otlp());
    assertThat(otlp.endpoint()).hasToString("http://h:4318");
    assertThat(otlp.headers()).isEqualTo(Map.of("a", new Secret("x y"), "b", new Secret("2")));
    assertThat(otlp.delta()).isTrue();
    assertThat(m.pushes().get(1).otlp()).isNull();
    assertThat(m.views())
        .containsExactly(new OwnView("otelcol_*", null, true, "", "", Set.of(), Set.of()));
  }

  private static TelemetrySettings told(String telemetry) {
    return read("""
    receivers: {in: }
    exporters: {out: }
    service:
      telemetry: {%s}
      pipelines: {logs: {receivers: [in], exporters: [out]}}
    """
            .formatted(telemetry))
        .telemetry();
  }

  @Test
  void reportsCycles() {
    assertThatThrownBy(
            () ->
                read(
                    whole(
                        """
                        logs/a: {receivers: [in, forward/b], exporters: [forward]}
                        logs/b: {receivers: [forward], exporters: [forward/b, out]}
                        """)))
        .hasMessageContaining("pipelines form a cycle: logs/a -> logs/b -> logs/a");
  }

  @Test
  void connectorEndsAndStartsPipelines() {
    assertThatThrownBy(() -> read(whole("logs/a: {receivers: [in, forward], exporters: [out]}\n")))
        .hasMessageContaining(
            "connector forward is a receiver here, but no pipeline has it as exporter");
    assertThatThrownBy(
            () ->
                read(
                    whole(
                        """
                        logs/a: {receivers: [in], exporters: [forward]}
                        traces/b: {receivers: [forward], exporters: [out]}
                        """)))
        .hasMessageContaining("connector forward cannot turn logs into traces");
  }
}
