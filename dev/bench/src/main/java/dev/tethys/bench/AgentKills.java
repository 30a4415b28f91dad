package dev.tethys.bench;

import dev.tethys.bench.KilledParts.Part;
import dev.tethys.bench.KilledParts.Topology;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Kill test of agents with queues on disk. They scrape targets of this process and send to a
 * receiver in it, which refuses a whole request for one out-of-order sample, as Prometheus does.
 * Agents are killed by SIGKILL at random, the receiver stops and restarts, configurations are
 * reloaded. With {@code gateway} agents send to a gateway, with {@code kafka} through a real broker
 * to an ingester; these write to two receivers from queues on disk, and they and the broker are
 * killed, too.
 *
 * <p>Each page of a target carries its number as the value of all its series. An agent requests a
 * page only after it has stored the previous one, so every page that was followed by another within
 * one life of the agent must arrive at the receiver in the end, complete and in order; except as
 * many as scrapes that timed out, according to {@code up}.
 */
final class AgentKills {
  private static final long CALM_MILLIS = 10_000;
  private static final long WORTH = 200; // samples through a part that is worth ending
  private static final int FIRST_VERSION = 100;

  private final ScrapedPages pages;
  private final KilledParts way;
  private final int targets; // of each agent
  private final int interval; // milliseconds
  private final List<KilledParts.Role> agents = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();

  private AgentKills(ScrapedPages pages, KilledParts way, int targets, int interval) {
    this.pages = pages;
    this.way = way;
    this.targets = targets;
    this.interval = interval;
  }

  /**
   * Options are {@code [gateway|kafka] agents=2 targets=3 series=20 interval=500 kills=20 minutes=0
   * reloads=20 seed=1}, the interval in milliseconds; with minutes there are as many kills as go
   * into them. 0 if nothing was lost.
   */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("agents", 2)
            .with("targets", 3)
            .with("series", 20)
            .with("interval", 500)
            .with("kills", 20)
            .with("minutes", 0)
            .with("reloads", 20)
            .with("seed", 1)
            .withWords("gateway|kafka", List.of("gateway", "kafka")::contains)
            .read(args);
    Topology way =
        o.words().contains("kafka")
            ? Topology.KAFKA
            : o.words().contains("gateway") ? Topology.GATEWAY : Topology.STRAIGHT;
    int interval = o.count("interval");
    ScrapedPages pages = new ScrapedPages(way.stores(), o.count("series"), interval * 1_000_000L);
    Path dir = Files.createTempDirectory("tethys-agent-kills");
    Routes routes =
        new Routes()
            .get("/t/{target}", (q, r) -> scrape(pages, q, r))
            .post(
                "/write/{store}",
                (q, r) ->
                    r.status(
                            pages.write(
                                Integer.parseInt(q.pathParam("store")), q.bodyBytes(1 << 24)))
                        .send());
    try (HttpListener here =
            HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
        KilledParts parts = new KilledParts(dir, way, here.port())) {
      AgentKills k = new AgentKills(pages, parts, o.count("targets"), interval);
      try {
        return k.run(
            o.count("agents"),
            o.count("kills"),
            o.number("minutes"),
            o.count("reloads"),
            o.number("seed"));
      } finally {
        for (Part a : k.agents) {
          a.kill();
        }
      }
    } finally {
      Fuzz.delete(dir);
    }
  }

  private static void scrape(ScrapedPages pages, HttpRequest q, HttpResponse r) throws IOException {
    r.send("text/plain; version=0.0.4", pages.page(q.path().substring("/t/".length())));
  }

  private int run(int count, int most, long minutes, int reloads, long seed) throws Exception {
    Random r = new Random(seed);
    way.start();
    for (int a = 0; a < count; a++) {
      ports.add(ServerUnderTest.freePort());
      configure(a, FIRST_VERSION);
      KilledParts.Role agent = way.agent(a, ports.get(a));
      agents.add(agent);
      agent.start();
    }
    long lost = settle("after " + killAtRandom(r, most, minutes) + " kills");
    lost += settle(reloadAtRandom(r, reloads));
    return lost == 0 ? 0 : 1;
  }

  /** Kills processes at random; returns the number of kills. */
  private int killAtRandom(Random r, int most, long minutes) throws Exception {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
    int kills = 0;
    long before = 0; // what had arrived when a part between was started last
    while (minutes == 0 ? kills < most : System.nanoTime() - end < 0) {
      int n = r.nextInt(agents.size() + way.parts().size());
      if (n < agents.size()) {
        pages.awaitWork(n);
      } else {
        pages.setUnavailable(false);
        pages.awaitMoreThan(before + WORTH);
      }
      Thread.sleep(r.nextInt(3000));
      if (r.nextInt(3) == 0) {
        pages.setUnavailable(r.nextBoolean());
      }
      if (n < agents.size()) {
        agents.get(n).kill();
        pages.died(n);
        agents.get(n).start();
      } else {
        Part p = way.parts().get(n - agents.size());
        p.kill();
        Thread.sleep(r.nextInt(3000));
        before = pages.arrived();
        p.start();
      }
      kills++;
      if (kills % 5 == 0) {
        System.out.println(kills + " kills: " + pages.text());
      }
    }
    pages.setUnavailable(false);
    for (int a = 0; a < agents.size(); a++) {
      pages.awaitWork(a);
    }
    return kills;
  }

  /** Reloads at random; returns a summary. */
  private String reloadAtRandom(Random r, int reloads) throws Exception {
    pages.lateness();
    Thread.sleep(CALM_MILLIS);
    long calm = pages.lateness();
    long worst = 0;
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (int k = 1; k <= reloads; k++) {
        int a = r.nextInt(agents.size());
        configure(a, FIRST_VERSION + k);
        long begun = System.nanoTime();
        int status =
            client
                .send(
                    java.net.http.HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + ports.get(a) + "/-/reload"))
                        .POST(java.net.http.HttpRequest.BodyPublishers.noBody())
                        .build(),
                    java.net.http.HttpResponse.BodyHandlers.discarding())
                .statusCode();
        if (status != 200) {
          throw new AssertionError("a reload was answered with " + status);
        }
        worst = Math.max(worst, System.nanoTime() - begun);
        Thread.sleep(50 + r.nextInt(300));
      }
    }
    return "after "
        + reloads
        + " reloads, the slowest answered in "
        + worst / 1_000_000
        + " ms; a scrape came "
        + pages.lateness()
        + " ms late at most, "
        + calm
        + " ms in as calm a time before";
  }

  /** Waits until all that is due has arrived, and returns the missing amount. */
  private long settle(String when) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(ScrapedPages.PATIENCE_SECONDS);
    ScrapedPages.Due due = pages.due();
    while (pages.missing(due) > 0 && System.nanoTime() < end) {
      Thread.sleep(200);
    }
    long n = pages.missing(due) + pages.twice();
    System.out.println(when + ": " + pages.text(due) + (n == 0 ? "; nothing was lost" : "; LOST"));
    if (n > 0) {
      System.out.println(pages.lostText(due) + way.lastOutput());
    }
    return n;
  }

  private void configure(int agent, int version) throws IOException {
    Map<String, String> jobs = new LinkedHashMap<>();
    for (int t = 0; t < targets; t++) {
      jobs.put(agent + "-" + t, "/t/" + agent + "-" + t);
    }
    way.configure(agent, ports.get(agent), jobs, interval, version);
  }
}
