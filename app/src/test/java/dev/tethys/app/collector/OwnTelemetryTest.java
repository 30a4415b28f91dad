package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.runtime.log.LogSetup;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code service.telemetry} makes of the metrics and lines of the process. */
class OwnTelemetryTest {
  @TempDir @Nullable Path folder;

  @AfterEach
  void restore() {
    LogSetup.install(Level.INFO, LogSetup.Format.LOGFMT, System.err);
  }

  private Path file(String name) {
    Path f = folder;
    if (f == null) {
      throw new AssertionError("no folder");
    }
    return f.resolve(name);
  }

  private void write(String telemetry) throws IOException {
    Files.writeString(
        file("c.yaml"),
        """
        receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
        exporters: {nop: }
        service:
          pipelines: {logs: {receivers: [otlp], exporters: [nop]}}
          telemetry:
        """
            + telemetry.indent(4));
  }

  private CollectorRole role(String telemetry) throws IOException {
    write(telemetry);
    return new CollectorRole(
        new ConfigSources(List.of(file("c.yaml").toString()), List.of(), n -> null),
        BuiltIn.components(),
        false,
        false);
  }

  private static String metrics(int port) throws Exception {
    try (HttpClient c = HttpClient.newHttpClient()) {
      return c.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void eachReaderAppliesItsOwnResourceAndNaming() throws Exception {
    try (CollectorRole r =
        role(
            """
            resource:
              attributes:
                - {name: service.name, value: edge}
                - {name: site.no, value: 7}
            metrics:
              level: detailed
              readers:
                - pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}
                - pull:
                    exporter:
                      prometheus:
                        host: 127.0.0.1
                        port: 0
                        without_units: true
                        without_type_suffix: true
                        with_resource_constant_labels: {included: ["s*"], excluded: [service.i*]}
            """)) {
      r.start();
      assertThat(metrics(r.readers().ports().getFirst()))
          .contains("otelcol_process_uptime_seconds_total ", "otelcol_process_memory_rss_bytes ")
          .containsPattern(
              "target_info\\{service_instance_id=\"[0-9a-f-]{36}\",service_name=\"edge\","
                  + "service_version=\"[^\"]+\",site_no=\"7\"} 1\n");
      assertThat(metrics(r.readers().ports().get(1)))
          .containsPattern(
              "otelcol_process_uptime\\{service_name=\"edge\",service_version=\"[^\"]+\","
                  + "site_no=\"7\"} ")
          .contains("otelcol_process_cpu_seconds{", "otelcol_process_memory_rss{");
    }
  }

  @Test
  void writesLogLinesToOutputPathsWithInitialFields() throws Exception {
    try (CollectorRole r =
        role(
            """
            resource: {site: north, service.version: }
            metrics: {level: none}
            logs:
              level: INFO
              encoding: json
              output_paths: ["file://%1$s", %2$s]
              initial_fields: {team: "a b", n: 3, more: {deep: [1, x]}}
              sampling: {enabled: true, tick: 1h, initial: 2, thereafter: 3}
            """
                .formatted(file("one.log"), file("two.log")))) {
      r.start();
      assertThat(r.port()).isEqualTo(-1);
      System.Logger log = System.getLogger("dev.tethys.trial");
      for (int i = 1; i <= 8; i++) {
        log.log(System.Logger.Level.INFO, "the line {0}", i);
      }
      log.log(System.Logger.Level.DEBUG, "below the level");
      List<JsonNode> lines =
          Files.readAllLines(file("one.log")).stream()
              .map(l -> JsonMapper.shared().readTree(l))
              .filter(l -> l.get("component").asString().equals("trial"))
              .toList();
      assertThat(lines)
          .extracting(l -> l.get("msg").asString())
          .containsExactly("the line 1", "the line 2", "the line 5", "the line 8");
      JsonNode first = lines.getFirst();
      assertThat(first.get("team").asString()).isEqualTo("a b");
      assertThat(first.get("n").asInt()).isEqualTo(3);
      assertThat(first.get("more").toString()).isEqualTo("{\"deep\":[1,\"x\"]}");
      assertThat(first.get("resource").toString()).isEqualTo("{\"site\":\"north\"}");
      assertThat(Files.readAllLines(file("two.log")))
          .isEqualTo(Files.readAllLines(file("one.log")));
    }
  }

  @Test
  void logsThatReaderKeepsFormerResourceAfterReload() throws Exception {
    String telemetry =
        """
        metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}
        logs: {level: info, output_paths: [%s]}
        resource: {site: north}
        """
            .formatted(file("one.log"));
    String said = "the readers of metrics show the former one until a restart";
    try (CollectorRole r = role(telemetry)) {
      r.start();
      r.reload();
      assertThat(Files.readString(file("one.log"))).doesNotContain(said);
      write(telemetry.replace("north", "south"));
      r.reload();
      assertThat(Files.readString(file("one.log"))).contains(said);
      assertThat(metrics(r.readers().ports().getFirst())).contains("site=\"north\"");
    }
  }

  @Test
  void encodingWithoutALevelApplies() throws Exception {
    try (CollectorRole r =
        role(
            """
            metrics: {level: none}
            logs: {encoding: json, disable_zap_resource: true, output_paths: [%s]}
            resource: {site: north}
            """
                .formatted(file("one.log")))) {
      r.start();
      System.getLogger("dev.tethys.trial").log(System.Logger.Level.INFO, "x");
      assertThat(Files.readString(file("one.log")))
          .contains("\"msg\":\"x\"}")
          .doesNotContain("resource");
    }
  }

  @Test
  void reportsUnopenableLogBeforeAnythingRuns() throws Exception {
    try (CollectorRole r =
        role("{metrics: {level: none}, logs: {output_paths: [" + file("none/x.log") + "]}}")) {
      assertThatThrownBy(r::start)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("service.telemetry.logs: the log cannot be written to")
          .hasMessageContaining("none/x.log");
      assertThat(r.graph().config()).isEmpty();
    }
  }
}
