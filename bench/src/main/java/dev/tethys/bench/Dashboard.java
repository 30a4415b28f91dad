package dev.tethys.bench;

import dev.tethys.testkit.Recording;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A dashboard of thirty panels that many viewers refresh while samples come as fast as they are
 * taken, against Tethys and its peers, one after the other: how long a panel and a whole refresh
 * take, and what CPU and memory that costs.
 *
 * <p>What is viewed comes in real time, a sample each interval, behind some history; other hosts,
 * which nobody looks at, are written all the time. Every server keeps answers as it does by
 * default.
 */
final class Dashboard {
  private static final long STARTING = TimeUnit.SECONDS.toNanos(60);

  private final Options options;
  private final Recording recording;

  private Dashboard(Options options, Recording recording) {
    this.options = options;
    this.recording = recording;
  }

  /** Options are a recording, servers and numbers; 0 when every server answered everything. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("hosts", 40)
            .with("others", 200)
            .with("connections", 2)
            .with("rate", 0)
            .with("history", 60)
            .with("interval", 15)
            .with("viewers", 20)
            .with("refresh", 10)
            .with("range", 60)
            .with("warm", 30)
            .with("seconds", 120)
            .withWords("REC", w -> true)
            .read(args);
    if (o.words().isEmpty()) {
      throw new Options.WrongException(
          "a recording is to be named, then servers (all of tethys, prometheus, victoria when"
              + " none is); "
              + o.there());
    }
    Recording r = new Recording(Path.of(o.words().getFirst()), true);
    List<String> servers = o.words().subList(1, o.words().size());
    return new Dashboard(o, r)
        .run(servers.isEmpty() ? List.of("tethys", "victoria", "prometheus") : servers);
  }

  private int run(List<String> servers) throws Exception {
    Map<String, Path> programs = new LinkedHashMap<>();
    for (String s : servers) {
      programs.put(s, program(s));
    }
    System.out.printf(
        Locale.ROOT,
        "%d panels, %d viewers, every %d s; %d series viewed, %d others written by %d"
            + " connections%n",
        DashboardViewers.PANELS.size(),
        options.count("viewers"),
        options.count("refresh"),
        options.count("hosts") * recording.series(),
        options.count("others") * recording.series(),
        options.count("connections"));
    System.out.println(
        "server\tpanel_p50_ms\tp90\tp99\tmax\trefresh_p50_ms\tp99\tpanels\tlate\tfailed"
            + "\tsamples/s\trefused\tcpu_cores\tpeak_MB");
    boolean ok = true;
    for (Map.Entry<String, Path> p : programs.entrySet()) {
      ok &= measure(p.getKey(), p.getValue());
    }
    return ok ? 0 : 1;
  }

  private static Path program(String server) throws Options.WrongException {
    String peer =
        switch (server) {
          case "tethys" -> "";
          case "prometheus" -> "prometheus";
          case "victoria" -> "victoria-metrics";
          default ->
              throw new Options.WrongException(
                  "no server " + server + "; there are tethys, prometheus, victoria");
        };
    if (peer.isEmpty()) {
      return ServerUnderTest.launcher();
    }
    String folder = System.getenv("TETHYS_PEERS");
    Path peers =
        folder != null ? Path.of(folder) : Path.of(System.getProperty("user.home"), ".cache/peers");
    Path p = peers.resolve("usr/bin").resolve(peer);
    if (!Files.isExecutable(p)) {
      throw new Options.WrongException(p + " is not there: leave " + server + " out or install it");
    }
    return p;
  }

  private static List<String> command(String server, Path program, Path dir, int port) {
    String data = dir.resolve("data").toString();
    List<String> c = new ArrayList<>();
    c.add(program.toString());
    if (server.equals("victoria")) {
      c.addAll(
          List.of(
              "-storageDataPath=" + data,
              "-httpListenAddr=127.0.0.1:" + port,
              "-retentionPeriod=100y",
              "-search.maxUniqueTimeseries=10000000",
              "-loggerLevel=ERROR"));
      return c;
    }
    if (server.equals("tethys")) {
      c.add("server");
    }
    c.addAll(
        List.of(
            "--config.file=" + dir.resolve("prometheus.yml"),
            "--storage.tsdb.path=" + data,
            "--web.listen-address=127.0.0.1:" + port,
            "--web.enable-remote-write-receiver",
            "--storage.tsdb.retention.time=10y",
            "--log.level=error"));
    return c;
  }

  private boolean measure(String name, Path program) throws Exception {
    Path dir = Files.createTempDirectory("tethys-dashboard");
    Files.writeString(dir.resolve("prometheus.yml"), "global: {scrape_interval: 1h}\n");
    try (ServerUnderTest server =
        ServerUnderTest.start(dir, port -> command(name, program, dir, port), Map.of())) {
      ready(server);
      long interval = options.number("interval") * 1000;
      DashboardIngest ingest =
          new DashboardIngest(server, recording, options.count("hosts"), interval);
      long now = System.currentTimeMillis();
      ingest.history(now - options.number("history") * 60_000, now);
      DashboardViewers viewers =
          new DashboardViewers(
              server,
              options.count("viewers"),
              Duration.ofSeconds(options.number("refresh")),
              options.number("range") * 60_000,
              interval);
      long peak;
      double cpu;
      long begin;
      try (ingest;
          viewers) {
        ingest.start(options.count("others"), options.count("connections"), options.number("rate"));
        viewers.start();
        TimeUnit.SECONDS.sleep(options.number("warm"));
        viewers.count();
        ingest.count();
        begin = System.nanoTime();
        cpu = server.figures().cpuSeconds();
        peak = 0;
        for (int s = 0; s < options.number("seconds"); s++) {
          TimeUnit.SECONDS.sleep(1);
          peak = Math.max(peak, server.figures().resident());
        }
        cpu = server.figures().cpuSeconds() - cpu;
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      DashboardViewers.Figures v = viewers.figures();
      System.out.printf(
          Locale.ROOT,
          "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f\t%d\t%d\t%d\t%.0f\t%d\t%.2f\t%d%n",
          name,
          v.panels().at(0.5),
          v.panels().at(0.9),
          v.panels().at(0.99),
          v.panels().at(1),
          v.refreshes().at(0.5),
          v.refreshes().at(0.99),
          v.panels().size(),
          v.late(),
          v.failed(),
          ingest.samples() / seconds,
          ingest.refused(),
          cpu / seconds,
          peak / 1024);
      return v.failed() == 0 && ingest.refused() == 0 && v.panels().size() > 0;
    } finally {
      Fuzz.delete(dir);
    }
  }

  private static void ready(ServerUnderTest server) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    while (true) {
      try {
        int status =
            server
                .send(
                    server.request("/api/v1/query?query=1"), HttpResponse.BodyHandlers.discarding())
                .statusCode();
        if (status == 200) {
          return;
        }
      } catch (IOException e) {
        // Not listening yet.
      }
      if (!server.isAlive() || System.nanoTime() - begin > STARTING) {
        throw new IOException("the server did not start, see " + server.log());
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
