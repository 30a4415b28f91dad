package dev.tethys.app.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.TethysProcess;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration that the Collector's packages bring along. */
@Tag("slow")
@Tag("contrib")
class PackagedConfigurationTest {
  private static final Pattern ADDRESS = Pattern.compile("0\\.0\\.0\\.0:(\\d+)");

  @TempDir private Path dir;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<String, String> moved = new HashMap<>();

  @AfterEach
  void close() {
    http.close();
  }

  private static Path packaged() {
    return RoleExamplesTest.root().resolve("docs/pipelines/examples/packaged.yaml");
  }

  private static String free() {
    return "127.0.0.1:" + Ports.free();
  }

  /** Where an address of the configuration is in this test. */
  private String at(MatchResult address) {
    return moved.computeIfAbsent(address.group(1), port -> free());
  }

  private String get(String port, String path) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create("http://" + moved.get(port) + path)).build(),
            BodyHandlers.ofString())
        .body();
  }

  @Test
  void validatesUnchanged() {
    assertThat(CollectorCommand.run(List.of("validate", "--config", packaged().toString())))
        .isZero();
  }

  @Test
  void runsAndServesItsPages() throws Exception {
    Path file = dir.resolve("config.yaml");
    Files.writeString(file, ADDRESS.matcher(Files.readString(packaged())).replaceAll(this::at));
    moved.put("13133", free());
    List<String> sources =
        List.of(
            file.toString(),
            "yaml:extensions::health_check::endpoint: " + moved.get("13133"),
            "yaml:service::telemetry::metrics::address: " + moved.get("8888"));
    try (CollectorRole role =
        new CollectorRole(
            new ConfigSources(sources, List.of(), name -> null),
            BuiltIn.components(),
            false,
            false)) {
      role.start();
      assertThat(get("13133", "/")).contains("Server available");
      assertThat(get("55679", "/debug/pipelinez"))
          .contains(
              "<td>traces</td><td>otlp, jaeger, zipkin</td><td>batch</td><td>debug</td>",
              "<td>metrics</td><td>otlp, prometheus</td><td>batch</td><td>debug</td>");
      assertThat(get("55679", "/debug/extensionz"))
          .contains("<td>health_check</td>", "<td>pprof</td>", "<td>zpages</td>");
      assertThat(get("55679", "/debug/servicez")).contains("<td>Version</td>");
      assertThat(get("1777", "/debug/pprof/goroutine?debug=1")).startsWith("threads: total ");
      byte[] span = "[{\"traceId\":\"a\",\"id\":\"b\",\"name\":\"n\"}]".getBytes(UTF_8);
      assertThat(
              http.send(
                      HttpRequest.newBuilder(
                              URI.create("http://" + moved.get("9411") + "/api/v2/spans"))
                          .header("Content-Type", "application/json")
                          .POST(BodyPublishers.ofByteArray(span))
                          .build(),
                      BodyHandlers.discarding())
                  .statusCode())
          .isEqualTo(202);
      // It scrapes itself, and says how many of its own samples went out.
      Predicate<String> sent =
          Pattern.compile("(?m)^otelcol_exporter_sent_metric_points.*debug.* [1-9]").asPredicate();
      TethysProcess.await(
          "samples of the collector itself",
          Duration.ofSeconds(60),
          () -> {
            try {
              return sent.test(get("8888", "/metrics"));
            } catch (IOException e) {
              return false;
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          },
          () -> "");
    }
  }
}
