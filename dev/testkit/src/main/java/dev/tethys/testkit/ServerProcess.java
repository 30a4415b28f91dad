package dev.tethys.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** External program that listens on a port of loopback, for the duration of a test. */
public final class ServerProcess implements AutoCloseable {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);

  private final Process process;
  private final int port;
  private final Path log;

  /**
   * Starts it and waits until it accepts connections.
   *
   * @param port port named in the command
   * @param log file of its output
   * @param environment more variables
   */
  public ServerProcess(int port, Path log, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    this.port = port;
    this.log = log;
    ProcessBuilder b =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()));
    b.environment().putAll(environment);
    this.process = b.start();
    long until = System.nanoTime() + TIME_LIMIT.toNanos();
    while (!accepts()) {
      if (!process.isAlive() || System.nanoTime() > until) {
        String output = log();
        close();
        throw new IOException(command.getFirst() + " does not listen on " + port + ": " + output);
      }
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Returns the path of a program installed by Debian or among the peers; the test is skipped with
   * its name otherwise.
   */
  public static Path find(String program) {
    Path none = Path.of("");
    Path found =
        Stream.of("/usr/bin", "/usr/sbin", "/usr/local/bin")
            .map(d -> Path.of(d, program))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(none);
    return found.equals(none) ? Shared.peer(program) : found;
  }

  private boolean accepts() {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return s.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the port. */
  public int port() {
    return port;
  }

  /** Returns the output so far. */
  public String log() {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the body of the response to a GET, regardless of its status. */
  public String get(String pathAndQuery) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + pathAndQuery))
                  .timeout(TIME_LIMIT)
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  /** Kills the process. */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
