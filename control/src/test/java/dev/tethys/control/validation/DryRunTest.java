package dev.tethys.control.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.collector.BuiltIn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** Dry runs of configurations on samples. */
@Timeout(60)
@Tag("contrib")
class DryRunTest {
  private static final String GRAPH =
      """
      receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:${env:PORT}'}}}}
      processors:
        batch: {timeout: 1h}
        k8s_attributes: {}
        filter: {logs: {log_record: ['severity_number < 9']}}
        transform:
          log_statements: ['set(log.attributes["seen"], "yes")']
      exporters:
        otlp_http/vendor: {endpoint: 'http://vendor.example', sending_queue: {storage: file_storage}}
        debug:
      extensions: {file_storage: {directory: /nowhere}}
      service:
        extensions: [file_storage]
        pipelines:
          logs: {receivers: [otlp], processors: [k8s_attributes, filter, transform, batch], exporters: [otlp_http/vendor]}
          logs/all: {receivers: [otlp], exporters: [debug]}
      """;

  private final DryRun runs = new DryRun(BuiltIn.components());

  /** Requests with one record each; every second one is a debug record. */
  private static JsonNode logs(int n) {
    ArrayNode all = JsonMapper.shared().createArrayNode();
    for (int i = 0; i < n; i++) {
      all.add(
          JsonMapper.shared()
              .readTree(
                  """
                  {"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [
                    {"severityNumber": %d, "body": {"stringValue": "line %d"}}]}]}]}
                  """
                      .formatted(i % 2 == 0 ? 5 : 17, i)));
    }
    return all;
  }

  private static JsonNode only(JsonNode all, String key, String value) {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode n : all) {
      if (n.path(key).asString().equals(value)) {
        found.add(n);
      }
    }
    assertThat(found).as(value + " in " + all).hasSize(1);
    return found.getFirst();
  }

  @Test
  void countsNodesAndDestinationsOfAVersionWithoutSending() throws IOException {
    JsonNode r = runs.run("edge", GRAPH, DryRun.samples(logs(10)));
    assertThat(r.path("validation").asString()).contains("PORT");
    assertThat(r.path("samples").path("logs").path("items").asInt()).isEqualTo(10);
    JsonNode vendor = only(r.path("destinations"), "exporter", "otlp_http/vendor");
    assertThat(vendor.path("items").asInt()).isEqualTo(5);
    assertThat(vendor.path("examples").get(0).toString()).contains("\"seen\"", "line 1");
    JsonNode debug = only(r.path("destinations"), "exporter", "debug");
    assertThat(debug.path("items").asInt()).isEqualTo(10);
    assertThat(debug.path("bytes").asLong())
        .isEqualTo(r.path("samples").path("logs").path("bytes").asLong());
    JsonNode filter = only(r.path("nodes"), "component", "filter in logs");
    assertThat(filter.path("in").asInt()).isEqualTo(10);
    assertThat(filter.path("out").asInt()).isEqualTo(5);
    assertThat(filter.path("dropped").toString()).contains("5");
    assertThat(
            only(r.path("nodes"), "component", "k8s_attributes in logs")
                .path("passesAll")
                .asBoolean())
        .isTrue();
    assertThat(only(r.path("nodes"), "component", "batch in logs").path("held").asInt()).isZero();
    long perEdge = 0;
    for (JsonNode e : r.path("edges")) {
      perEdge += e.path("to").asString().startsWith("exporter:") ? e.path("items").asLong() : 0;
    }
    assertThat(perEdge).isEqualTo(15);
  }

  @Test
  void warnsOfASamplerThatDropsRecordsWithoutTraceIds() throws IOException {
    String graph =
        """
        receivers: {otlp: {protocols: {http: {}}}}
        processors: {probabilistic_sampler: {sampling_percentage: 50%s}}
        exporters: {debug: {}}
        service:
          pipelines:
            logs: {receivers: [otlp], processors: [probabilistic_sampler], exporters: [debug]}
        """;
    JsonNode r = runs.run("edge", graph.formatted(""), DryRun.samples(logs(10)));
    assertThat(r.path("warnings").toString())
        .contains("processor probabilistic_sampler", "drops 10 log records", "no trace id");
    JsonNode open =
        runs.run("edge", graph.formatted(", fail_closed: false"), DryRun.samples(logs(10)));
    assertThat(open.path("warnings")).isEmpty();
  }

  @Test
  void reportsErrorsWithTheirPosition() {
    assertThatThrownBy(
            () -> runs.run("edge", GRAPH.replace("filter: {logs", "absent: {logs"), List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("edge.yaml:5:3");
    assertThatThrownBy(() -> DryRun.samples(JsonMapper.shared().createArrayNode()))
        .hasMessageContaining("1 to 10000");
    assertThatThrownBy(() -> DryRun.samples(JsonMapper.shared().readTree("[{}]")))
        .hasMessageContaining("sample 1 must have a member resourceLogs");
    assertThatThrownBy(
            () -> DryRun.samples(JsonMapper.shared().readTree("[{\"resourceLogs\": 5}]")))
        .hasMessageContaining("sample 1: ");
  }
}
