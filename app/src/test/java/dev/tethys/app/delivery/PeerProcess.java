package dev.tethys.app.delivery;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A database's server, with its own folder. */
final class PeerProcess implements AutoCloseable {
  private final Path folder;
  private final int port;
  private final List<String> command;
  private final String ready;
  private Process process;

  /**
   * Starts it and waits until it listens.
   *
   * @param folder removed at the end
   */
  PeerProcess(Path folder, int port, List<String> command) throws Exception {
    this(folder, port, "", command);
  }

  /**
   * Starts it and waits until it says that it is ready.
   *
   * @param folder removed at the end
   * @param ready the path that is answered with 200 from then on; empty: to listen is enough
   */
  PeerProcess(Path folder, int port, String ready, List<String> command) throws Exception {
    this.folder = folder;
    this.port = port;
    this.ready = ready;
    this.command = List.copyOf(command);
    process = begin();
  }

  private Process begin() throws Exception {
    Path log = folder.resolve("peer.log");
    Process p =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try {
      TestPipeline.await(
          "the peer listens; its log is " + log,
          Duration.ofMinutes(2),
          () -> {
            if (!p.isAlive()) {
              throw new IllegalStateException("the peer has ended; its log is " + log);
            }
            return isReady();
          });
    } catch (RuntimeException | Error e) {
      p.destroyForcibly();
      throw e;
    }
    return p;
  }

  private boolean isReady() {
    try {
      if (ready.isEmpty()) {
        try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
          return s.isConnected();
        }
      }
      URI page = URI.create("http://127.0.0.1:" + port + ready);
      return ((HttpURLConnection) page.toURL().openConnection()).getResponseCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  int port() {
    return port;
  }

  /** Action on a folder while no server uses it. */
  @FunctionalInterface
  interface Mending {
    void repair(Path folder) throws IOException;
  }

  /** Ends it as a power failure would, and starts it again over its folder. */
  void killAndRestart() throws Exception {
    killAndRestart(f -> {});
  }

  /** The same, with something done in between. */
  void killAndRestart(Mending mending) throws Exception {
    process.destroyForcibly().waitFor();
    mending.repair(folder);
    process = begin();
  }

  /** Ends it in order, as for an update, and starts it again over its folder. */
  void endAndRestart() throws Exception {
    process.destroy();
    process.waitFor();
    process = begin();
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(p);
        }
      }
    }
  }
}
