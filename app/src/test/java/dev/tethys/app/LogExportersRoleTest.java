package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of {@code promtail.yml} go to exporters of the graph. */
@Tag("slow")
class LogExportersRoleTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir Path folder;

  /** The example of the page that has exporters, with a client more. */
  private Path example(int port, int otlp, String client) throws IOException {
    String page =
        Files.readString(Path.of(System.getProperty("tethys.root", ".."), "docs/logs.md"));
    Matcher m =
        Pattern.compile("```yaml\\n(# promtail.yml[^`]*?exporters:[^`]*?)```").matcher(page);
    assertThat(m.find()).isTrue();
    Path file = Files.createDirectories(folder.resolve("conf")).resolve("promtail.yml");
    Files.writeString(
        file,
        "server: {http_listen_port: "
            + port
            + "}\nclients: [{url: '"
            + client
            + "', batchwait: 50ms}]\n"
            + m.group(1)
                .replace("localhost:4318", "127.0.0.1:" + otlp)
                .replace("/var/log/lines.json", "../lines.json") // relative to this file
                .replace("/var/log", folder.toString())
                .replace("/var/lib/tethys", folder.toString()));
    return file;
  }

  @Test
  void everyDestinationReceivesEveryLineAndPositionWaitsForAll() throws Exception {
    AtomicBoolean refusing = new AtomicBoolean(true);
    List<String> posted = new CopyOnWriteArrayList<>();
    HttpServer otlp =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    otlp.createContext(
        "/v1/logs",
        x -> {
          byte[] b = x.getRequestBody().readAllBytes();
          boolean no = refusing.get();
          if (!no) {
            posted.add(
                x.getRequestHeaders().getFirst("Content-Encoding") != null
                    ? new String(
                        new java.util.zip.GZIPInputStream(new java.io.ByteArrayInputStream(b))
                            .readAllBytes(),
                        StandardCharsets.ISO_8859_1)
                    : new String(b, StandardCharsets.ISO_8859_1));
          }
          x.sendResponseHeaders(no ? 503 : 200, -1);
          x.close();
        });
    otlp.start();
    int port = Ports.free();
    Path out = folder.resolve("lines.json");
    try (LokiDouble loki = new LokiDouble()) {
      Path file = example(port, otlp.getAddress().getPort(), loki.url());
      Path log = folder.resolve("app.log");
      Files.writeString(log, "line one\nline two\n");
      List<String> args = List.of("logs", "-config.file=" + file);
      try (TethysProcess p = TethysProcess.launch(folder, port, args)) {
        p.await("the client", LIMIT, () -> loki.lines.contains("line two"));
        p.await("the file", LIMIT, () -> contains(out, "line two"));
        assertThat(p.get("/targets").body()).contains("delivered=0");
        refusing.set(false);
        p.await("the exporter", LIMIT, () -> posted.stream().anyMatch(s -> s.contains("line two")));
        p.await("the position", LIMIT, () -> p.get("/targets").body().contains("delivered=18"));
        assertThat(Files.readString(out)).contains("\"shop\"").contains("line one");
        assertThat(p.get("/config").body()).contains("otlp_http").contains("batch");
        Files.writeString(log, "line three\n", StandardOpenOption.APPEND);
        p.await("more", LIMIT, () -> posted.stream().anyMatch(s -> s.contains("line three")));
        p.await("more in the file", LIMIT, () -> contains(out, "line three"));
      }
      assertThat(loki.lines).containsExactly("line one", "line two", "line three");
      assertThat(posted.stream().filter(s -> s.contains("line one"))).hasSize(1);
    } finally {
      otlp.stop(0);
    }
  }

  /** The queue of an exporter is full, and sources wait for space in it. */
  @Test
  void stopIsBoundedWhileADestinationIsDownAndNextStartRepeatsNothing() throws Exception {
    int port = Ports.free();
    Path file = folder.resolve("promtail.yml");
    Path log = folder.resolve("app.log");
    List<String> written = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      written.add("line " + i + " " + "x".repeat(50_000));
    }
    Files.write(log, written);
    try (LokiDouble loki = new LokiDouble()) {
      loki.setUnavailable(true);
      Files.writeString(
          file,
          """
          server: {http_listen_port: %d}
          positions: {filename: %s/positions.yaml, sync_period: 1s}
          scrape_configs:
            - job_name: a
              static_configs: [{labels: {app: a, __path__: %s}}]
          exporters:
            loki:
              endpoint: %s
              sending_queue: {num_consumers: 1, queue_size: 2, sizer: requests, block_on_overflow: true}
              retry_on_failure: {enabled: true, max_elapsed_time: 0}
          """
              .formatted(port, folder, log, loki.url()));
      List<String> args = List.of("logs", "-config.file=" + file);
      try (TethysProcess p = TethysProcess.launch(folder, port, args).awaitReady()) {
        p.await("a full queue", LIMIT, () -> waitsForRoom(p));
        new ProcessBuilder("kill", String.valueOf(p.pid())).start().waitFor();
        p.await("the end", LIMIT, () -> ProcessHandle.of(p.pid()).isEmpty());
      }
      loki.setUnavailable(false);
      try (TethysProcess p = TethysProcess.launch(folder, port, args)) {
        p.await("all lines", LIMIT, () -> loki.lines.size() >= written.size());
      }
      assertThat(loki.lines).containsExactlyElementsOf(written);
    }
  }

  private static boolean waitsForRoom(TethysProcess p) {
    return p.get("/metrics")
        .body()
        .lines()
        .anyMatch(l -> l.startsWith("otelcol_exporter_queue_size{") && l.endsWith(" 2"));
  }

  private static boolean contains(Path file, String text) {
    try {
      return Files.exists(file) && Files.readString(file).contains(text);
    } catch (IOException e) {
      return false;
    }
  }
}
