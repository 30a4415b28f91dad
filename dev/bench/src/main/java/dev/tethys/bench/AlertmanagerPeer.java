package dev.tethys.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Real Alertmanager in a separate process, which sends alerts to a webhook as soon as it permits.
 * Debian's build reads its templates from below /usr/share, where an unpacked one has none: a mount
 * namespace puts them there.
 */
final class AlertmanagerPeer implements AutoCloseable {
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final int port;

  private AlertmanagerPeer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts one, and waits until it is ready. */
  static AlertmanagerPeer start(Path folder, URI webhook) throws IOException {
    String peers = System.getenv("TETHYS_PEERS");
    Path program =
        (peers != null ? Path.of(peers) : Path.of(System.getProperty("user.home"), ".cache/peers"))
            .resolve("usr/bin/prometheus-alertmanager");
    if (!Files.isExecutable(program)) {
      throw new IOException(
          program
              + " is missing; set TETHYS_PEERS to a folder with usr/bin/"
              + program.getFileName());
    }
    Path config = folder.resolve("alertmanager.yml");
    Files.writeString(
        config,
        """
        route: {receiver: control, group_by: [alertname, round], group_wait: 0s, group_interval: 1s}
        receivers:
          - name: control
            webhook_configs: [{url: "URL", send_resolved: true}]
        """
            .replace("URL", webhook.toString()));
    int port = ServerUnderTest.freePort();
    Path share = program.resolveSibling("../share").normalize();
    Process p =
        new ProcessBuilder(
                "unshare",
                "-rm",
                "sh",
                "-c",
                "mount --bind " + share + " /usr/share && exec \"$0\" \"$@\"",
                program.toString(),
                "--config.file=" + config,
                "--storage.path=" + folder.resolve("alertmanager"),
                "--cluster.listen-address=",
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("alertmanager.log").toFile())
            .start();
    AlertmanagerPeer peer = new AlertmanagerPeer(p, port);
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!peer.isReady()) {
      if (!p.isAlive() || System.nanoTime() > end) {
        peer.close();
        throw new IOException(
            "Alertmanager is not ready: " + Files.readString(folder.resolve("alertmanager.log")));
      }
      LockSupport.parkNanos(20_000_000);
    }
    return peer;
  }

  private boolean isReady() {
    try {
      return http.send(
                  HttpRequest.newBuilder(uri("/-/ready")).build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  /** Receives a firing or just resolved alert, as sent by Prometheus. */
  void take(String name, int round, Instant start, boolean fires)
      throws IOException, InterruptedException {
    String body =
        "[{\"labels\":{\"alertname\":\""
            + name
            + "\",\"round\":\""
            + round
            + "\"},\"startsAt\":\""
            + start
            + "\",\"endsAt\":\""
            + (fires ? start.plusSeconds(600) : Instant.now())
            + "\"}]";
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(uri("/api/v2/alerts"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (r.statusCode() != 200) {
      throw new IOException("Alertmanager answered " + r.statusCode() + ": " + r.body());
    }
  }

  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroy);
    all.forEach(p -> p.onExit().orTimeout(30, TimeUnit.SECONDS).join());
  }
}
