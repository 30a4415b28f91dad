package dev.tethys.bench;

import dev.tethys.bench.ExporterLoad.Signal;
import dev.tethys.bench.vendor.VendorClient;
import dev.tethys.bench.vendor.VendorClients;
import dev.tethys.testkit.Recording;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * {@code destinations RECORDING [NAME …]}: measures the cost of each writer. A collector in its own
 * process takes a recorded exporter by remote write and passes it to one exporter, whose requests
 * are read to their end and answered here without being checked, or by a real server. What takes no
 * samples is given a log record or a span for each by OTLP. Prints items for each second of the
 * collector's CPU, of which {@code nop}, {@code nop/logs} and {@code nop/traces} are the cost of
 * receiving; for comparison the vendor's own client in its own process, which is given ready
 * samples.
 */
final class ExporterWriters {
  private static final Map<String, VendorClients.ClientEntry> CLIENTS = VendorClients.all();
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);
  private static final Map<String, String> EXPORTERS = new LinkedHashMap<>();

  /** Exporters of logs and of traces; the others receive samples. */
  private static final Map<String, Signal> SIGNALS =
      Map.of(
          "nop/logs", Signal.LOGS,
          "loki", Signal.LOGS,
          "nop/traces", Signal.TRACES,
          "zipkin", Signal.TRACES);

  static {
    EXPORTERS.put("nop", "");
    EXPORTERS.put("prometheus_remote_write", "endpoint: '{url}/api/v1/write'");
    EXPORTERS.put("influxdb", "endpoint: '{url}', v1_compatibility: {enabled: true, db: far}");
    EXPORTERS.put("elasticsearch", "endpoint: '{url}'");
    EXPORTERS.put("opensearch", "endpoint: '{url}'");
    EXPORTERS.put("opentsdb", "endpoint: '{url}', max_request_bytes: 1000000");
    EXPORTERS.put("tdengine", "endpoint: '{url}', protocol: lines");
    EXPORTERS.put("tdengine/sql", "endpoint: '{url}', protocol: sql");
    EXPORTERS.put("clickhouse", "endpoint: '{url}', database: far");
    EXPORTERS.put("splunk_hec", "endpoint: '{url}', token: t");
    EXPORTERS.put("datadog", "endpoint: '{url}', api: {key: 0123456789abcdef0123456789abcdef}");
    EXPORTERS.put(
        "postgresql",
        "endpoint: 'postgresql://{postgres}/postgres', username: tethys, password: secret, tls:"
            + " {insecure: true}");
    EXPORTERS.put("kafka", "brokers: ['{kafka}'], metrics: {topic: ours, encoding: clymene_flat}");
    EXPORTERS.put("nats", "endpoint: 'nats://{nats}', subject: telemetry.ours, encoding: json");
    EXPORTERS.put("mqtt", "endpoint: 'mqtt://{mqtt}', topic: telemetry/ours, encoding: json");
    EXPORTERS.put("statsd", "endpoint: '{udp}'");
    EXPORTERS.put("carbon", "endpoint: '{lines}'");
    EXPORTERS.put("kdb", "endpoint: '{kdb}', tls: {insecure: true}");
    EXPORTERS.put("otlp_http", "endpoint: '{url}'");
    EXPORTERS.put("otlp_grpc", "endpoint: '{grpc}', tls: {insecure: true}");
    EXPORTERS.put("clymene", "http: {endpoint: '{url}'}");
    EXPORTERS.put("file", "path: '{dir}/samples.json'");
    EXPORTERS.put("nop/logs", "");
    EXPORTERS.put("loki", "endpoint: '{url}/loki/api/v1/push'");
    EXPORTERS.put("nop/traces", "");
    EXPORTERS.put("zipkin", "endpoint: '{url}/api/v2/spans', format: proto");
    EXPORTERS.put("parquet", "directory: '{dir}/parquet', max_file_age: 1s");
  }

  private final ExporterLoad load;
  private final int requests;

  private ExporterWriters(Recording recording, long samples) {
    this.load = new ExporterLoad(recording);
    this.requests = (int) Math.max(1, samples / load.each());
  }

  private static boolean isWord(String w) {
    return EXPORTERS.containsKey(w)
        || CLIENTS.containsKey(w)
        || w.endsWith(".gz")
        || w.startsWith("at:");
  }

  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("samples", 2_000_000)
            .withWords(
                "RECORDING (a .gz), NAME ("
                    + String.join(", ", EXPORTERS.keySet())
                    + ", "
                    + String.join(", ", CLIENTS.keySet())
                    + ")",
                ExporterWriters::isWord)
            .read(args);
    List<String> words = new ArrayList<>(o.words());
    Path file =
        Path.of(
            words.stream()
                .filter(w -> w.endsWith(".gz"))
                .findFirst()
                .orElseThrow(() -> new Options.WrongException("which RECORDING? " + o.there())));
    ExporterWriters b = new ExporterWriters(new Recording(file, true), o.number("samples"));
    String at = words.stream().filter(w -> w.startsWith("at:")).findFirst().orElse("");
    if (!at.isEmpty()) {
      String[] nameAndAddress = at.substring(3).split("@", 2);
      b.client(nameAndAddress[0], nameAndAddress[1]);
      return 0;
    }
    words.removeIf(w -> w.endsWith(".gz"));
    if (words.isEmpty()) {
      words.addAll(EXPORTERS.keySet());
      words.addAll(CLIENTS.keySet());
    }
    Path dir = Files.createTempDirectory("tethys-sinks");
    try (ExporterSinks sinks = new ExporterSinks(dir)) {
      for (String w : words) {
        VendorClients.ClientEntry client = CLIENTS.get(w);
        try {
          if (client != null) {
            startClient(file, w, sinks.filled(client.address()), o.number("samples"));
          } else {
            b.measure(w, sinks.filled(Objects.requireNonNull(EXPORTERS.get(w))));
          }
        } catch (TestAbortedException e) {
          System.out.println(w + ": " + e.getMessage());
        }
      }
    } finally {
      Fuzz.delete(dir);
    }
    return 0;
  }

  private void measure(String name, String keys) throws Exception {
    Path dir = Files.createTempDirectory("tethys-destinations");
    int in = ServerUnderTest.freePort();
    Path config = dir.resolve("collector.yaml");
    String exporter = keys.replace("{dir}", dir.toString());
    Signal signal = SIGNALS.getOrDefault(name, Signal.METRICS);
    Files.writeString(
        config,
        String.join(
            "\n",
            "receivers: {" + signal.receiver(in) + "}",
            "exporters: {" + name + ": {" + exporter + "}}",
            "service:",
            "  telemetry: {metrics: {level: none}}",
            "  pipelines: {"
                + signal.pipeline()
                + ": {receivers: ["
                + signal.receiverName()
                + "], exporters: ["
                + name
                + "]}}",
            ""));
    try (ServerUnderTest collector =
        ServerUnderTest.start(
            dir,
            port ->
                List.of(
                    ServerUnderTest.launcher().toString(),
                    "collector",
                    "--config=" + config,
                    "--log.level=warn"),
            Map.of())) {
      URI to = URI.create("http://127.0.0.1:" + in + signal.path());
      send(collector, signal, to, 0, requests / 2); // compiles
      double before = collector.figures().cpuSeconds();
      long begun = System.nanoTime();
      send(collector, signal, to, requests / 2, requests / 2 + requests);
      double cpu = collector.figures().cpuSeconds() - before;
      printResult(name, cpu, (System.nanoTime() - begun) / 1e9);
    } finally {
      Fuzz.delete(dir);
    }
  }

  private void printResult(String name, double cpu, double took) {
    long n = (long) requests * load.each();
    System.out.printf(
        Locale.ROOT,
        "%s: %d items, %.0f a second of CPU, %.0f a second%n",
        name,
        n,
        n / Math.max(0.01, cpu),
        n / took);
  }

  /** Sends with eight senders, each of which waits until the destination has its request. */
  private void send(ServerUnderTest collector, Signal signal, URI to, int from, int end)
      throws Exception {
    AtomicInteger next = new AtomicInteger(from);
    AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
    List<Thread> senders = new ArrayList<>();
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (int s = 0; s < 8; s++) {
        senders.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        for (int n = next.getAndIncrement(); n < end; n = next.getAndIncrement()) {
                          post(collector, http, signal, to, load.request(signal, n));
                        }
                      } catch (Exception e) {
                        failed.compareAndSet(null, e);
                      }
                    }));
      }
      for (Thread t : senders) {
        t.join();
      }
    }
    Exception e = failed.get();
    if (e != null) {
      throw e;
    }
  }

  private static void post(
      ServerUnderTest collector, HttpClient http, Signal signal, URI to, byte[] body)
      throws Exception {
    long until = System.nanoTime() + TIME_LIMIT.toNanos();
    while (true) {
      String reason;
      try {
        HttpRequest.Builder request =
            HttpRequest.newBuilder(to)
                .header("Content-Type", "application/x-protobuf")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        String encoding = signal.encoding();
        if (encoding != null) {
          request.header("Content-Encoding", encoding);
        }
        HttpResponse<String> r = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (r.statusCode() / 100 == 2) {
          return;
        }
        reason = r.statusCode() + " " + r.body();
      } catch (IOException e) {
        reason = e.toString(); // it does not listen yet
      }
      if (!collector.isAlive() || System.nanoTime() > until) {
        throw new IOException(reason + "\n" + Files.readString(collector.log()));
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static void startClient(Path file, String name, String address, long samples)
      throws IOException, InterruptedException {
    int status =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "destinations",
                file.toString(),
                "samples=" + samples,
                "at:" + name + "@" + address)
            .inheritIO()
            .start()
            .waitFor();
    if (status != 0) {
      throw new IOException(name + " ended with " + status);
    }
  }

  /** Runs a vendor's client with the requests that our writers receive. */
  private void client(String name, String address) throws Exception {
    List<VendorClient.Series> ready = load.ready();
    try (VendorClient c = Objects.requireNonNull(CLIENTS.get(name)).maker().at(address)) {
      ProcessStatistics self = new ProcessStatistics(ProcessHandle.current().pid());
      write(c, ready, 0, requests / 2);
      double before = self.cpuSeconds();
      long begun = System.nanoTime();
      write(c, ready, requests / 2, requests / 2 + requests);
      printResult(name, self.cpuSeconds() - before, (System.nanoTime() - begun) / 1e9);
    }
  }

  private void write(VendorClient c, List<VendorClient.Series> ready, int from, int end)
      throws Exception {
    for (int n = from; n < end; n++) {
      c.write(load.samples(ready, n));
    }
    c.flush();
  }
}
