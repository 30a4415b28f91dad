package dev.tethys.app.delivery;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Adobe's S3 mock with a bucket {@code telemetry}, a separate server that is looked for among the
 * peers ({@code s3mock/s3mock-5.2.0-exec.jar}; Maven's {@code
 * com.adobe.testing:s3mock:5.2.0:jar:exec}).
 */
final class S3MockServer implements AutoCloseable {
  private final ServerProcess process;

  /**
   * Starts it; skips the test where it is not among the peers.
   *
   * @param log file of its output
   */
  S3MockServer(Path log) throws IOException, InterruptedException {
    Path jar = Shared.peerFolder("s3mock/s3mock-5.2.0-exec.jar");
    int port = Ports.free();
    process =
        new ServerProcess(
            port,
            log,
            Map.of(),
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                jar.toString(),
                "--server.port=" + Ports.free(),
                "--server.address=127.0.0.1",
                "--com.adobe.testing.s3mock.httpPort=" + port));
    HttpResponse<String> made = send("PUT", "/telemetry");
    if (made.statusCode() != 200 || !made.body().isEmpty()) {
      process.close();
      throw new IOException("the bucket was not made: " + made.statusCode() + " " + made.body());
    }
  }

  int port() {
    return process.port();
  }

  /** Body of a response, a character for each byte. */
  String ask(String method, String path) throws IOException, InterruptedException {
    return send(method, path).body();
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build(),
          BodyHandlers.ofString(StandardCharsets.ISO_8859_1));
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
