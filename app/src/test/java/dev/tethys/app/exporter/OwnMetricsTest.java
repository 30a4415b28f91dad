package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.prometheus.collect.ExporterKinds;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What exporters show of themselves, and their own names for flags that all have. */
@Tag("contrib")
class OwnMetricsTest {
  private static ExporterKind kind(String name) {
    return Objects.requireNonNull(ExporterKinds.find(ExporterKinds.ALL, name));
  }

  private static String page(String name, String... flags) throws Exception {
    List<String> args = new java.util.ArrayList<>(List.of("--web.listen-address=127.0.0.1:0"));
    args.addAll(List.of(flags));
    try (BuiltInExporter e = new BuiltInExporter(kind(name), args);
        HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest r =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + e.port() + "/metrics")).build();
      return client.send(r, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  @Test
  void omitsProcessMetricsOnRequest() throws Exception {
    String nobody = "--redis.addr=redis://127.0.0.1:1";
    assertThat(page("redis", nobody)).contains("redis_up 0").contains("\nprocess_");
    assertThat(page("redis", nobody, "--redis-only-metrics"))
        .contains("redis_up 0")
        .doesNotContain("\nprocess_");
    String none = "--mongodb.uri=mongodb://127.0.0.1:1";
    assertThat(page("mongodb", none)).contains("mongodb_up").contains("\nprocess_");
    assertThat(page("mongodb", none, "--no-collector.exporter-metrics"))
        .contains("mongodb_up")
        .doesNotContain("\nprocess_");
  }

  @ParameterizedTest
  @CsvSource({
    "-debug,--log.level=debug",
    "--debug,--log.level=debug",
    "--log-level=WARNING,--log.level=warn",
    "-log-level=ERROR,--log.level=error",
    "--log-format=txt,--log.format=logfmt",
    "--log-format=json,--log.format=json",
    "--redis.addr=a,--redis.addr=a"
  })
  void flagsOfRedisExporterForItsLogAreThoseOfAll(String given, String taken) {
    assertThat(kind("redis").arguments(List.of(given), n -> null)).containsExactly(taken);
  }
}
