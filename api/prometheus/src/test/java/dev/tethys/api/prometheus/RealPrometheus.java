package dev.tethys.api.prometheus;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A real Prometheus on a loopback port, with an empty configuration, that takes remote writes. */
final class RealPrometheus implements AutoCloseable {
  private final Process process;
  private final HttpClient client = HttpClient.newHttpClient();
  final int port;

  RealPrometheus(Path folder) throws IOException, InterruptedException {
    Path program = Shared.peer("prometheus");
    port = Ports.free();
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(config, "global:\n  external_labels:\n    region: eu\n");
    process =
        new ProcessBuilder(
                program.toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port,
                "--web.enable-remote-write-receiver",
                "--web.enable-admin-api",
                "--web.console.templates=" + folder.resolve("consoles"),
                "--web.console.libraries=" + folder.resolve("libraries"),
                "--enable-feature=exemplar-storage,native-histograms",
                "--log.level=error")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!isReady()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        String log = Files.readString(folder.resolve("log"));
        close();
        throw new IllegalStateException("prometheus did not start: " + log);
      }
      process.waitFor(50, TimeUnit.MILLISECONDS);
    }
  }

  private boolean isReady() throws InterruptedException {
    try {
      return client
              .send(request("/-/ready").build(), HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    }
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  void write(WriteRequestWriter w) throws IOException, InterruptedException {
    byte[] body = SnappyBlock.encode(w.buffer(), 0, w.size());
    HttpResponse<String> r =
        client.send(
            request("/api/v1/write")
                .header("Content-Encoding", "snappy")
                .header("Content-Type", "application/x-protobuf")
                .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (r.statusCode() / 100 != 2) {
      throw new IllegalStateException("remote write: " + r.statusCode() + " " + r.body());
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
