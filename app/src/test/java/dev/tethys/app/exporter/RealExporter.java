package dev.tethys.app.exporter;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A well-known exporter as its own process. */
final class RealExporter implements AutoCloseable {
  private final Process process;
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  final String base;

  /**
   * Starts it and waits until it responds.
   *
   * @param command in which {@code ADDRESS} is replaced by its listen address
   */
  RealExporter(Path folder, List<String> command) throws IOException, InterruptedException {
    int port = Ports.free();
    base = "http://127.0.0.1:" + port;
    Path log = Files.createTempFile(folder, "real", ".log");
    List<String> told = new ArrayList<>();
    command.forEach(a -> told.add(a.replace("ADDRESS", "127.0.0.1:" + port)));
    process =
        new ProcessBuilder(told)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      try {
        get("/");
        return;
      } catch (IOException e) {
        if (System.nanoTime() > end || !process.isAlive()) {
          close();
          throw new IOException("the real exporter does not answer: " + Files.readString(log), e);
        }
        process.waitFor(50, TimeUnit.MILLISECONDS);
      }
    }
  }

  String get(String path) throws IOException, InterruptedException {
    return get(client, base + path);
  }

  static String get(HttpClient client, String url) throws IOException, InterruptedException {
    return client
        .send(
            HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(60))
                .header("Accept", "text/plain;version=0.0.4")
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
