package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pushes, and a process that is killed between a push and its response: acknowledged pushes are on
 * disk of {@code wal} and arrive, the others are sent again by their sender.
 */
@Timeout(180)
@Tag("slow")
class PushesKilledTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int KILLS = 2;

  /** Requests of each sender that are answered before the next kill. */
  private static final int EACH_TIME = 5;

  @TempDir Path folder;

  /** Sends one line a request, again until it is answered, and only then the next. */
  private static final class Sender implements Runnable {
    final String name;
    private final String type;
    private final URI uri;
    private final HttpClient client;
    final AtomicInteger answered = new AtomicInteger();
    final Set<String> lines = new ConcurrentSkipListSet<>();

    /** Requests that were in progress when the connection broke: sent, and never answered. */
    final AtomicInteger cutOff = new AtomicInteger();

    volatile boolean enough;

    Sender(HttpClient client, String name, int port, String path, String type) {
      this.client = client;
      this.name = name;
      this.type = type;
      this.uri = URI.create("http://127.0.0.1:" + port + path);
    }

    private byte[] body(String line) {
      String text =
          switch (name) {
            case "loki" ->
                "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1700000000000000001\",\""
                    + line
                    + "\"]]}]}";
            case "heroku" -> {
              String m = "<40>1 2026-01-01T00:00:00+00:00 host app web.1 - " + line;
              yield m.length() + " " + m;
            }
            default ->
                "{\"message\":{\"data\":\""
                    + Base64.getEncoder()
                        .encodeToString(
                            ("{\"textPayload\":\"" + line + "\"}").getBytes(StandardCharsets.UTF_8))
                    + "\",\"messageId\":\"1\"},\"subscription\":\"s\"}";
          };
      return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void run() {
      for (int i = 0; !enough; i++) {
        String line = name + " " + i;
        HttpRequest q =
            HttpRequest.newBuilder(uri)
                .header("Content-Type", type)
                .timeout(Duration.ofSeconds(40))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body(line)))
                .build();
        while (!isAnswered(q)) {
          Waiting.pause();
        }
        lines.add(line);
        answered.incrementAndGet();
      }
    }

    private boolean isAnswered(HttpRequest q) {
      try {
        int status = client.send(q, HttpResponse.BodyHandlers.discarding()).statusCode();
        return status / 100 == 2;
      } catch (java.net.ConnectException e) {
        return false; // no server listens
      } catch (IOException e) {
        cutOff.incrementAndGet();
        return false;
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void deliversAcknowledgedPushesAfterKillAndSendersRetryOthers() throws Exception {
    int loki = Ports.free();
    int heroku = Ports.free();
    int gcp = Ports.free();
    try (LokiDouble destination = new LokiDouble();
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      destination.setUnavailable(true);
      Path file = folder.resolve("promtail.yml");
      Files.writeString(
          file,
          """
          server: {disable: true}
          positions: {filename: %1$s/positions.yaml}
          clients: [{url: "%2$s", batchwait: 50ms, backoff_config: {max_period: 1s}}]
          wal: {enabled: true, dir: %1$s/wal}
          scrape_configs:
            - job_name: loki
              loki_push_api: {server: {http_listen_address: 127.0.0.1, http_listen_port: %3$d}}
            - job_name: heroku
              heroku_drain: {server: {http_listen_address: 127.0.0.1, http_listen_port: %4$d}, labels: {job: heroku}}
            - job_name: gcp
              gcplog: {subscription_type: push, server: {http_listen_address: 127.0.0.1, http_listen_port: %5$d}, labels: {job: gcp}}
          """
              .formatted(folder, destination.url(), loki, heroku, gcp));
      List<Sender> senders =
          List.of(
              new Sender(client, "loki", loki, "/loki/api/v1/push", "application/json"),
              new Sender(client, "heroku", heroku, "/heroku/api/v1/drain", "application/logplex-1"),
              new Sender(client, "gcp", gcp, "/gcp/api/v1/push", "application/json"));
      List<Thread> threads = senders.stream().map(s -> Thread.ofVirtual().start(s)).toList();
      for (int life = 0; life <= KILLS; life++) {
        int wanted = (life + 1) * EACH_TIME;
        Process p = start(file, life);
        try {
          TethysProcess.await(
              "answers",
              LIMIT,
              () -> senders.stream().allMatch(s -> s.answered.get() >= wanted),
              () -> log(life(folder, wanted / EACH_TIME - 1)));
          if (life == KILLS) {
            senders.forEach(s -> s.enough = true);
            for (Thread t : threads) {
              t.join();
            }
            destination.setUnavailable(false);
            Set<String> all = new TreeSet<>();
            senders.forEach(s -> all.addAll(s.lines));
            TethysProcess.await(
                "all lines",
                LIMIT,
                () -> new TreeSet<>(destination.lines).containsAll(all),
                () -> missing(all, destination));
            // Nothing that was never sent, and of each sender in the order of the responses.
            assertThat(new TreeSet<>(destination.lines)).isEqualTo(all);
            for (Sender s : senders) {
              assertThat(destination.lines.stream().filter(s.lines::contains).distinct())
                  .containsExactlyElementsOf(
                      IntStream.range(0, s.lines.size()).mapToObj(i -> s.name + " " + i).toList());
            }
          }
        } finally {
          p.destroyForcibly().waitFor();
        }
      }
      // Each waits for a response nearly all of the time, so a kill finds it between the two.
      assertThat(senders.stream().mapToInt(s -> s.cutOff.get()).sum())
          .isGreaterThanOrEqualTo(KILLS);
    }
  }

  private Process start(Path config, int life) throws IOException {
    return new ProcessBuilder(TethysProcess.small("logs", "-config.file=" + config))
        .redirectErrorStream(true)
        .redirectOutput(life(folder, life).toFile())
        .start();
  }

  private static Path life(Path folder, int number) {
    return folder.resolve("life-" + number + ".log");
  }

  private static Object log(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e;
    }
  }

  private static Object missing(Set<String> all, LokiDouble destination) {
    List<String> out = new ArrayList<>(all);
    out.removeAll(destination.lines);
    return "missing: " + out;
  }
}
