package dev.tethys.app;

import static dev.tethys.testkit.Waiting.await;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The real Alertmanager on a free port, where it is there. */
record RealAlertmanager(Process process, int port) implements AutoCloseable {
  /**
   * Starts it. Debian's build reads its templates from below /usr/share, where an unpacked one has
   * none: a mount namespace puts them there.
   */
  static RealAlertmanager start(Path dir, String name, String config)
      throws IOException, InterruptedException {
    return start(dir, name, config, "--cluster.listen-address=");
  }

  /** The same with flags about its cluster. */
  static RealAlertmanager start(Path dir, String name, String config, String cluster)
      throws IOException, InterruptedException {
    Path program = Shared.peer("prometheus-alertmanager");
    Path share = program.resolveSibling("../share").normalize();
    String mount = "mount --bind " + share + " /usr/share";
    Process trial = run(dir, mount);
    Assumptions.assumeTrue(
        trial.waitFor(10, TimeUnit.SECONDS) && trial.exitValue() == 0, "no mount namespaces here");
    int port = Ports.free();
    Files.writeString(dir.resolve(name + ".yml"), config);
    Process p =
        run(
            dir,
            mount
                + " && exec "
                + program
                + " --config.file="
                + name
                + ".yml --storage.path="
                + dir.resolve(name)
                + " "
                + cluster
                + " --web.external-url=http://am.example.org/x"
                + " --web.route-prefix=/ --web.listen-address=127.0.0.1:"
                + port);
    await("the real Alertmanager", () -> isReady(port));
    return new RealAlertmanager(p, port);
  }

  private static Process run(Path dir, String shell) throws IOException {
    return new ProcessBuilder("unshare", "-rm", "sh", "-c", shell)
        .directory(dir.toFile())
        .redirectErrorStream(true)
        .redirectOutput(Files.createTempFile(dir, "peer", ".log").toFile())
        .start();
  }

  private static boolean isReady(int port) {
    try {
      return send(port, "GET", "/-/ready", "").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  static HttpResponse<String> send(int port, String method, String path, String body)
      throws IOException {
    try {
      return TethysProcess.CLIENT.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .method(method, HttpRequest.BodyPublishers.ofString(body))
              .header("Content-Type", "application/json")
              .timeout(Duration.ofSeconds(10))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Ends it, and waits: what it writes at its end must not meet the removal of its folder. */
  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroy);
    all.forEach(p -> p.onExit().orTimeout(60, TimeUnit.SECONDS).join());
  }
}
