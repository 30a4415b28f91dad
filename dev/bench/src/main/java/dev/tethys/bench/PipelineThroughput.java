package dev.tethys.bench;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Pipeline throughput: {@code pipeline [logs|traces] [grpc|http] [edit] [chain] [gzip|snappy|zstd]
 * [uncounted]}. A collector process receives OTLP from senders of this process, joins it by {@code
 * batch} and sends it to two receivers here; {@code edit} changes every item by OTTL, {@code chain}
 * by four processors, {@code uncounted} counts no volumes by attribute. Prints items per second and
 * per second of the collector's CPU, after an equal time of warm-up. With {@code reloads} its
 * batching and both exporters are then changed at that interval. With {@code toggles} it then
 * counts volumes by attribute and does not, in turn, in pairs of windows: what counting costs, in
 * the same process with the same compiled code. Returns 0 if both receivers have all acknowledged
 * items exactly once. A request that failed may have arrived all the same: senders do not repeat
 * it, so that more items than were acknowledged arrive then, and no item is lost or doubled as long
 * as they are no more than those of the failed requests.
 */
final class PipelineThroughput {
  private static final List<String> WORDS =
      List.of(
          "logs", "traces", "grpc", "http", "edit", "chain", "gzip", "snappy", "zstd", "uncounted");
  private static final int TEMPLATES = 16;
  private static final int CHANNELS = 4;
  private static final int TOGGLE_MILLIS = 2000; // a window, after as long to settle
  private static final Duration TIME_LIMIT = Duration.ofSeconds(30);

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final AtomicLong[] arrived = {new AtomicLong(), new AtomicLong()};
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong slowest = new AtomicLong(); // nanoseconds of a request
  private final Map<String, Long> reasons = new ConcurrentSkipListMap<>();
  private final OtlpSignal signal;
  private final List<byte[]> requests = new ArrayList<>();
  private final int items;
  private volatile boolean done;
  private volatile @Nullable PipelineReloads watch;

