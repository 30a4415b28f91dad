package dev.tethys.app.server;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.StorageException;
import dev.tethys.runtime.WarmUpFolder;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.store.metrics.DatabaseStats;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Training run of a start-up cache. A server in a temporary folder scrapes and accepts pushed
 * samples, logs and spans until a block is cut; a second one recovers the state of a killed server,
 * and executes queries for some seconds. Classes that they load, link and run often are ready at
 * every later start, and the compilers use their branch profiles: so the samples are of every kind
 * that exporters have. All of a cache is resident memory, so the run is limited to the work of
 * servers: it queries over plain HTTP, because the classes of TLS alone would enlarge the cache by
 * a tenth.
 */
public final class WarmUp {
  private static final int HOSTS = 5;

  /** In a request: so there are several at each step, and series beside each other come by two. */
  private static final int HOSTS_AT_ONCE = 2;

  private static final int SERIES = 80;

  /**
   * Number of fifteen-second steps: three and a half hours, after three of which a block is cut.
   */
  private static final int STEPS = 840;

  private static final long STEP = 15_000;
  private static final int ROUNDS = 8;
  private static final int MAX_COPIES = 10;
  private static final Duration LONGEST_CUT = Duration.ofSeconds(20);
  private static final Duration LONGEST_COMPILATION = Duration.ofSeconds(10);

  private static final String[] PATHS = {
    "/",
    "/-/ready",
    "/metrics",
    HostPage.PATH,
    "/api/v1/labels",
    "/api/v1/label/__name__/values",
    "/api/v1/series?match%5B%5D=up",
    "/api/v1/targets",
    "/api/v1/metadata",
    "/api/v1/status/tsdb",
    "/api/v1/status/runtimeinfo",
    "/api/v1/status/buildinfo",
    "/api/v1/status/config",
    "/api/v1/status/flags",
    "/api/v1/rules",
    "/api/v1/alerts",
    "/api/v1/format_query?query=sum(up)",
    "/api/v1/query_exemplars?query=up&start=0&end=1",
    "/federate?match%5B%5D=up"
  };

  /** In addition to the usual ones, see {@link WarmUpQueries#usual}. */
  private static final String[] QUERIES = {
    "up",
    "warm_requests_total{instance=\"h3\"}",
    "sum by (instance) (rate(warm_requests_total{path!=\"/p/9\"}[5m]))",
    "1 - avg by (instance) (rate(warm_requests_total{path=~\"/p/1.*\"}[2m]))",
    "{__name__=~\"warm_.*_total\", instance=\"h1\"}",
    "count by (__name__) ({job=\"warm\"})",
    "count({job=\"warm\"})",
    "warm_temperature > bool 0.5 and on (instance) warm_state",
    "sum by (path) (rate(warm_requests_total[5m]) + rate(warm_seconds_total[5m]))",
    "histogram_quantile(0.9, sum by (le)"
        + " (rate(prometheus_http_request_duration_seconds_bucket[1m])))",
    // Buckets that are not cumulative: the response gets an annotation.
    "histogram_quantile(0.9, sum by (instance, le) ("
        + "label_replace(warm_requests_total{path=\"/p/10\"}, \"le\", \"0.5\", \"path\", \".*\")"
        + " or label_replace(warm_state{path=\"/p/8\"}, \"le\", \"+Inf\", \"path\", \".*\")))",
    "label_replace(warm_requests_total, \"leaf\", \"$2\", \"path\", \"/(.*)/(.*)\")",
    "-warm_temperature ^ 2 % 7",
    "warm_temperature @ end()",
    "unknown_function(warm_temperature)", // the response is an error
    "absent(nothing)"
  };

  private static final String[] METRICS = {
    "warm_requests_total", "warm_seconds_total", "warm_temperature"
  };

  /** The value of a series at a step; NaN if it has none. */
  private interface Values {
    double at(int series, int step);
  }

  private record Kind(String metric, Values values) {}

