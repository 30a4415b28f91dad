package dev.tethys.logagent;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.testkit.LokiDouble;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reloads in which something goes wrong. */
@Timeout(120)
@Tag("slow")
class AgentTest {
  @TempDir Path folder;
  private LokiDouble loki;
  private @Nullable Agent agent;
  private Agent.@Nullable Loader loader;

  @BeforeEach
  void begin() throws IOException {
    loki = new LokiDouble();
  }

  @AfterEach
  void end() {
    if (agent != null) {
      agent.end();
      agent.close();
    }
    loki.close();
  }

  private PromtailConfig config(String... jobs) {
    return PromtailConfig.of(
        YamlDocument.parse(
            "promtail.yml",
            null,
            """
            positions: {filename: %s/positions.yaml}
            clients: [{url: "%s", batchwait: 20ms}]
            target_config: {sync_period: 50ms}
            scrape_configs:
            """
                    .formatted(folder, loki.url())
                + String.join("", jobs)));
  }

  private String files(String job, String more) {
    return "  - {job_name: %s, static_configs: [{labels: {app: %s, __path__: %s/%s.log}}]%s}\n"
        .formatted(job, job, folder, job, more);
  }

  private static String syslog(String job, int port) {
    return "  - {job_name: %s, syslog: {listen_address: '127.0.0.1:%d'}}\n".formatted(job, port);
  }

  private Agent start(PromtailConfig c) throws IOException {
    Agent a =
        new Agent(
            c,
            new Agent.Mode(false, false, false, true, false),
            () -> java.util.Objects.requireNonNull(loader).load());
    agent = a;
    a.begin();
    return a;
  }

  private void write(String job, String line) throws IOException {
    Files.writeString(
        folder.resolve(job + ".log"),
        line + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private List<String> jobs() {
    List<String> names = new ArrayList<>();
    java.util.Objects.requireNonNull(agent).jobs().forEach(j -> names.add(j.name()));
    return names;
  }

  /** Jobs had left by then, and none came in their place. */
  @Test
  void interruptSkipsNoJob() throws Exception {
    Agent a = start(config(files("a", "")));
    write("a", "first");
    await(() -> loki.lines.contains("first"));
    PromtailConfig other = config(files("a", ", encoding: latin1"));
    loader = () -> other;
    Thread.currentThread().interrupt();
    a.reload();
    assertThat(Thread.interrupted()).isTrue();
    await(() -> a.config() == other);
    write("a", "second");
    await(() -> loki.lines.contains("second"));
    assertThat(jobs()).containsExactly("a");
    assertThat(loki.lines).containsExactly("first", "second");
  }

  @Test
  void reportsInternalErrorToClient() throws Exception {
    Agent a = start(config(files("a", "")));
    loader =
        () -> {
          throw new IllegalStateException("a fault of the loader");
        };
    assertThat(a.reload()).contains("a fault of the loader");
    write("a", "a line");
    await(() -> loki.lines.contains("a line"));
  }

  @Test
  void reportsASourceThatCannotStartAndStartsItOnReload() throws Exception {
    PromtailConfig was = config(files("a", ""));
    Agent a = start(was);
    int port;
    PromtailConfig next;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
      next = config(files("a", ""), syslog("b", port), files("c", ""));
      PromtailConfig it = next;
      loader = () -> it;
      assertThat(a.reload())
          .startsWith("the configuration is in force, but not all of it runs: job b: ");
      assertThat(a.config()).isSameAs(next);
      write("c", "of a new job");
      await(() -> loki.lines.contains("of a new job"));
    }
    assertThat(a.reload()).isNull();
    try (Socket s = new Socket()) {
      s.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      s.getOutputStream()
          .write(
              "<13>1 2026-01-01T00:00:00Z h a - - - by syslog\n".getBytes(StandardCharsets.UTF_8));
    }
    await(() -> loki.lines.contains("by syslog"));
  }

  private double readLines() {
    return sum("promtail_read_lines_total");
  }

  /** Over all series of a metric. */
  private double sum(String metric) {
    return java.util.Objects.requireNonNull(agent).metrics().gather().stream()
        .filter(f -> f.name().equals(metric))
        .flatMap(f -> f.metrics().stream())
        .mapToDouble(m -> m.point() instanceof MetricFamily.Value v ? v.value() : 0)
        .sum();
  }

  /**
   * Starts a job that has read one line, which cannot be delivered, when another takes its place.
   */
  private void waitsToLeave(PromtailConfig its, PromtailConfig other) throws Exception {
    Agent a = start(its);
    loki.setUnavailable(true);
    write("a", "first");
    await(() -> readLines() == 1);
    loader = () -> other;
    assertThat(a.reload()).isNull();
  }

  /** It has them open still, and who comes in its place never finds them. */
  @Test
  void stoppingJobReadsFilesDeletedMeanwhile() throws Exception {
    waitsToLeave(config(files("a", "")), config(files("a", ", encoding: latin1")));
    write("a", "second");
    Files.writeString(folder.resolve("a.log"), "third, without an end", StandardOpenOption.APPEND);
    Files.move(folder.resolve("a.log"), folder.resolve("a.log.1"));
    Files.delete(folder.resolve("a.log.1"));
    write("a", "of the next file");
    loki.setUnavailable(false);
    await(() -> loki.lines.contains("of the next file"));
    await(() -> loki.lines.contains("third, without an end"));
    assertThat(loki.lines)
        .containsExactly("first", "second", "third, without an end", "of the next file");
  }

  private double files() {
    return sum("promtail_files_active_total");
  }

  /** Only the job that waits to leave ever sees it. */
  @Test
  void readsShortLivedFileWhileJobShutsDown() throws Exception {
    String any = "  - {job_name: a, static_configs: [{labels: {__path__: %s/*.log}}]%s}\n";
    waitsToLeave(
        config(any.formatted(folder, "")), config(any.formatted(folder, ", encoding: latin1")));
    write("b", "of a brief file");
    await(() -> files() == 2);
    Files.delete(folder.resolve("b.log"));
    loki.setUnavailable(false);
    await(() -> loki.lines.contains("of a brief file"));
    write("a", "last");
    await(() -> loki.lines.contains("last"));
    assertThat(loki.lines).containsExactly("first", "of a brief file", "last");
  }

  /**
   * It is read after the previous one, which has a name and would be for callers that comes next.
   */
  @Test
  void waitingJobReadsDeletedFileBeforeExistingOne() throws Exception {
    waitsToLeave(config(files("a", "")), config(files("a", ", encoding: latin1")));
    write("a", "second");
    Files.move(folder.resolve("a.log"), folder.resolve("a.log.1"));
    write("a", "third");
    await(() -> files() == 2);
    Files.delete(folder.resolve("a.log"));
    write("a", "fourth");
    loki.setUnavailable(false);
    await(() -> loki.lines.contains("fourth"));
    await(() -> loki.lines.contains("third"));
    assertThat(loki.lines).containsExactly("first", "second", "third", "fourth");
  }
}