  private PipelineThroughput(OtlpSignal signal, int items) {
    this.signal = signal;
    this.items = items;
    for (int i = 0; i < TEMPLATES; i++) {
      requests.add(signal == OtlpSignal.LOGS ? logs(i) : traces(i));
    }
  }

  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("seconds", 15)
            // Enough that full batches form: a sender waits until both receivers have its request.
            .with("senders", 96)
            .with("items", 500)
            .with("reloads", 0)
            .with("toggles", 0)
            .withWords(
                "logs|traces, grpc|http, edit, chain, gzip|snappy|zstd, uncounted", WORDS::contains)
            .read(args);
    List<String> w = o.words();
    OtlpSignal signal = w.contains("traces") ? OtlpSignal.TRACES : OtlpSignal.LOGS;
    return new PipelineThroughput(signal, o.count("items")).run(w, o);
  }

  private int run(List<String> words, Options o) throws Exception {
    int seconds = o.count("seconds");
    int senders = o.count("senders");
    int count = o.count("reloads");
    int toggles = o.count("toggles");
    Routes routes =
        new Routes().post("/a", (q, r) -> take(0, q, r)).post("/b", (q, r) -> take(1, q, r));
    Path dir = Files.createTempDirectory("tethys-pipeline");
    List<Thread> threads = new ArrayList<>();
    try (HttpListener sink =
        HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null)) {
      int in = ServerUnderTest.freePort();
      Path config = dir.resolve("collector.yaml");
      int own = ServerUnderTest.freePort();
      PipelineReloads reloads =
          new PipelineReloads(config, v -> config(words, in, sink.port(), own, v), own);
      Files.writeString(config, config(words, in, sink.port(), own, 0));
      try (ServerUnderTest collector =
          ServerUnderTest.start(
              dir,
              port ->
                  List.of(
                      ServerUnderTest.launcher().toString(),
                      "collector",
                      "--config=" + config,
                      "--allow-unused",
                      "--log.level=warn"),
              Map.of())) {
        boolean grpc = !words.contains("http");
        List<GrpcChannel> channels = new ArrayList<>();
        for (int i = 0; i < CHANNELS; i++) {
          channels.add(channel(in));
        }
        ThreadFactory factory = Thread.ofVirtual().name("sender-", 0).factory();
        for (int i = 0; i < senders; i++) {
          GrpcChannel channel = channels.get(i % CHANNELS);
          Thread t = factory.newThread(() -> send(grpc, channel, in));
          threads.add(t);
          t.start();
        }
        awaitFirst(collector);
        Thread.sleep(seconds * 1000L);
        ProcessStatistics f = collector.figures();
        double cpu = f.cpuSeconds();
        long from = through();
        long begun = System.nanoTime();
        Thread.sleep(seconds * 1000L);
        double spent = f.cpuSeconds() - cpu;
        long n = through() - from;
        double took = (System.nanoTime() - begun) / 1e9;
        long resident = f.resident();
        String reloaded = "";
        if (count > 0) {
          watch = reloads;
          reloaded = "; " + reloads.run(count);
        }
        if (toggles > 0) {
          IntFunction<String> versions =
              v -> {
                List<String> of = new ArrayList<>(words);
                of.remove("uncounted");
                of.addAll(v == 1 ? List.of() : List.of("uncounted"));
                return config(of, in, sink.port(), own, 0);
              };
          reloaded += "; " + toggled(f, new PipelineReloads(config, versions, own), toggles);
        }
        done = true;
        for (Thread t : threads) {
          t.join();
        }
        channels.forEach(GrpcChannel::close);
        boolean all = settle();
        System.out.printf(
            Locale.ROOT,
            "%s: %d bytes an item, %.0f items a second, %.0f a second of CPU (%.2f cores), %d MB;"
                + " %d acknowledged, %d and %d arrived, %d requests failed%s, the slowest request took"
                + " %.1f s%s: %s%n",
            words.isEmpty() ? "logs" : String.join(" ", words),
            requests.getFirst().length / items,
            n / took,
            n / Math.max(0.01, spent),
            spent / took,
            resident / 1024,
            acknowledged.get(),
            arrived[0].get(),
            arrived[1].get(),
            failed.get(),
            reasons.isEmpty() ? "" : " " + reasons,
            slowest.get() / 1e9,
            reloaded,
            all ? "exact" : within() ? "exact but for requests that failed" : "NOT EXACT");
        return all ? 0 : 1;
      }
    } finally {
      done = true;
      Fuzz.delete(dir);
    }
  }

  /** Compares the CPU per item with and without counted volumes, in pairs of windows. */
  private String toggled(ProcessStatistics figures, PipelineReloads reloads, int pairs)
      throws Exception {
    double sum = 0;
    double squares = 0;
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (int i = 0; i < pairs; i++) {
        double[] cost = new double[2]; // CPU seconds of an item, by whether volumes are counted
        for (int k = 0; k < 2; k++) {
          int counted = k ^ i & 1; // the first of a pair in every other one, against a trend
          reloads.apply(counted, client);
          Thread.sleep(TOGGLE_MILLIS);
          double cpu = figures.cpuSeconds();
          long from = through();
          Thread.sleep(TOGGLE_MILLIS);
          cost[counted] = (figures.cpuSeconds() - cpu) / Math.max(1, through() - from);
        }
        double log = Math.log(cost[1] / cost[0]);
        sum += log;
        squares += log * log;
      }
    }
    double mean = sum / pairs;
    double deviation = Math.sqrt(Math.max(0, squares / pairs - mean * mean));
    return String.format(
        Locale.ROOT,
        "volumes cost %.1f %% of CPU (standard error %.1f, %d pairs)",
        100 * Math.expm1(mean),
        100 * deviation / Math.sqrt(Math.max(1, pairs - 1)),
        pairs);
  }

  /** Items that both receivers have. */
  private long through() {
    return Math.min(arrived[0].get(), arrived[1].get());
  }

  private void awaitFirst(ServerUnderTest collector) throws Exception {
    long end = System.nanoTime() + TIME_LIMIT.toNanos();
    while (through() == 0) {
      if (!collector.isAlive() || System.nanoTime() > end) {
        throw new AssertionError(
            "the collector does not work: " + Files.readString(collector.log()));
      }
      Thread.sleep(50);
    }
  }

  private boolean settle() throws InterruptedException {
    long end = System.nanoTime() + TIME_LIMIT.toNanos();
    while (through() < acknowledged.get() && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    long a = acknowledged.get();
    return failed.get() == 0 && arrived[0].get() == a && arrived[1].get() == a;
  }

  /** Whether what arrived beyond the acknowledged items can be of requests that failed. */
  private boolean within() {
    long most = acknowledged.get() + failed.get() * items;
    return through() >= acknowledged.get() && Math.max(arrived[0].get(), arrived[1].get()) <= most;
  }

  private void take(int which, HttpRequest q, HttpResponse r) throws IOException {
    byte[] body = q.bodyBytes(1 << 28);
    String encoding = q.header("content-encoding");
    if (encoding != null) {
      Compression c = Compression.named(encoding);
      if (c == null) {
        r.status(415).send();
        return;
      }
      body = c.decompress(body, 0, body.length, 1 << 28);
    }
    arrived[which].addAndGet(OtlpScanner.count(signal, body, 0, body.length));
    PipelineReloads w = watch;
    if (w != null) {
      w.arrived();
    }
    r.status(200).header("Content-Type", "application/x-protobuf").send();
  }

  private static GrpcChannel channel(int port) {
    return new GrpcChannel(
        new GrpcChannel.Options(
            "127.0.0.1",
            port,
            null,
            null,
            "",
            false,
            Duration.ZERO,
            Duration.ZERO,
            false,
            "tethys-bench"));
  }

  private void send(boolean grpc, GrpcChannel channel, int port) {
    try {
      boolean begun = false;
      for (int i = 0; !done; i++) {
        byte[] request = requests.get(i % TEMPLATES);
        long start = System.nanoTime();
        String error = grpc ? call(channel, request) : post(port, request);
        if (error.isEmpty()) {
          begun = true;
          acknowledged.addAndGet(items);
          slowest.accumulateAndGet(System.nanoTime() - start, Math::max);
        } else if (begun) {
          failed.incrementAndGet();
          reasons.merge(error, 1L, Long::sum);
        } else {
          Thread.sleep(20); // it is not there yet
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sends a request; returns the reason why it was not acknowledged, "" if it was. */
  private String call(GrpcChannel channel, byte[] request) throws InterruptedException {
    try {
      GrpcReply r = channel.call(signal.grpcPath(), Map.of(), request, "", TIME_LIMIT);
      return r.status() == 0 ? "" : "status " + r.status();
    } catch (IOException e) {
      return String.valueOf(e);
    }
  }

  private String post(int port, byte[] request) throws InterruptedException {
    try {
      int status =
          HTTP.send(
                  java.net.http.HttpRequest.newBuilder(
                          URI.create(
                              "http://127.0.0.1:"
                                  + port
                                  + (signal == OtlpSignal.LOGS ? "/v1/logs" : "/v1/traces")))
                      .header("Content-Type", "application/x-protobuf")
                      .POST(java.net.http.HttpRequest.BodyPublishers.ofByteArray(request))
                      .build(),
                  java.net.http.HttpResponse.BodyHandlers.discarding())
              .statusCode();
      return status == 200 ? "" : "status " + status;
    } catch (IOException e) {
      return String.valueOf(e);
    }
  }

  /**
   * Returns the Collector configuration.
   *
   * @param own port of its reload API
   * @param version changes batching and both exporters, so that a reload replaces them
   */
  private String config(List<String> words, int in, int sink, int own, int version) {
    String compression =
        words.stream()
            .filter(List.of("gzip", "snappy", "zstd")::contains)
            .findFirst()
            .orElse("none");
    String what = signal == OtlpSignal.LOGS ? "logs" : "traces";
    String context = signal == OtlpSignal.LOGS ? "log" : "span";
    String edit =
        "transform: {"
            + (signal == OtlpSignal.LOGS ? "log_statements" : "trace_statements")
            + ": ['set("
            + context
            + ".attributes[\"environment\"], \"production\") where "
            + context
            + ".attributes[\"http.response.status_code\"] != 404']}";
    List<String> processors = new ArrayList<>();
    if (words.contains("edit") || words.contains("chain")) {
      processors.add("transform");
    }
    if (words.contains("chain")) {
      processors.addAll(List.of("attributes", "filter", "resource"));
    }
    processors.add("batch");
    String protocol = words.contains("http") ? "http" : "grpc";
    return String.join(
        "\n",
        "receivers: {otlp: {protocols: {" + protocol + ": {endpoint: '127.0.0.1:" + in + "'}}}}",
        "processors:",
        "  batch: {send_batch_size: " + (8192 - version % 2) + "}",
        "  " + edit,
        "  attributes: {actions: [{key: user.id, action: delete}]}",
        "  filter: {"
            + what
            + ": {"
            + (signal == OtlpSignal.LOGS ? "log_record" : "span")
            + ": ['attributes[\"http.request.method\"] == \"TRACE\"']}}",
        "  resource: {attributes: [{key: cluster, value: one, action: upsert}]}",
        "exporters:",
        exporter("a", what, sink, compression, version),
        exporter("b", what, sink, compression, version),
        "service:",
        "  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: "
            + own
            + "}}}}]}"
            + (words.contains("uncounted") ? ", volumes: {enabled: false}" : "")
            + "}",
        "  pipelines: {"
            + what
            + ": {receivers: [otlp], processors: "
            + processors
            + ", exporters: [otlphttp/a, otlphttp/b]}}",
        "");
  }

  private static String exporter(
      String name, String what, int port, String compression, int version) {
    return "  otlphttp/"
        + name
        + ": {"
        + what
        + "_endpoint: 'http://127.0.0.1:"
        + port
        + "/"
        + name
        + "', compression: "
        + compression
        + ", timeout: "
        + (30 + version % 2)
        + "s}";
  }

  private static Resource resource(int n) {
    Resource r = new Resource();
    r.attributes().put("service.name", "shop-" + n);
    r.attributes().put("service.version", "1.4." + n);
    r.attributes().put("host.name", "node-" + n % 5);
    r.attributes().put("k8s.namespace.name", "prod");
    r.attributes().put("k8s.pod.name", "shop-" + n + "-7d9f6c5b8-x2x" + n);
    return r;
  }

  private byte[] logs(int n) {
    LogsData data = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.setResource(resource(n));
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    s.scope().setName("io.shop.http");
    for (int i = 0; i < items; i++) {
      LogRecord l = new LogRecord();
      l.setTimeUnixNano(1_700_000_000_000_000_000L + i * 1_000_003L);
      l.setObservedTimeUnixNano(1_700_000_000_000_500_000L + i * 1_000_003L);
      l.setSeverityNumber(9);
      l.setSeverityText("INFO");
      l.setBody("request " + (n * 1000 + i) + " was served from the cache of the node next door");
      l.attributes().put("http.request.method", i % 7 == 0 ? "POST" : "GET");
      l.attributes().put("http.response.status_code", i % 20 == 0 ? 404L : 200L);
      l.attributes().put("user.id", "u" + i % 97);
      l.attributes().put("url.path", "/api/items/" + i % 211);
      l.setTraceId(0x5bd1e995L * (i + 1), 0x9e3779b97f4a7c15L * (n + 1));
      l.setSpanId(0x1234567L * (i + 1));
      s.items().add(l);
    }
    r.scopes().add(s);
    data.resources().add(r);
    return new OtlpWriter().write(data);
  }

  private byte[] traces(int n) {
    TracesData data = new TracesData();
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.setResource(resource(n));
    ScopeGroup<Span> s = new ScopeGroup<>();
    s.scope().setName("io.shop.http");
    for (int i = 0; i < items; i++) {
      Span x = new Span();
      x.setTraceId(0x5bd1e995L * (i / 5 + 1), 0x9e3779b97f4a7c15L * (n + 1));
      x.setSpanId(0x1234567L * (i + 1));
      x.setParentSpanId(i % 5 == 0 ? 0 : 0x1234567L * i);
      x.setName("GET /api/items/{id}");
      x.setKind(2);
      x.setStartTimeUnixNano(1_700_000_000_000_000_000L + i * 1_000_003L);
      x.setEndTimeUnixNano(1_700_000_000_004_000_000L + i * 1_000_003L);
      x.attributes().put("http.request.method", i % 7 == 0 ? "POST" : "GET");
      x.attributes().put("http.response.status_code", i % 20 == 0 ? 404L : 200L);
      x.attributes().put("user.id", "u" + i % 97);
      x.attributes().put("url.path", "/api/items/" + i % 211);
      x.attributes().put("server.address", "shop.example.org");
      s.items().add(x);
    }
    r.scopes().add(s);
    data.resources().add(r);
    return new OtlpWriter().write(data);
  }
}
