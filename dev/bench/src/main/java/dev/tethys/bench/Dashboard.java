package dev.tethys.bench;

import dev.tethys.testkit.Recording;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Dashboard of thirty panels that many viewers refresh while samples are written at full speed,
 * against Tethys and its peers, one after another. Measures the duration of a panel and of a whole
 * refresh, CPU and memory.
 *
 * <p>Viewed samples arrive in real time, one per interval, after some history; other hosts, which
 * no panel shows, are written all the time. Every server caches results as it does by default.
 */
final class Dashboard {

  private final Options options;
  private final Recording recording;

  private Dashboard(Options options, Recording recording) {
    this.options = options;
    this.recording = recording;
  }

  /** Options are a recording, servers and numbers; 0 if every server answered everything. */
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
    for (String s : servers) {
      if (!Contender.names().contains(s)) {
        throw new Options.WrongException(
            "no server " + s + "; expected one of " + String.join(", ", Contender.names()));
      }
    }
    return new Dashboard(o, r).run(servers.isEmpty() ? Contender.names() : servers);
  }

  private int run(List<String> servers) throws Exception {
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
    for (String s : servers) {
      ok &= measure(s);
    }
    return ok ? 0 : 1;
  }

  private boolean measure(String name) throws Exception {
    Path dir = Files.createTempDirectory("tethys-dashboard");
    try (ServerUnderTest server =
        Contender.of(name).start(dir, "global: {scrape_interval: 1h}\n")) {
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
      DashboardViewers.Results v = viewers.figures();
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
}
