package dev.tethys.bench;

import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Servers that scrape the same many targets into their own stores, one after another or, on a
 * sufficiently fast machine, together. Prints processor seconds a minute and resident memory over
 * the second half of the time, and missed scrapes.
 */
final class ScrapeRace {
  private final Options options;
  private final int targets;
  private final int series;
  private final int interval;
  private final int seconds;

  private ScrapeRace(Options o) throws Options.WrongException {
    options = o;
    targets = o.count("targets");
    series = o.count("series");
    interval = o.count("interval");
    seconds = o.count("seconds");
    if (seconds < 4 * interval) {
      throw new Options.WrongException("seconds of at least four intervals are required");
    }
  }

  /**
   * Runs with the servers by name, and {@code targets=… series=… interval=… seconds=…}; {@code
   * together=1} for all of them concurrently.
   */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("targets", 1000)
            .with("series", 1000)
            .with("interval", 15)
            .with("seconds", 1200)
            .with("together", 0)
            .withWords(
                "SERVER (" + String.join(", ", Contender.names()) + ")",
                Contender.names()::contains)
            .read(args);
    return new ScrapeRace(o).race();
  }

  private int race() throws Exception {
    boolean together = options.count("together") > 0;
    System.out.printf(
        "%d targets x %d series every %d s, %d s %s%n",
        targets, series, interval, seconds, together ? "together" : "each");
    System.out.println("server\tcpu_s/min\trss_MB\tmean_MB\tpeak_MB\tfewest_scrapes\tdue\tup");
    List<String> servers = options.words().isEmpty() ? Contender.names() : options.words();
    boolean ok = true;
    try (ExecutorService runs = Executors.newFixedThreadPool(together ? servers.size() : 1)) {
      List<Future<Boolean>> all = new ArrayList<>();
      for (String s : servers) {
        all.add(runs.submit(() -> measure(Contender.of(s))));
      }
      for (Future<Boolean> one : all) {
        ok &= one.get();
      }
    }
    return ok ? 0 : 1;
  }

  private boolean measure(Contender contender) throws Exception {
    Path dir = Files.createTempDirectory("tethys-scrapes-" + contender);
    try (ScrapedTargets scraped = new ScrapedTargets(targets, series);
        ServerUnderTest server =
            contender.start(
                dir, "global: {scrape_interval: " + interval + "s}\n" + scraped.scrapeConfigs())) {
      TimeUnit.SECONDS.sleep(interval); // targets are spread over the first interval
      long first = scraped.fewest();
      double cpu = 0;
      long peak = 0;
      long sum = 0;
      for (int s = 0; s < seconds; s++) {
        if (s == seconds / 2) {
          cpu = server.figures().cpuSeconds();
        }
        TimeUnit.SECONDS.sleep(1);
        long now = server.figures().resident();
        peak = Math.max(peak, now);
        sum += now;
      }
      double perMinute = (server.figures().cpuSeconds() - cpu) * 60 / (seconds - seconds / 2);
      long resident = server.figures().resident();
      long fewest = scraped.fewest() - first;
      long due = seconds / interval - 1;
      String up = up(server);
      System.out.printf(
          Locale.ROOT,
          "%s\t%.2f\t%d\t%d\t%d\t%d\t%d\t%s%n",
          contender,
          perMinute,
          resident / 1024,
          sum / seconds / 1024,
          peak / 1024,
          fewest,
          due,
          up);
      return fewest >= due && up.equals(String.valueOf(targets));
    } finally {
      Fuzz.delete(dir);
    }
  }

  /** Returns the targets that are up according to the server. */
  private static String up(ServerUnderTest server) throws Exception {
    String query = URLEncoder.encode("sum(up{job=\"many\"})", StandardCharsets.UTF_8);
    String body =
        server
            .send(
                server.request("/api/v1/query?query=" + query),
                HttpResponse.BodyHandlers.ofString())
            .body();
    return body.replaceAll("(?s).*\"value\":\\[[^,]*,\"([^\"]*)\"].*", "$1");
  }
}
