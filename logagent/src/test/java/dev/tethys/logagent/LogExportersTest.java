package dev.tethys.logagent;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.testkit.LokiDouble;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** LogExporters that become others while they have something. */
@Timeout(120)
@Tag("slow")
class LogExportersTest {
  @TempDir Path folder;
  private final AtomicInteger settled = new AtomicInteger();
  private final HttpClientFactory http = new HttpClientFactory("test");
  private LokiDouble one;
  private LokiDouble two;

  @BeforeEach
  void begin() throws IOException {
    one = new LokiDouble();
    two = new LokiDouble();
  }

  @AfterEach
  void end() {
    one.close();
    two.close();
    http.close();
  }

  private static PromtailConfig config(String yaml) {
    return PromtailConfig.of(YamlDocument.parse("promtail.yml", null, yaml));
  }

  private LogExporters open(PromtailConfig c) throws IOException {
    Registry metrics = new Registry();
    return new LogExporters(c, false, http, metrics, new StageMetrics(metrics), List.of());
  }

  private static String client(LokiDouble to, String more) {
    return "{url: '" + to.url() + "', batchwait: 20ms" + more + "}";
  }

  private void bring(LogExporters to, String line) {
    to.accept(new LogEntry(Labels.of("app", "x"), 1, line, settled::incrementAndGet));
  }

  @Test
  void removedClientEntriesAreNotSentTwiceToAnother() throws Exception {
    one.setUnavailable(true);
    LogExporters d = open(config("clients: [" + client(one, "") + "," + client(two, "") + "]"));
    bring(d, "a line");
    await(() -> two.lines.contains("a line"));
    d.become(config("clients: [" + client(two, ", tenant_id: other") + "]"));
    bring(d, "another");
    await(() -> two.lines.contains("another"));
    d.close(Duration.ofSeconds(30));
    assertThat(two.lines).containsExactly("a line", "another");
  }

  /** Else it would come to the other client again when it is read at the next start. */
  @Test
  void stopSettlesUndeliveredEntriesOfRemovedClient() throws Exception {
    one.setUnavailable(true);
    LogExporters d = open(config("clients: [" + client(one, "") + "," + client(two, "") + "]"));
    bring(d, "a line");
    await(() -> two.lines.contains("a line"));
    d.become(config("clients: [" + client(two, "") + "]"));
    assertThat(settled).hasValue(0);
    d.close(Duration.ofSeconds(30));
    assertThat(settled).hasValue(1);
    assertThat(two.lines).containsExactly("a line");
  }

  @Test
  void reopensDiskQueueOfRemovedClient() throws Exception {
    one.setUnavailable(true);
    String wal = "wal: {enabled: true, dir: " + folder.resolve("wal") + "}\n";
    String both =
        wal + "clients: [" + client(one, ", name: a") + "," + client(two, ", name: b") + "]";
    LogExporters d = open(config(both));
    bring(d, "a line");
    await(() -> two.lines.contains("a line"));
    d.become(config(wal + "clients: [" + client(two, ", name: b") + "]"));
    d.become(config(both));
    one.setUnavailable(false);
    await(() -> one.lines.contains("a line"));
    d.close(Duration.ofSeconds(30));
    assertThat(one.lines).containsExactly("a line");
    assertThat(two.lines).containsExactly("a line");
  }

  /** A failure leaves nothing behind that prevents the next attempt. */
  @Test
  void retriesExportersThatFailToStart() throws Exception {
    LogExporters d = open(config("clients: [" + client(one, "") + "]"));
    String clients = "clients: [" + client(one, "") + "]\n";
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String bad =
          clients
              + "extensions: {health_check: {endpoint: '127.0.0.1:"
              + taken.getLocalPort()
              + "'}}\nexporters: {loki: {endpoint: '"
              + two.url()
              + "'}}\n";
      assertThatThrownBy(() -> d.become(config(bad))).isInstanceOf(IOException.class);
    }
    d.become(config(clients + "exporters: {loki: {endpoint: '" + two.url() + "'}}\n"));
    bring(d, "a line");
    await(() -> settled.get() == 1);
    assertThat(one.lines).containsExactly("a line");
    assertThat(two.lines).containsExactly("a line");
    d.close(Duration.ofSeconds(30));
  }

  /** A disk that takes neither the new queue nor the old one. */
  @Test
  void retriesOpeningUntilItSucceeds() throws Exception {
    Path wal = folder.resolve("wal");
    String was = "wal: {enabled: true, dir: " + wal + "}\n";
    String next = "wal: {enabled: true, dir: " + folder.resolve("file/wal") + "}\n";
    Files.writeString(folder.resolve("file"), "not a folder");
    LogExporters d = open(config(was + "clients: [" + client(one, ", name: a") + "]"));
    PromtailConfig bad = config(next + "clients: [" + client(two, ", name: b") + "]");
    assertThat(d.isReplacedBy(bad)).isTrue();
    Path aside = folder.resolve("aside");
    assertThatThrownBy(
            () ->
                d.replaceBy(
                    bad,
                    () -> {
                      try {
                        Files.move(wal, aside);
                        Files.writeString(wal, "not a folder either");
                      } catch (IOException e) {
                        throw new UncheckedIOException(e);
                      }
                    }))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the former clients cannot be reopened either");
    Thread bringing = Thread.ofVirtual().start(() -> bring(d, "a line"));
    Files.delete(wal);
    await(() -> one.lines.contains("a line"));
    bringing.join();
    d.close(Duration.ofSeconds(30));
    assertThat(settled).hasValue(1);
  }

  @Test
  void shutdownDoesNotWaitForClientsThatCannotBeOpened() throws Exception {
    Path wal = folder.resolve("wal");
    Files.writeString(folder.resolve("file"), "not a folder");
    LogExporters d =
        open(
            config(
                "wal: {enabled: true, dir: "
                    + wal
                    + "}\nclients: ["
                    + client(one, ", name: a")
                    + "]"));
    PromtailConfig bad =
        config(
            "wal: {enabled: true, dir: "
                + folder.resolve("file/wal")
                + "}\nclients: ["
                + client(two, ", name: b")
                + "]");
    assertThatThrownBy(
            () ->
                d.replaceBy(
                    bad,
                    () -> {
                      try {
                        Files.move(wal, folder.resolve("aside"));
                        Files.writeString(wal, "not a folder either");
                      } catch (IOException e) {
                        throw new UncheckedIOException(e);
                      }
                    }))
        .isInstanceOf(IOException.class);
    Thread bringing = Thread.ofVirtual().start(() -> bring(d, "a line"));
    d.failBlockedProducers();
    bringing.join();
    d.close(Duration.ofSeconds(30));
    assertThat(settled).as("left to its source").hasValue(0);
  }
}