  /** Step-by-step shape of counters and gauges of exporters. */
  private static final Kind[] KINDS = {
    new Kind("warm_requests_total", (s, t) -> (double) t * (s + 1)),
    new Kind("warm_requests_total", (s, t) -> t % (100 + s) * 7), // restarted now and then
    new Kind("warm_requests_total", (s, t) -> t / 20 * (s % 3)), // seldom more
    new Kind("warm_seconds_total", (s, t) -> Math.round(t * (s + 0.37) * 100) / 100.0),
    new Kind("warm_seconds_total", (s, t) -> t * 0.123456789 * s),
    new Kind("warm_temperature", (s, t) -> Math.round(200 + 30 * Math.sin(t * 0.1 + s)) / 10.0),
    new Kind("warm_bytes", (s, t) -> 4096.0 * ((t * 2_654_435_761L >>> 13 + s % 7) % 1_000_000)),
    new Kind("warm_bytes", (s, t) -> 8_589_934_592.0),
    new Kind("warm_state", (s, t) -> t % 50 == s % 50 ? 1 : 0),
    new Kind("warm_state", (s, t) -> t / 60 % 3 == s % 3 ? -1 : Double.NaN), // comes and goes
    new Kind("warm_requests_total", (s, t) -> t * 1_000.0 + random(t, s) % 1_000),
    new Kind(
        "warm_seconds_total", (s, t) -> 0.1 * t + 0.02 * (t % 10) + s * 0.7), // a sum of floats
    new Kind("warm_load", (s, t) -> Math.round(50 * (s % 4) + 60 * Math.sin(t * 0.05 + s)) / 100.0),
    new Kind("warm_bytes", (s, t) -> 1e6 + random(t, s) % 1_000 + (t % 128 == 5 ? 1e9 : 0)),
    new Kind("warm_bytes", (s, t) -> t % 128 == 9 ? 0 : 1e6 + t * 37 % 1_009),
    new Kind("warm_ratio", (s, t) -> random(t, s) * 0x1p-62),
    new Kind("warm_ratio", (s, t) -> t % 7 * 1e-9 * (t % 40 == 3 ? -1e9 : 1)),
    new Kind("warm_limit", (s, t) -> t % 300 == 7 ? Double.POSITIVE_INFINITY : 0x1p64),
    new Kind("warm_limit", (s, t) -> t % 4 * 3e15 - s),
    new Kind("warm_time_seconds", (s, t) -> 1.7e9 + t * 15 + (s % 2) * 0.4321)
  };

  /** Returns a deterministic number from 0 to 2^62. */
  private static long random(int t, int s) {
    long h = (t * 0x9E3779B97F4A7C15L) ^ (s * 0xC2B2AE3D27D4EB4FL);
    h = (h ^ (h >>> 31)) * 0xBF58476D1CE4E5B9L;
    return (h ^ (h >>> 29)) >>> 2;
  }

  private final WebClient client;
  private int requests;
  private final String base;

  private WarmUp(WebClient client, int port) {
    this.client = client;
    this.base = "http://127.0.0.1:" + port;
  }

  /** Runs it; the exit code of the process. */
  public static int run() {
    AgentRole.isAskedFor(List.of()); // as every server start requests
    try (WarmUpFolder written = WarmUpFolder.create()) {
      Path folder = written.path();
      int port;
      try (ServerSocket s = new ServerSocket(0)) {
        port = s.getLocalPort();
      }
      Path config = folder.resolve("prometheus.yml");
      Files.writeString(
          config,
          Configuration.defaults("127.0.0.1:" + port)
              .replace("scrape_interval: 10s", "scrape_interval: 1s"));
      FlagSet flags = flags(config, folder.resolve("data"), port);
      long end = System.currentTimeMillis();
      try (HttpClientFactory clients = new HttpClientFactory("warm-up")) {
        WarmUp warmUp = new WarmUp(clients.client(HttpClientConfig.DEFAULT), port);
        Path data = folder.resolve("data");
        Path killed;
        try (Server _ = ServerRole.start(flags)) {
          warmUp.write(end);
          warmUp.logs(end).write();
          warmUp.traces(end).write();
          awaitBlock(data);
          killed = copy(data);
        }
        try (Server _ = ServerRole.start(flags(config, killed, port))) {
          warmUp.read(end);
          warmUp.logs(end).read();
          warmUp.traces(end).read();
          awaitCompilers();
        }
      }
      return 0;
    } catch (IOException | InterruptedException | StorageException e) {
      System.err.println("warm-up: " + e);
      return 1;
    }
  }

  private static FlagSet flags(Path config, Path data, int port) {
    return ServerFlags.set()
        .parse(
            List.of(
                "--config.file=" + config,
                "--storage.tsdb.path=" + data,
                "--web.listen-address=127.0.0.1:" + port,
                "--web.enable-remote-write-receiver",
                "--log.level=error"));
  }

  private WarmUpLogs logs(long end) {
    return new WarmUpLogs(this::send, base, end);
  }

  private WarmUpTraces traces(long end) {
    return new WarmUpTraces(this::send, base, end);
  }

  private void write(long end) throws IOException, InterruptedException {
    for (int step = 0; step < STEPS; step++) {
      long time = end - (STEPS - 1 - step) * STEP;
      for (int host = 0; host < HOSTS; host += HOSTS_AT_ONCE) {
        push(time, step, host, Math.min(HOSTS, host + HOSTS_AT_ONCE));
      }
    }
  }

  /** Waits until the first block is written. */
  private static void awaitBlock(Path data) throws IOException, InterruptedException {
    long began = System.nanoTime();
    while (System.nanoTime() - began < LONGEST_CUT.toNanos()) {
      try (Stream<Path> s = Files.list(data)) {
        if (s.anyMatch(p -> Files.exists(p.resolve("meta.json")))) {
          return;
        }
      }
      Thread.sleep(50);
    }
    System.err.println("warm-up: no block was cut");
  }

