package dev.tethys.app.server;

import dev.tethys.app.BuildInfo;
import dev.tethys.app.Shutdown;
import dev.tethys.app.cli.FlagSet;
import dev.tethys.app.log.LogSetup;
import dev.tethys.model.storage.StorageException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import sun.misc.Signal;

/** {@code tethys server}: what a Prometheus server does. */
public final class ServerRole {
  private static final System.Logger LOG = System.getLogger(ServerRole.class.getName());

  /** Long enough for several scrapes of the warm-up's own configuration. */
  private static final long WARM_UP_SECONDS = 5;

  private ServerRole() {}

  /** Runs until the process is told to stop; the exit code of the process. */
  public static int run(List<String> args) {
    FlagSet flags = ServerFlags.set();
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(args);
    LogSetup.install(flags);
    BuildInfo b = BuildInfo.current();
    LOG.log(
        Level.INFO,
        "starting tethys server, version {0}, revision {1}, Java {2}",
        b.version(),
        b.revision(),
        b.java());
    try (Server server = new Server(flags)) {
      server.open();
      Signal.handle(new Signal("HUP"), s -> Thread.ofVirtual().start(server::reload));
      if (System.console() != null && System.console().isTerminal()) {
        System.out.println(server.greeting());
      } else {
        LOG.log(Level.INFO, "server is ready to receive web requests");
      }
      Shutdown.await();
      LOG.log(Level.INFO, "stopping");
    } catch (IOException | StorageException e) {
      LOG.log(Level.ERROR, "cannot run: {0}", e.getMessage());
      return 1;
    }
    LOG.log(Level.INFO, "stopped");
    return 0;
  }

  /**
   * Starts a server of its own in a temporary folder, uses it for some seconds and stops it: so
   * that the start-up cache holds the classes that a first minute needs.
   */
  public static int warmUp() {
    Path folder = null;
    try {
      folder = Files.createTempDirectory("tethys-warm-up");
      int port;
      try (ServerSocket s = new ServerSocket(0)) {
        port = s.getLocalPort();
      }
      Path config = folder.resolve("prometheus.yml");
      Files.writeString(
          config,
          Configuration.defaults("127.0.0.1:" + port)
              .replace("scrape_interval: 10s", "scrape_interval: 1s"));
      FlagSet flags =
          ServerFlags.set()
              .parse(
                  List.of(
                      "--config.file=" + config,
                      "--storage.tsdb.path=" + folder.resolve("data"),
                      "--web.listen-address=127.0.0.1:" + port,
                      "--web.enable-remote-write-receiver",
                      "--log.level=error"));
      LogSetup.install(flags);
      try (Server server = new Server(flags)) {
        server.open();
        use(port);
      }
      return 0;
    } catch (IOException | InterruptedException | StorageException e) {
      System.err.println("warm-up: " + e);
      return 1;
    } finally {
      if (folder != null) {
        remove(folder);
      }
    }
  }

  private static void use(int port) throws IOException, InterruptedException {
    String[] paths = {
      "/",
      "/-/ready",
      "/metrics",
      Server.HOST_METRICS,
      "/api/v1/query?query=up",
      "/api/v1/query?query=sum%20by%20(job)%20(rate(node_cpu_seconds_total%5B1m%5D))",
      "/api/v1/query_range?query=rate(process_cpu_seconds_total%5B1m%5D)&start=1&end=100&step=10",
      "/api/v1/labels",
      "/api/v1/label/__name__/values",
      "/api/v1/series?match%5B%5D=up",
      "/api/v1/targets",
      "/api/v1/metadata",
      "/api/v1/status/tsdb",
      "/api/v1/status/runtimeinfo",
      "/api/v1/status/config",
      "/api/v1/status/flags",
      "/federate?match%5B%5D=up"
    };
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WARM_UP_SECONDS);
    try (HttpClient client = HttpClient.newHttpClient()) {
      while (System.nanoTime() < end) {
        for (String p : paths) {
          client.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + p))
                  .timeout(Duration.ofSeconds(20))
                  .build(),
              HttpResponse.BodyHandlers.discarding());
        }
        Thread.sleep(200);
      }
    }
  }

  private static void remove(Path folder) {
    try (Stream<Path> s = Files.walk(folder)) {
      s.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
    } catch (IOException e) {
      System.err.println("warm-up: " + folder + " is left behind: " + e.getMessage());
    }
  }
}
