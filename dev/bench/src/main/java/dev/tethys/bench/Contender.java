package dev.tethys.bench;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Server under comparison: how it is started, and when it is ready. */
enum Contender {
  TETHYS(""),
  PROMETHEUS("prometheus"),
  VICTORIA("victoria-metrics");

  private static final long STARTING_NANOS = TimeUnit.MINUTES.toNanos(10); // it may have to build

  private final String program;

  Contender(String program) {
    this.program = program;
  }

  /** Returns all names, as written in options. */
  static List<String> names() {
    return Arrays.stream(values()).map(Contender::toString).toList();
  }

  /** Returns the contender with a name from {@link #names}. */
  static Contender of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the path of a peer's program, from {@code $TETHYS_PEERS} or {@code ~/.cache/peers}.
   *
   * @throws IOException if it does not exist
   */
  static String peer(String program) throws IOException {
    String folder = System.getenv("TETHYS_PEERS");
    Path peers =
        folder != null ? Path.of(folder) : Path.of(System.getProperty("user.home"), ".cache/peers");
    Path p = peers.resolve("usr/bin").resolve(program);
    if (!Files.isExecutable(p)) {
      throw new IOException(p + " is not there: leave its server out, or install it");
    }
    return p.toString();
  }

  /**
   * Starts it and waits until it responds. It accepts remote write and reloads, and keeps data for
   * ten years.
   *
   * @param dir its configuration, data and log
   * @param config the text of its prometheus.yml
   * @param flags further flags
   */
  ServerUnderTest start(Path dir, String config, String... flags)
      throws IOException, InterruptedException {
    Path file = Files.writeString(dir.resolve("prometheus.yml"), config);
    String data = dir.resolve("data").toString();
    List<String> command = new ArrayList<>();
    command.add(this == TETHYS ? ServerUnderTest.launcher().toString() : peer(program));
    if (this == VICTORIA) {
      command.addAll(
          List.of(
              "-promscrape.config=" + file,
              "-promscrape.config.strictParse=false",
              "-promscrape.maxScrapeSize=64MB",
              "-storageDataPath=" + data,
              "-retentionPeriod=100y",
              "-search.maxUniqueTimeseries=10000000",
              "-loggerLevel=ERROR"));
    } else {
      // A Prometheus before 3.8 refuses native histograms otherwise; a newer one, and Tethys, take
      // them.
      command.add(this == TETHYS ? "server" : "--enable-feature=native-histograms");
      command.addAll(
          List.of(
              "--config.file=" + file,
              "--storage.tsdb.path=" + data,
              "--storage.tsdb.retention.time=10y",
              "--web.enable-remote-write-receiver",
              "--web.enable-lifecycle",
              "--log.level=error"));
    }
    command.addAll(List.of(flags));
    String listen = this == VICTORIA ? "-httpListenAddr=" : "--web.listen-address=";
    ServerUnderTest server =
        ServerUnderTest.start(
            dir,
            port -> {
              List<String> all = new ArrayList<>(command);
              all.add(listen + "127.0.0.1:" + port);
              return all;
            },
            Map.of());
    awaitReady(server);
    return server;
  }

  /** Waits until it responds to queries. */
  static void awaitReady(ServerUnderTest server) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    while (true) {
      try {
        if (server
                .send(server.request("/-/ready"), HttpResponse.BodyHandlers.discarding())
                .statusCode()
            == 200) {
          return;
        }
      } catch (IOException e) {
        // Not listening yet.
      }
      if (!server.isAlive() || System.nanoTime() - begin > STARTING_NANOS) {
        throw new IOException("the server did not start; see " + server.log());
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
