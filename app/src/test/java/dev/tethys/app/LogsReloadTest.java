package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading promtail.yml anew, and the flags that go before it. */
@Tag("slow")
class LogsReloadTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path folder;
  private LokiDouble loki;

  @BeforeEach
  void start() throws IOException {
    loki = new LokiDouble();
  }

  @AfterEach
  void stop() {
    loki.close();
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(
        folder.resolve(file), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static String job(String name, Path folder, String stages) {
    return """
      - job_name: %s
        static_configs: [{labels: {app: %s, __path__: %s/%s.log}}]
        pipeline_stages: %s
    """
        .formatted(name, name, folder, name, stages);
  }

  private Path config(int port, String clients, String... jobs) throws IOException {
    Path file = folder.resolve("promtail.yml");
    Files.writeString(
        file,
        """
        server: {http_listen_port: %d, enable_runtime_reload: true}
        positions: {filename: %s/positions.yaml, sync_period: 1s}
        clients: %s
        target_config: {sync_period: 250ms}
        scrape_configs:
        """
                .formatted(port, folder, clients)
            + String.join("", jobs));
    return file;
  }

  private String client() {
    return "[{url: \"" + loki.url() + "\", batchwait: 50ms}]";
  }

  @Test
  void unchangedJobsContinueAndOthersResumeAtTheirPosition() throws Exception {
    int port = Ports.free();
    String a = job("a", folder, "[]");
    Path file = config(port, client(), a, job("b", folder, "[]"));
    List<String> written = new ArrayList<>();
    try (TethysProcess p =
        TethysProcess.launch(folder, port, List.of("logs", "-config.file=" + file))) {
      lines(written, "a", "b");
      p.await("the first lines", LIMIT, () -> loki.lines.containsAll(written));

      // Another stage for b, and a job more, while a continues.
      String b = job("b", folder, "[static_labels: {stage: second}]");
      config(port, client(), a, b, job("c", folder, "[]"));
      lines(written, "a", "b", "c");
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      lines(written, "a", "b", "c");
      p.await("lines of three jobs", LIMIT, () -> loki.lines.containsAll(written));
      assertThat(loki.streams).anyMatch(s -> s.contains("second"));

      // What is wrong changes nothing.
      config(port, client(), a, job("b", folder, "[no_such_stage: {}]"));
      assertThat(p.get("/reload").statusCode()).isEqualTo(500);
      lines(written, "a", "b", "c");
      p.await("lines after a mistake", LIMIT, () -> loki.lines.containsAll(written));
      assertThat(p.get("/metrics").body())
          .contains("promtail_config_reload_success_total 1")
          .contains("promtail_config_reload_fail_total 1");

      // Another client, which everything shares, by a signal; and c is gone.
      config(port, "[{url: \"" + loki.url() + "\", batchwait: 50ms, tenant_id: two}]", a, b);
      new ProcessBuilder("kill", "-HUP", String.valueOf(p.pid())).start().waitFor();
      p.await("the new tenant", LIMIT, () -> p.get("/config").body().contains("tenant_id: two"));
      lines(written, "a", "b");
      p.await("lines of the new tenant", LIMIT, () -> loki.lines.containsAll(written));
      assertThat(loki.tenants).contains("null", "two");
      assertThat(p.get("/targets").body()).contains("a.log").doesNotContain("c.log");
    }
    assertThat(loki.lines).containsExactlyInAnyOrderElementsOf(written);
    for (String job : List.of("a", "b", "c")) {
      assertThat(loki.lines.stream().filter(l -> l.startsWith(job)))
          .containsExactlyElementsOf(written.stream().filter(l -> l.startsWith(job)).toList());
    }
  }

  private void lines(List<String> written, String... jobs) throws IOException {
    for (String j : jobs) {
      for (int i = 0; i < 20; i++) {
        String line = j + " line " + written.size();
        write(j + ".log", line + "\n");
        written.add(line);
      }
    }
  }

  /** Lines that are more than a client may hold, 64 MiB. */
  private List<String> muchMoreThanThereIsRoomFor(String file) throws IOException {
    byte[] noise = new byte[75_000]; // that does not compress
    new Random(1).nextBytes(noise);
    String text = Base64.getEncoder().encodeToString(noise);
    List<String> written = new ArrayList<>();
    for (int i = 0; i < 1600; i++) {
      written.add("much " + i + " " + text);
    }
    Files.write(folder.resolve(file), written);
    return written;
  }

  private static double queued(TethysProcess p) {
    return p.get("/metrics")
        .body()
        .lines()
        .filter(l -> l.startsWith("tethys_logs_client_queue_bytes{"))
        .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' '))))
        .sum();
  }

  private void awaitFullQueue(TethysProcess p) {
    p.awaitReady();
    double[] last = {-1};
    p.await(
        "a queue that does not grow",
        LIMIT,
        () -> {
          double now = queued(p);
          boolean same = now > 0 && now == last[0];
          last[0] = now;
          return same && now > 60 << 20;
        });
  }

  /** What a job reads changes in three ways while nothing is delivered and no queue has space. */
  @Test
  void reloadDoesNotWaitForDownDestinationAndLosesOrDuplicatesNothing() throws Exception {
    int port = Ports.free();
    loki.setUnavailable(true);
    String size = client().replace("}]", ", batchsize: 102400}]");
    Path file = config(port, size, job("a", folder, "[]"), job("b", folder, "[]"));
    List<String> written = muchMoreThanThereIsRoomFor("a.log");
    write("b.log", "b before\n");
    written.add("b before");
    try (TethysProcess p =
        TethysProcess.launch(folder, port, List.of("logs", "-config.file=" + file))) {
      awaitFullQueue(p);
      // Other stages: for what is brought from now on.
      String stages = "[static_labels: {stage: second}]";
      config(port, size, job("a", folder, stages), job("b", folder, "[]"));
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      // Other reading, which begins when all passed entries are delivered; and b ends.
      String a = job("a", folder, stages);
      config(port, size, a + "    encoding: iso-8859-1\n");
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      // As it was before, and once more differently, while that waits; b comes back.
      config(port, size, a);
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      config(port, size, a + "    encoding: us-ascii\n", job("b", folder, "[]"));
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      write("a.log", "the end of a\n");
      write("b.log", "b after\n");
      written.add("the end of a");
      written.add("b after");
      loki.setUnavailable(false);
      p.await("all lines", LIMIT, () -> loki.lines.size() >= written.size());
      p.await("what is delivered", LIMIT, () -> !p.get("/targets").body().contains("delivered=0"));
      assertThat(loki.streams.get(loki.lines.indexOf("the end of a"))).contains("second");
    }
    assertThat(sorted(loki.lines)).isEqualTo(sorted(written));
  }

  private static List<String> sorted(List<String> lines) {
    return lines.stream().map(l -> l.substring(0, Math.min(l.length(), 20))).sorted().toList();
  }

  @Test
  void deliversQueuedLinesToReplacementClient() throws Exception {
    int port = Ports.free();
    loki.setUnavailable(true);
    Path file = config(port, client(), job("a", folder, "[]"));
    List<String> written = muchMoreThanThereIsRoomFor("a.log");
    try (LokiDouble other = new LokiDouble();
        TethysProcess p =
            TethysProcess.launch(folder, port, List.of("logs", "-config.file=" + file))) {
      awaitFullQueue(p);
      config(port, client().replace(loki.url(), other.url()), job("a", folder, "[]"));
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      p.await("all lines", LIMIT, () -> other.lines.size() >= written.size());
      assertThat(sorted(other.lines)).isEqualTo(sorted(written));
    }
    assertThat(loki.lines).isEmpty();
  }

  /** Nothing stays, so sources bring again what was not delivered. */
  @Test
  void rereadsUndeliveredLinesForReplacementExporters() throws Exception {
    int port = Ports.free();
    loki.setUnavailable(true);
    Path file = config(port, client(), job("a", folder, "[]"));
    List<String> written = muchMoreThanThereIsRoomFor("a.log");
    try (LokiDouble other = new LokiDouble();
        TethysProcess p =
            TethysProcess.launch(folder, port, List.of("logs", "-config.file=" + file))) {
      awaitFullQueue(p);
      config(port, "[]", job("a", folder, "[]"));
      Files.writeString(
          file,
          "exporters: {loki: {endpoint: '" + other.url() + "'}}\n",
          StandardOpenOption.APPEND);
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      p.await("all lines", LIMIT, () -> other.lines.size() >= written.size());
      assertThat(sorted(other.lines)).isEqualTo(sorted(written));
    }
    assertThat(loki.lines).isEmpty();
  }

  /** Exporters of which nothing stays are full, and what goes into them waits. */
  @Test
  void replacesClientWhileRemovedExportersAreFull() throws Exception {
    int port = Ports.free();
    loki.setUnavailable(true);
    Path file = config(port, client(), job("a", folder, "[]"));
    try (LokiDouble other = new LokiDouble();
        TethysProcess p = launchedBefore(other, file, port)) {
      p.awaitReady();
      p.await(
          "a queue of the exporter that is full",
          LIMIT,
          () -> p.get("/metrics").body().contains("otelcol_exporter_queue_size"));
      List<String> written = new ArrayList<>();
      for (int i = 0; i < 12; i++) { // one after the other, each as its own batch
        byte[] noise = new byte[75_000]; // that does not compress
        new Random(i).nextBytes(noise);
        written.add("line " + i + " " + Base64.getEncoder().encodeToString(noise));
        write("a.log", written.getLast() + "\n");
        Thread.sleep(300);
      }
      awaitNoMoreIsRead(p);
      config(port, client(), job("a", folder, "[]"));
      String wal = "wal: {enabled: true, dir: " + folder.resolve("wal") + "}\n";
      Files.writeString(file, wal, StandardOpenOption.APPEND);
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      loki.setUnavailable(false);
      p.await("all lines", LIMIT, () -> loki.lines.size() >= written.size());
      assertThat(loki.lines.equals(written)).isTrue();
    }
  }

  private TethysProcess launchedBefore(LokiDouble other, Path file, int port) throws Exception {
    other.setUnavailable(true);
    Files.writeString(
        file,
        "exporters: {loki: {endpoint: '"
            + other.url()
            + "', sending_queue: {sizer: bytes, queue_size: 300000, block_on_overflow: true}}}\n",
        StandardOpenOption.APPEND);
    return TethysProcess.launch(folder, port, List.of("logs", "-config.file=" + file));
  }

  private static void awaitNoMoreIsRead(TethysProcess p) {
    double[] last = {-1};
    p.await(
        "a file that is read no further",
        LIMIT,
        () -> {
          double now =
              p.get("/metrics")
                  .body()
                  .lines()
                  .filter(l -> l.startsWith("promtail_read_lines_total{"))
                  .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' '))))
                  .sum();
          boolean same = now > 0 && now < 12 && now == last[0];
          last[0] = now;
          return same;
        });
  }

  /** Else what is delivered meanwhile would be read once more. */
  @Test
  void doesNotReadPositionsFileWhileOthersStillSaveToIt() throws Exception {
    int port = Ports.free();
    loki.setUnavailable(true);
    Path file = config(port, client(), job("a", folder, "[]"));
    String was = Files.readString(file);
    write("a.log", "a line\n");
    try (TethysProcess p =
        TethysProcess.launch(folder, port, List.of("logs", "-config.file=" + file))) {
      p.awaitReady();
      p.await("the line", LIMIT, () -> queued(p) > 0);
      Files.writeString(file, was.replace("positions.yaml", "others.yaml"));
      assertThat(p.get("/reload").statusCode()).isEqualTo(200);
      Files.writeString(file, was);
      var refused = p.get("/reload");
      assertThat(refused.statusCode()).isEqualTo(500);
      assertThat(refused.body()).contains("positions.yaml").contains("not delivered yet");
      loki.setUnavailable(false);
      p.await("the file is free", LIMIT, () -> p.get("/reload").statusCode() == 200);
    }
  }

  @Test
  void flagsTakePrecedenceOverTheFile() throws Exception {
    int port = Ports.free();
    Path file = config(1, "[]", job("a", folder, "[]"));
    write("a.log", "hello\n");
    List<String> args =
        List.of(
            "logs",
            "-config.file=" + file,
            "-server.http-listen-port=" + port,
            "-client.url=" + loki.url(),
            "-client.tenant-id=007",
            "-client.batch-wait=50ms",
            "-client.external-labels=zone=x,app=ignored",
            "-positions.file=" + folder.resolve("elsewhere.yaml"),
            "-limit.readline-rate-enabled",
            "-limit.readline-rate-drop=false",
            "-limit.readline-rate=1000");
    try (TethysProcess p = TethysProcess.launch(folder, port, args)) {
      p.await("the line", LIMIT, () -> loki.lines.contains("hello"));
      assertThat(loki.tenants).containsOnly("007");
      assertThat(loki.streams.getFirst()).contains("zone").contains("app=\"a\"");
      p.await("the position", LIMIT, () -> Files.exists(folder.resolve("elsewhere.yaml")));
    }
  }
}
