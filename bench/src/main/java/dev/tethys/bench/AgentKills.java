package dev.tethys.bench;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Agents with queues on disk scrape targets of this process and send to a receiver in it, which
 * refuses a whole request for one sample out of order, as Prometheus does. Agents are ended by
 * SIGKILL at random, the receiver goes away and comes back, agents are told to read their
 * configuration again. With {@code gateway} agents send to a gateway, which sends to two receivers
 * from queues on disk and is killed as agents are.
 *
 * <p>Each page of a target carries its number as the value of all its series. An agent asks for a
 * page only when it has taken over what stood in the one before, so every page that was followed by
 * another within one life of the agent must be with the receiver in the end, whole and in order;
 * but for as many as scrapes that failed for want of time, of which {@code up} tells.
 */
final class AgentKills {
  private static final int ENOUGH = 6; // pages of a life that is worth ending
  private static final long PATIENCE_SECONDS = 120;
  private static final long CALM_MILLIS = 10_000;

  /** What the receiver has, and what targets have said. */
  private static final class Truth {
    private final int stores;
    private final int series;
    private final long interval; // nanoseconds
    private final Map<String, Long> askedAt = new HashMap<>();
    private long latest; // nanoseconds by which a page was asked for too late
    private final Map<String, Integer> pages = new HashMap<>(); // guarded by this, like all
    private final Map<String, Integer> life = new HashMap<>();
    private final Map<String, Set<Long>> failed = new HashMap<>(); // scrapes, by their time
    private final Map<Integer, Integer> busy = new HashMap<>();
    private final Map<String, Set<Integer>> due = new HashMap<>();
    private final Map<String, TreeMap<Long, Double>> have = new HashMap<>();
    private long again;
    private long refused;
    private boolean away;

    Truth(int stores, int series, long interval) {
      this.stores = stores;
      this.series = series;
      this.interval = interval;
    }

    /** By how many milliseconds the latest page since the last call was asked for too late. */
    synchronized long lateness() {
      long n = latest / 1_000_000;
      latest = 0;
      return n;
    }

