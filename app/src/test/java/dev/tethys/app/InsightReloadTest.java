package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reload of the files of rules, inspections and sources of a running server. */
@Tag("slow")
class InsightReloadTest {
  private static final Duration SOON = Duration.ofSeconds(120);

  private static final String CONFIGURATION =
      """
      global: {scrape_interval: 2s}
      scrape_configs:
      - job_name: shop
        static_configs: [{targets: ['127.0.0.1:1']}]
      """;

  private static final String INSPECTION =
      """
      inspections:
        - id: Own
          title: Own inspection
          category: shop
          entities: [instance]
          query: up
          below: 1
          message: '{entity} is down'
          remedy: Start {entity}.
      """;

  @TempDir Path dir;

  private static String reload(TethysProcess p) {
    HttpResponse<String> r = p.post("/-/reload", "text/plain", new byte[0]);
    return r.statusCode() + " " + r.body();
  }

  private static String get(TethysProcess p, String path) {
    return p.get("/api/v1/insight/" + path).body();
  }

  @Test
  void appliesChangedFilesAllOrNothing() throws IOException {
    Path rules = Files.writeString(dir.resolve("entities.yml"), "");
    Path own = Files.writeString(dir.resolve("own.yml"), "disable: [MemoryNode]\n");
    Path sources = Files.writeString(dir.resolve("sources.yml"), source("east", 1));
    try (TethysProcess p =
        TethysProcess.server(
            dir,
            CONFIGURATION,
            "--web.enable-lifecycle",
            "--insight.rules-file=" + rules,
            "--insight.inspections-file=" + own,
            "--insight.source.config-file=" + sources)) {
      p.await("problem", SOON, () -> get(p, "problems").contains("TargetDown"));
      String since = since(get(p, "problems"));
      assertThat(get(p, "inspections")).doesNotContain("\"Own\"");

      Files.writeString(rules, "names:\n  - {kind: service, match: shop, as: the shop}\n");
      Files.writeString(own, INSPECTION);
      Files.writeString(sources, source("west", 2));
      assertThat(reload(p)).startsWith("200");
      p.await("name", SOON, () -> get(p, "entities?kind=service").contains("the shop"));
      p.await("inspection", SOON, () -> get(p, "problems").contains("\"inspection\":\"Own\""));
      assertThat(get(p, "source")).contains("\"west\"").doesNotContain("\"east\"");
      assertThat(since(get(p, "problems"))).isEqualTo(since);

      Files.writeString(rules, "");
      Files.writeString(own, "disable: [MemoryNod]\n");
      assertThat(reload(p)).startsWith("500").contains("own.yml:1:11", "MemoryNod");
      Files.writeString(own, "");
      Files.writeString(rules, "nams: []\n");
      assertThat(reload(p)).startsWith("500").contains("entities.yml:1:1", "nams");
      Files.writeString(rules, "");
      Files.writeString(sources, source("", 1) + source("", 2).replace("sources:\n", ""));
      assertThat(reload(p)).startsWith("500").contains("sources.yml", "has no name");
      // Nothing of these changes is in force.
      assertThat(get(p, "inspections")).contains("\"Own\"");
      assertThat(get(p, "entities?kind=service")).contains("the shop");
      assertThat(get(p, "source")).contains("\"west\"");

      Files.writeString(sources, source("west", 2));
      assertThat(reload(p)).startsWith("200");
      p.await("former name", SOON, () -> !get(p, "entities?kind=service").contains("the shop"));
      p.await("no own inspection", SOON, () -> !get(p, "inspections").contains("\"Own\""));
    }
  }

  @Test
  void editedNamesApplyAtOnceAndStayAfterAReload() throws IOException {
    try (TethysProcess p = TethysProcess.server(dir, CONFIGURATION, "--web.enable-lifecycle")) {
      p.await("service", SOON, () -> get(p, "entities?kind=service").contains("\"shop\""));
      HttpResponse<String> added =
          p.post(
              "/api/v1/insight/rules/edited",
              "application/json",
              "{\"section\":\"names\",\"kind\":\"service\",\"match\":\"shop\",\"as\":\"the shop\"}"
                  .getBytes(StandardCharsets.UTF_8));
      assertThat(added.statusCode()).as(added.body()).isEqualTo(200);
      assertThat(dir.resolve("data/entity-rules.yml")).content().contains("as: \"the shop\"");
      p.await("name", SOON, () -> get(p, "entities?kind=service").contains("the shop"));
      assertThat(reload(p)).startsWith("200");
      assertThat(get(p, "entities?kind=service")).contains("the shop");
      Files.writeString(dir.resolve("data/entity-rules.yml"), "nams: []\n");
      assertThat(reload(p)).startsWith("500").contains("entity-rules.yml:1:1");
      Files.delete(dir.resolve("data/entity-rules.yml"));
      assertThat(reload(p)).startsWith("200");
      p.await("former name", SOON, () -> !get(p, "entities?kind=service").contains("the shop"));
    }
  }

  private static String source(String name, int port) {
    return "sources:\n  - {name: '" + name + "', url: 'http://127.0.0.1:" + port + "'}\n";
  }

  /** Begin of the problem of the target. */
  private static String since(String problems) {
    String of = problems.substring(problems.indexOf("\"TargetDown:"));
    int at = of.indexOf("\"since\":");
    return of.substring(at, of.indexOf(',', at));
  }
}