  /**
   * Waits until the compilers are idle: the cache keeps profiles of compiled methods only, and on a
   * busy host compilation lags.
   */
  private static void awaitCompilers() throws InterruptedException {
    CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
    long began = System.nanoTime();
    long before = -1;
    for (long spent = compilers.getTotalCompilationTime();
        spent != before && System.nanoTime() - began < LONGEST_COMPILATION.toNanos();
        spent = compilers.getTotalCompilationTime()) {
      before = spent;
      Thread.sleep(300);
    }
  }

  private void read(long end) throws IOException, InterruptedException {
    get("/api/v1/query?query=1"); // as a client that waits for the start: on a new connection
    for (int round = 0; round < ROUNDS; round++) {
      for (String p : PATHS) {
        get(p);
      }
      WarmUpSeries series = WarmUpSeries.of(METRICS[round % METRICS.length]);
      for (String p : LookupWarmUp.of(series, end - STEPS * STEP, end)) {
        get(p);
      }
      long step = QueryWarmUp.step(round) / 1000;
      for (String q : QUERIES) {
        ask(q, end, step);
      }
      String window = QueryWarmUp.WINDOWS.get((round + round / 4) % QueryWarmUp.WINDOWS.size());
      for (String q : WarmUpQueries.usual(series, window)) {
        ask(q, end, step);
      }
      for (String q : new ColdQueryWarmUp(named(), "h" + round % HOSTS).all(round)) {
        ask(q, end, step);
      }
    }
  }

  /** Returns metrics with their approximate numbers of series. */
  private static List<DatabaseStats.Count> named() {
    return Stream.of(KINDS)
        .map(Kind::metric)
        .distinct()
        .map(m -> new DatabaseStats.Count(m, HOSTS * SERIES / KINDS.length))
        .toList();
  }

  private void ask(String query, long end, long step) throws IOException, InterruptedException {
    String q = "query=" + URLEncoder.encode(query, StandardCharsets.UTF_8);
    long start = end - (STEPS - 1) * STEP;
    get("/api/v1/query?" + q);
    get(
        "/api/v1/query_range?"
            + q
            + "&start="
            + start / 1000
            + "&end="
            + end / 1000
            + "&step="
            + step);
  }

  private void push(long time, int step, int from, int to)
      throws IOException, InterruptedException {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int h = from; h < to; h++) {
      for (int s = 0; s < SERIES; s++) {
        Kind kind = KINDS[s % KINDS.length];
        double value = kind.values.at(s + h, step);
        if (!Double.isNaN(value)) {
          Labels labels =
              Labels.of(
                  Labels.METRIC_NAME,
                  kind.metric,
                  "instance",
                  "h" + h,
                  "job",
                  "warm",
                  "path",
                  "/p/" + s);
          w.beginSeries(labels).sample(time, value).endSeries();
        }
      }
    }
    byte[] body = SnappyBlock.encode(w.buffer(), 0, w.size());
    send(
        ClientRequest.post(URI.create(base + "/api/v1/write"), "application/x-protobuf", body)
            .withHeader("Content-Encoding", "snappy")
            .withHeader("X-Prometheus-Remote-Write-Version", "0.1.0"));
  }

  private void get(String path) throws IOException, InterruptedException {
    // Two with gzip, as browsers and Go clients request it, and two without: each query is sent
    // twice in a row, as a range query and as an instant query.
    boolean compressed = requests++ / 2 % 2 == 0;
    ClientRequest call = ClientRequest.get(URI.create(base + path));
    send(compressed ? call.withHeader("Accept-Encoding", "gzip") : call);
  }

  private void send(ClientRequest call) throws IOException, InterruptedException {
    try (ClientResponse answer = client.send(call)) {
      answer.body().transferTo(OutputStream.nullOutputStream());
    }
  }

  /**
   * Copies the data folder into a new sibling folder, as if the server had been killed now. Retries
   * if the server deletes files during the copy.
   */
  private static Path copy(Path data) throws IOException {
    for (int tries = 0; ; tries++) {
      Path copy = data.resolveSibling("killed-" + tries);
      try {
        copyOnce(data, copy);
        return copy;
      } catch (NoSuchFileException | UncheckedIOException e) {
        if (tries == MAX_COPIES) {
          throw e;
        }
      }
    }
  }

  private static void copyOnce(Path data, Path to) throws IOException {
    List<Path> found;
    try (Stream<Path> s = Files.walk(data)) {
      found = s.toList(); // parents before what is in them
    }
    for (Path p : found) {
      Path target = to.resolve(data.relativize(p).toString());
      if (Files.isDirectory(p)) {
        Files.createDirectories(target);
      } else if (!p.endsWith("lock")) {
        Files.copy(p, target);
      }
    }
  }
}
