package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every route but those added by {@code GET} is a change, which pages of other sites may not make a
 * browser send. Exceptions are listed here, so that a new one is a decision.
 */
@Tag("slow")
class CrossSiteRoutesTest {
  /** Sources whose routes read by POST, too. */
  private static final Set<String> READS =
      Set.of(
          "ApiRoutes", // queries of Prometheus
          "LokiApi", // queries of Loki
          "TempoApi"); // queries of Tempo

  /** Sources whose listeners take telemetry of any origin, as CORS settings say. */
  private static final Set<String> OPEN = Set.of("HttpServerEndpoint");

  /** Sources that make servers: the listener, which checks origins, and the engine below it. */
  private static final Set<String> SERVERS = Set.of("Http2Engine", "HttpListener");

  /** Modules that no role serves with. */
  private static final Set<String> DOUBLES = Set.of("bench", "testkit");

  private static Set<String> sources(Pattern call) throws IOException {
    Path root = LauncherTest.repository();
    Set<String> out = new TreeSet<>();
    List<Path> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root, 2)) {
      files
          .filter(p -> Files.isDirectory(p.resolve("src/main/java")))
          .filter(p -> !DOUBLES.contains(p.getFileName().toString()))
          .forEach(all::add);
    }
    for (Path module : all) {
      try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
        for (Path p : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          String name = p.getFileName().toString().replace(".java", "");
          Matcher m = call.matcher(Files.readString(p));
          if (!name.equals("Routes") && m.find()) {
            out.add(name);
          }
        }
      }
    }
    return out;
  }

  @Test
  void onlyQueriesUsePostForReading() throws IOException {
    assertThat(sources(Pattern.compile("routes\\s*\\.getOrPost\\("))).isEqualTo(READS);
    assertThat(sources(Pattern.compile("\\)\\s*\\.getOrPost\\("))).isEmpty();
  }

  @Test
  void onlyTelemetryReceiversAllowAllOrigins() throws IOException {
    assertThat(sources(Pattern.compile("openToAllOrigins\\(\\)"))).isEqualTo(OPEN);
  }

  @Test
  void allServersCheckOrigins() throws IOException {
    assertThat(
            sources(
                Pattern.compile(
                    "HttpServer\\.create\\(|WebServer\\.builder\\(|new RequestProcessor\\(")))
        .isEqualTo(SERVERS);
  }
}
