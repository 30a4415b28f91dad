package dev.tethys.bench;

import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Server that scrapes many targets for a long time. Prints memory and CPU each minute and, at the
 * end, whether all due scrapes were made and answered, and whether memory grew.
 */
final class Soak {
  private static final int BLOCK_MINUTES = 10;
  private static final Pattern NUMBER = Pattern.compile("\"value\":\\[[0-9.]+,\"([^\"]+)\"]");

  private final int targets;
  private final int series;
  private final int interval;
  private final int minutes;

  private Soak(Options options) throws Options.WrongException {
    targets = options.count("targets");
    series = options.count("series");
    interval = options.count("interval");
    minutes = options.count("minutes");
  }

  /** Options are {@code targets=200 series=500 interval=15 minutes=60}; 0 if all was well. */
  static int run(String[] args) throws Exception {
    Options options =
        new Options()
            .with("targets", 200)
            .with("series", 500)
            .with("interval", 15)
            .with("minutes", 60)
            .read(args);
    return new Soak(options).run();
  }

  private int run() throws Exception {
    try (ScrapedTargets scraped = new ScrapedTargets(targets, series);
        ServerUnderTest server =
            ServerUnderTest.start(
                "tethys-soak",
                port ->
                    "global: {scrape_interval: "
                        + interval
                        + "s}\n"
                        + scraped.scrapeConfigs()
                        + "- {job_name: self, static_configs: [{targets: ['127.0.0.1:"
                        + port
                        + "']}]}\n",
                Map.of(),
                // Several blocks an hour: memory must be flat over them, not within one.
                "--storage.tsdb.min-block-duration=" + BLOCK_MINUTES + "m")) {
      return watch(server, scraped);
    }
  }

  private int watch(ServerUnderTest server, ScrapedTargets scraped) throws Exception {
    System.out.printf(
        "%d targets x %d series every %d s, %d minutes, log in %s%n",
        targets, series, interval, minutes, server.log());
    System.out.println("minute\trss_MB\tcpu_s\tscrapes\ttargets_up\tseries");
    List<Long> rss = new ArrayList<>();
    long begin = System.nanoTime();
    for (int m = 1; m <= minutes; m++) {
      long due = begin + TimeUnit.MINUTES.toNanos(m);
      TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
      if (!server.isAlive()) {
        System.out.println("the server ended with " + server.exitValue());
        return 1;
      }
      rss.add(server.figures().resident());
      System.out.printf(
          Locale.ROOT,
          "%d\t%d\t%.1f\t%d\t%s\t%s%n",
          m,
          rss.getLast() / 1024,
          server.figures().cpuSeconds(),
          scraped.answered(),
          query(server, "sum(up)"),
          query(server, "prometheus_tsdb_head_series"));
    }
    double least = Double.parseDouble(query(server, "min(min_over_time(up[" + minutes + "m]))"));
    double fewest =
        Double.parseDouble(query(server, "min(count_over_time(up[" + (minutes - 1) + "m]))"));
    double due = Math.floor((minutes - 1) * 60.0 / interval) - 1;
    double failed =
        Double.parseDouble(
            query(server, "sum(prometheus_target_scrapes_sample_out_of_order_total) or vector(0)"));
    long early = rss.get(rss.size() / 3);
    long late = rss.getLast();
    boolean ok = least == 1 && fewest >= due && failed == 0 && late < early * 1.15;
    System.out.printf(
        Locale.ROOT,
        "least up %.0f (1 wanted), fewest scrapes of a target %.0f (%.0f due), out of order %.0f,"
            + " memory %d MB after a third, %d MB at the end: %s%n",
        least,
        fewest,
        due,
        failed,
        early / 1024,
        late / 1024,
        ok ? "well" : "NOT WELL");
    return ok ? 0 : 1;
  }

  private static String query(ServerUnderTest server, String promql)
      throws IOException, InterruptedException {
    HttpResponse<String> r =
        server.send(
            server
                .request("/api/v1/query?query=" + URLEncoder.encode(promql, StandardCharsets.UTF_8))
                .timeout(Duration.ofSeconds(60)),
            HttpResponse.BodyHandlers.ofString());
    Matcher m = NUMBER.matcher(r.body());
    return m.find() ? m.group(1) : "NaN";
  }
}