    synchronized byte[] page(String target) {
      long now = System.nanoTime();
      Long asked = askedAt.put(target, now);
      if (asked != null) {
        latest = Math.max(latest, now - asked - interval);
      }
      int n = pages.merge(target, 1, Integer::sum);
      Integer before = life.put(target, n);
      if (before != null) {
        due.computeIfAbsent(target, t -> new TreeSet<>()).add(before);
        busy.merge(Integer.parseInt(target.substring(0, target.indexOf('-'))), 1, Integer::sum);
        notifyAll();
      }
      StringBuilder sb = new StringBuilder();
      for (int s = 0; s < series; s++) {
        sb.append("page{s=\"").append(s).append("\"} ").append(n).append('\n');
      }
      return sb.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Waits until an agent has taken over some pages since it was started. */
    synchronized void awaitWork(int agent) throws InterruptedException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (busy.getOrDefault(agent, 0) < ENOUGH) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new AssertionError("agent " + agent + " does not scrape");
        }
        wait(left);
      }
    }

    /** An agent is dead: its last pages may have reached it or not. */
    synchronized void died(int agent) {
      busy.remove(agent);
      life.keySet().removeIf(t -> t.startsWith(agent + "-"));
      askedAt.keySet().removeIf(t -> t.startsWith(agent + "-"));
    }

    synchronized void away(boolean now) {
      away = now;
    }

    /** Takes a request to one of the receivers; the status of the answer. */
    synchronized int write(int store, byte[] z) {
      if (away) {
        return 503;
      }
      int size = SnappyBlock.decodedLength(z, 0, z.length, 1 << 24);
      byte[] raw = new byte[size + SnappyBlock.SLACK];
      SnappyBlock.decode(z, 0, z.length, raw);
      Map<String, TreeMap<Long, Double>> now = new HashMap<>();
      long same = 0;
      WriteRequestReader r = new WriteRequestReader().reset(raw, 0, size);
      while (r.nextSeries()) {
        Labels l =
            WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
        if (l.metricName().equals("up")) {
          while (r.next() != SeriesEvent.END) {
            if (r.value() == 0) {
              failed.computeIfAbsent(l.get("job"), k -> new TreeSet<>()).add(r.timestamp());
            }
          }
        }
        if (!l.metricName().equals("page")) {
          continue;
        }
        String name = store + "/" + l.get("job") + "/" + l.get("s");
        TreeMap<Long, Double> these =
            now.computeIfAbsent(name, k -> new TreeMap<>(have.getOrDefault(name, new TreeMap<>())));
        while (r.next() != SeriesEvent.END) {
          Map.Entry<Long, Double> last = these.lastEntry();
          if (last != null
              && (r.timestamp() < last.getKey()
                  || (r.timestamp() == last.getKey()
                      && Double.doubleToRawLongBits(r.value())
                          != Double.doubleToRawLongBits(last.getValue())))) {
            refused++;
            return 400;
          }
          same += last != null && r.timestamp() == last.getKey() ? 1 : 0;
          these.put(r.timestamp(), r.value());
        }
      }
      have.putAll(now);
      again += same;
      return 204;
    }

    /** Samples of pages that are due and not there. */
    synchronized long missing() {
      long n = 0;
      for (Map.Entry<String, Set<Integer>> d : due.entrySet()) {
        int excused = failed.getOrDefault(d.getKey(), Set.of()).size();
        for (int s = 0; s < stores * series; s++) {
          Set<Integer> there = new TreeSet<>();
          have.getOrDefault(s / series + "/" + d.getKey() + "/" + s % series, new TreeMap<>())
              .values()
              .forEach(v -> there.add((int) (double) v));
          n += Math.max(0, d.getValue().stream().filter(p -> !there.contains(p)).count() - excused);
        }
      }
      return n;
    }

    /** Pages that the receiver has at more than one time. */
    synchronized long twice() {
      long n = 0;
      for (TreeMap<Long, Double> h : have.values()) {
        List<Double> pages = h.values().stream().filter(v -> !v.isNaN()).toList();
        n += pages.size() - pages.stream().distinct().count();
      }
      return n;
    }

    synchronized String text() {
      long due = this.due.values().stream().mapToLong(Set::size).sum() * series * stores;
      return String.format(
          Locale.ROOT,
          "%d samples due, %d missing, %d at two times, %d sent again, %d requests refused,"
              + " %d scrapes failed",
          due,
          missing(),
          twice(),
          again,
          refused,
          failed.values().stream().mapToLong(Set::size).sum());
    }
  }

  private final Truth truth;
  private final Path dir;
  private final int source;
  private final int targets; // of each agent
  private final int interval; // milliseconds
  private final boolean behindGateway;
  private int gatewayPort;
  private @Nullable Process gateway;
  private final List<@Nullable Process> agents = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();

  private AgentKills(
      Path dir, int source, Truth truth, int targets, int interval, boolean behindGateway) {
    this.dir = dir;
    this.source = source;
    this.truth = truth;
    this.targets = targets;
    this.interval = interval;
    this.behindGateway = behindGateway;
  }

  /**
   * Options are {@code [gateway] agents=2 targets=3 series=20 interval=500 kills=20 minutes=0
   * reloads=20 seed=1}, the interval in milliseconds; with minutes there are as many kills as go
   * into them. 0 when nothing was lost.
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
            .withWords("gateway", "gateway"::equals)
            .read(args);
    boolean behindGateway = o.words().contains("gateway");
    int interval = o.count("interval");
    Truth truth = new Truth(behindGateway ? 2 : 1, o.count("series"), interval * 1_000_000L);
    Path dir = Files.createTempDirectory("tethys-agent-kills");
    AgentKills[] self = new AgentKills[1];
    Routes routes =
        new Routes()
            .get("/t/{target}", (q, r) -> self[0].scrape(q, r))
            .post(
                "/write/{store}",
                (q, r) ->
                    r.status(
                            truth.write(
                                Integer.parseInt(q.pathParam("store")), q.bodyBytes(1 << 24)))
                        .send());
    try (HttpListener here =
        HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null)) {
      AgentKills k =
          new AgentKills(dir, here.port(), truth, o.count("targets"), interval, behindGateway);
      self[0] = k;
      try {
        return k.run(
            o.count("agents"),
            o.count("kills"),
            o.number("minutes"),
            o.count("reloads"),
            o.number("seed"));
      } finally {
        for (Process p : k.agents) {
          if (p != null) {
            p.destroyForcibly().waitFor();
          }
        }
        k.killGateway();
        Fuzz.delete(dir);
      }
    }
  }

  private void scrape(HttpRequest q, HttpResponse r) throws IOException {
    r.send("text/plain; version=0.0.4", truth.page(q.path().substring("/t/".length())));
  }

  private int run(int count, int most, long minutes, int reloads, long seed) throws Exception {
    Random r = new Random(seed);
    if (behindGateway) {
      gatewayPort = ServerUnderTest.freePort();
      startGateway();
    }
    for (int a = 0; a < count; a++) {
      try (ServerSocket s = new ServerSocket(0)) {
        ports.add(s.getLocalPort());
      }
      agents.add(null);
      start(a);
    }
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
    int kills = 0;
    for (int k = 1; minutes == 0 ? k <= most : System.nanoTime() - end < 0; k++) {
      kills = k;
      int a = r.nextInt(behindGateway ? count + 1 : count);
      if (a < count) {
        truth.awaitWork(a);
      }
      Thread.sleep(r.nextInt(3000));
      if (r.nextInt(3) == 0) {
        truth.away(r.nextBoolean());
      }
      if (a == count) {
        killGateway();
        Thread.sleep(r.nextInt(3000));
        startGateway();
      } else {
        kill(a);
        start(a);
      }
      if (k % 5 == 0) {
        System.out.println(k + " kills: " + truth.text());
      }
    }
    truth.away(false);
    for (int a = 0; a < count; a++) {
      truth.awaitWork(a);
    }
    long lost = settle("after " + kills + " kills");
    long worst = 0;
    truth.lateness();
    Thread.sleep(CALM_MILLIS);
    long calm = truth.lateness();
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (int k = 1; k <= reloads; k++) {
        int a = r.nextInt(count);
        configure(a, 100 + k);
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
    lost +=
        settle(
            "after "
                + reloads
                + " reloads, the slowest answered in "
                + worst / 1_000_000
                + " ms; a scrape came "
                + truth.lateness()
                + " ms late at most, "
                + calm
                + " ms in as calm a time before");
    return lost == 0 ? 0 : 1;
  }

  /** Waits until all that is due is there; how much is not. */
  private long settle(String when) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    Map<String, Set<Integer>> due = new HashMap<>();
    synchronized (truth) {
      truth.due.forEach((t, p) -> due.put(t, new TreeSet<>(p)));
    }
    while (missing(due) > 0 && System.nanoTime() < end) {
      Thread.sleep(200);
    }
    long n = missing(due) + truth.twice();
    System.out.println(when + ": " + truth.text() + (n == 0 ? "; nothing was lost" : "; LOST"));
    return n;
  }

  private long missing(Map<String, Set<Integer>> due) {
    synchronized (truth) {
      Map<String, Set<Integer>> later = new HashMap<>(truth.due);
      truth.due.clear();
      truth.due.putAll(due);
      long n = truth.missing();
      truth.due.clear();
      truth.due.putAll(later);
      return n;
    }
  }

  private Path config(int agent) {
    return dir.resolve(agent + ".yml");
  }

  private void configure(int agent, int samples) throws IOException {
    StringBuilder sb = new StringBuilder("global: {scrape_interval: ").append(interval);
    sb.append("ms, scrape_timeout: ").append(interval).append("ms}\n");
    sb.append("scrape_configs:\n");
    for (int t = 0; t < targets; t++) {
      String name = agent + "-" + t;
      sb.append("- {job_name: '").append(name).append("', metrics_path: '/t/").append(name);
      sb.append("', static_configs: [{targets: ['127.0.0.1:").append(source).append("']}]}\n");
    }
    sb.append("remote_write:\n- {name: r, url: 'http://127.0.0.1:");
    sb.append(behindGateway ? gatewayPort + "/api/v1/write" : source + "/write/0");
    sb.append("', queue_config: {batch_send_deadline: 500ms, max_backoff: 500ms,");
    sb.append(" max_samples_per_send: ").append(samples).append("}}\n");
    Files.writeString(config(agent), sb);
  }

  private void start(int agent) throws IOException {
    configure(agent, 100);
    agents.set(
        agent,
        new ProcessBuilder(
                ServerUnderTest.launcher().toString(),
                "agent",
                "--config.file=" + config(agent),
                "--storage.agent.path=" + dir.resolve("data" + agent),
                "--web.enable-lifecycle",
                "--web.listen-address=127.0.0.1:" + ports.get(agent),
                "--log.level=warn")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve(agent + ".log").toFile()))
            .start());
  }

  private void startGateway() throws IOException {
    Path config = dir.resolve("gateway.yaml");
    Files.writeString(
        config,
        String.join(
            "\n",
            "extensions: {file_storage: {directory: '" + dir.resolve("gateway") + "'}}",
            "receivers: {gateway: {http: {endpoint: '127.0.0.1:" + gatewayPort + "'}}}",
            "exporters:",
            store(0),
            store(1),
            "service:",
            "  extensions: [file_storage]",
            "  telemetry: {metrics: {level: none}}",
            "  pipelines: {metrics: {receivers: [gateway], exporters:"
                + " [prometheus_remote_write/0, prometheus_remote_write/1]}}",
            ""));
    Files.createDirectories(dir.resolve("gateway"));
    gateway =
        new ProcessBuilder(
                ServerUnderTest.launcher().toString(),
                "gateway",
                "--config=" + config,
                "--log.level=warn")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("gateway.log").toFile()))
            .start();
  }

  private String store(int n) {
    return "  prometheus_remote_write/"
        + n
        + ": {endpoint: 'http://127.0.0.1:"
        + source
        + "/write/"
        + n
        + "', retry_on_failure: {max_interval: 500ms}, sending_queue: {storage: file_storage}}";
  }

  private void killGateway() throws InterruptedException {
    Process p = gateway;
    if (p != null) {
      p.destroyForcibly().waitFor();
    }
  }

  private void kill(int agent) throws InterruptedException {
    Process p = agents.get(agent);
    if (p != null) {
      p.destroyForcibly().waitFor();
    }
    truth.died(agent);
  }
}
