package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tethys logs} as a process, before a Loki that remembers what it is sent. */
@Tag("slow")
class LogsTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path folder;
  private LokiDouble loki;
  private List<String> lines;

  @BeforeEach
  void start() throws IOException {
    loki = new LokiDouble();
    lines = loki.lines;
  }

  @AfterEach
  void stop() {
    loki.close();
  }

  /** The example of the page. */
  private Path example(int port) throws IOException {
    String page =
        Files.readString(Path.of(System.getProperty("tethys.root", ".."), "docs/logs.md"));
    Matcher m = Pattern.compile("```yaml\\n(# promtail.yml.*?)```", Pattern.DOTALL).matcher(page);
    assertThat(m.find()).isTrue();
    Path file = folder.resolve("promtail.yml");
    Files.writeString(
        file,
        m.group(1)
            .replace("9080", String.valueOf(port))
            .replace("http://localhost:3100/loki/api/v1/push", loki.url())
            .replace("/var/log", folder.toString())
            .replace("/var/lib/tethys", folder.toString()));
    return file;
  }

  private void write(String text) throws IOException {
    Files.writeString(
        folder.resolve("app.log"), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  @Test
  void exampleOfThePageRunsAndSurvivesAKill() throws Exception {
    int port = Ports.free();
    Path file = example(port);
    List<String> written = new ArrayList<>();
    List<String> args = List.of("logs", "-config.file", file.toString());
    for (int round = 0; round < 2; round++) {
      try (TethysProcess p = TethysProcess.launch(folder, port, args)) {
        more(written);
        p.await("what was there", LIMIT, () -> lines.containsAll(written));
        Files.move(folder.resolve("app.log"), folder.resolve("app.log." + (9 - 2 * round)));
        more(written);
        p.await("all lines", LIMIT, () -> lines.containsAll(written));
        assertThat(p.get("/ready").statusCode()).isEqualTo(200);
        assertThat(p.get("/targets").body()).contains("app.log");
        assertThat(p.get("/config").body())
            .contains("job_name: app")
            .contains("http_listen_port: " + port);
        assertThat(p.get("/metrics").body())
            .contains("promtail_sent_entries_total")
            .contains("promtail_files_active_total");
        p.await("the position", LIMIT, this::isSaved);
        if (round == 0) {
          p.kill();
          more(written);
          Files.move(folder.resolve("app.log"), folder.resolve("app.log.8"));
        }
      }
    }
    assertThat(loki.streams.getFirst()).contains("app").contains("info");
    // Ended in good order: nothing comes again.
    lines.clear();
    try (TethysProcess p = TethysProcess.launch(folder, port, args)) {
      write("level=info msg=last\n");
      p.await("the last line", LIMIT, () -> lines.contains("level=info msg=last"));
    }
    assertThat(lines).containsExactly("level=info msg=last");
  }

  private void more(List<String> written) throws IOException {
    for (int i = 0; i < 50; i++) {
      String line = "level=info msg=\"line " + written.size() + "\"";
      write(line + "\n");
      written.add(line);
    }
  }

  private boolean isSaved() {
    try {
      Path log = folder.resolve("app.log");
      return Files.readString(folder.resolve("positions.yaml"))
          .contains(log + ": \"" + Files.size(log) + "\"");
    } catch (IOException e) {
      return false;
    }
  }

  private static HttpResponse<String> ask(
      int port, String path, String accept, @Nullable String form) throws Exception {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Accept", accept);
    if (form != null) {
      b.header("Content-Type", "application/x-www-form-urlencoded")
          .POST(HttpRequest.BodyPublishers.ofString(form));
    }
    try (HttpClient c = HttpClient.newHttpClient()) {
      return c.send(b.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void reportsReadFilesToPagesAndTestsLinesSeparately() throws Exception {
    int port = Ports.free();
    Path file = example(port);
    write("level=info msg=\"one\"\n");
    try (TethysProcess p =
        TethysProcess.launch(folder, port, List.of("logs", "-config.file", file.toString()))) {
      p.await("the line", LIMIT, () -> lines.size() == 1);
      String path = folder.resolve("app.log").toString();
      long size = Files.size(folder.resolve("app.log"));
      p.await(
          "the file among the targets",
          LIMIT,
          () ->
              p.get("/api/v1/logs/targets")
                  .body()
                  .contains(
                      "\"path\":\"" + path + "\",\"labels\":{\"app\":\"shop\"},\"size\":" + size));
      assertThat(p.get("/api/v1/logs/targets").body())
          .contains("\"discovered\":{\"__address__\":\"localhost\",\"__path__\":\"" + path);
      assertThat(ask(port, "/targets", "*/*", null).body()).contains("size=" + size);
      assertThat(ask(port, "/targets", "text/html,*/*;q=0.8", null).body())
          .startsWith("<!doctype html>");
      assertThat(p.get("/").statusCode()).isEqualTo(303);

      String tried =
          ask(port, "/api/v1/logs/try", "*/*", "job=app&text=level%3Dwarn+msg%3Dx%0A%0Asecond")
              .body();
      assertThat(tried)
          .contains("\"stage\":\"logfmt\"")
          .contains("\"level\":\"warn\"")
          .contains("\"line\":\"second\"");
      assertThat(ask(port, "/api/v1/logs/try", "*/*", "job=app&text=" + "x%0A".repeat(101)))
          .matches(r -> r.statusCode() == 413);
      assertThat(ask(port, "/api/v1/logs/try", "*/*", "job=none&text=x").body())
          .contains("unknown job");
      assertThat(p.get("/api/v1/logs/inspect?job=app").statusCode()).isEqualTo(403);
      assertThat(p.get("/api/v1/logs/losses").body()).contains("\"losses\":[]");
      assertThat(p.get("/metrics").body()).contains("promtail_read_lines_total");
    }
    assertThat(lines).as("what is tried is sent nowhere").hasSize(1);
  }

  @Test
  void dryRunPrintsWhatItWouldSend() throws Exception {
    Path file = example(Ports.free());
    Process p = tool("logs", "-config.file=" + file, "-dry-run", "-stdin");
    p.getOutputStream().write("level=warn msg=hello\n\nsecond\n".getBytes(StandardCharsets.UTF_8));
    p.getOutputStream().close();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).isZero();
    assertThat(out).contains("level=warn msg=hello").contains("second").contains("level=\"warn\"");
    assertThat(lines).isEmpty();
    assertThat(folder.resolve("positions.yaml")).doesNotExist();
  }

  @Test
  void rejectsUnsupportedKeysByName() throws Exception {
    Path file = folder.resolve("p.yml");
    Files.writeString(
        file,
        """
        clients: [{url: "http://127.0.0.1:1/loki/api/v1/push"}]
        scrape_configs: [{job_name: a, windows_events: {}}]
        options: {stream_lag_labels: a}
        server: {profiling_enabled: true, grpc_server_keepalive_time: 2h}
        """);
    Process p = tool("logs", "-config.file=" + file, "-check-syntax");
    p.getOutputStream().close();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).isEqualTo(1);
    assertThat(out)
        .contains("windows_events")
        .contains("stream_lag_labels")
        .contains("profiling_enabled")
        .doesNotContain("keepalive")
        .contains("not built");
    file = example(Ports.free());
    Path used = Files.writeString(folder.resolve("used.yml"), Files.readString(file));
    Files.writeString(
        used,
        "\nwal: {enabled: true, dir: " + file + "/wal}\n",
        java.nio.file.StandardOpenOption.APPEND);
    p = tool("logs", "-config.file=" + used, "-check-syntax");
    assertThat(new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("is not a writable folder");
    assertThat(p.waitFor()).isEqualTo(1);
    p = tool("logs", "-config.file=" + file, "-check-syntax");
    assertThat(new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("Valid config");
    assertThat(p.waitFor()).isZero();
  }

  static Process tool(String... args) throws IOException {
    return new ProcessBuilder(TethysProcess.small(args)).redirectErrorStream(true).start();
  }
}
