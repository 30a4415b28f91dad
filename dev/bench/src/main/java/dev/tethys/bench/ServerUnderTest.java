package dev.tethys.bench;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * Server in a separate process on a free port, with its configuration, data and log in a new
 * folder, which is kept after the stop.
 */
final class ServerUnderTest implements AutoCloseable {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final Process process;
  private final int port;
  private final Path log;

  private ServerUnderTest(Process process, int port, Path log) {
    this.process = process;
    this.port = port;
    this.log = log;
  }

  /**
   * Starts one, without waiting until it responds.
   *
   * @param folder prefix of its folder name
   * @param config its configuration, given its own port
   */
  static ServerUnderTest start(
      String folder, IntFunction<String> config, Map<String, String> environment, String... flags)
      throws IOException {
    Path dir = Files.createTempDirectory(folder);
    Path file = dir.resolve("prometheus.yml");
    int port = freePort();
    Files.writeString(file, config.apply(port));
    return start(
        dir,
        port,
        Stream.concat(
                Stream.of(
                    launcher().toString(),
                    "server",
                    "--config.file=" + file,
                    "--storage.tsdb.path=" + dir.resolve("data"),
                    "--web.listen-address=127.0.0.1:" + port),
                Stream.of(flags))
            .toList(),
        environment);
  }

  /** Returns the path of this program's launcher. */
  static Path launcher() {
    return Path.of(System.getProperty("tethys.launcher", "tethys")).toAbsolutePath();
  }

  static int freePort() throws IOException {
    return Ports.free();
  }

  /**
   * Starts any server, without waiting until it responds.
   *
   * @param dir folder of its log
   * @param command returns the command for a listen port
   */
  static ServerUnderTest start(
      Path dir, IntFunction<List<String>> command, Map<String, String> environment)
      throws IOException {
    int port = freePort();
    return start(dir, port, command.apply(port), environment);
  }

  private static ServerUnderTest start(
      Path dir, int port, List<String> command, Map<String, String> environment)
      throws IOException {
    Path log = dir.resolve("log");
    ProcessBuilder b =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    b.environment().putAll(environment);
    return new ServerUnderTest(b.start(), port, log);
  }

  Path log() {
    return log;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  int exitValue() {
    return process.exitValue();
  }

  ProcessStatistics figures() {
    return new ProcessStatistics(process.pid());
  }

  /** Starts a request for one of its paths, including the query. */
  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> body)
      throws IOException, InterruptedException {
    return CLIENT.send(request.build(), body);
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor(30, TimeUnit.SECONDS);
  }
}
