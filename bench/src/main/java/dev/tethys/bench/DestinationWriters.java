package dev.tethys.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.testkit.Recording;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;
import org.jspecify.annotations.Nullable;

/**
 * {@code destinations RECORDING [NAME …]}: what each writer costs. A collector of its own process
 * takes a recorded exporter by remote write and hands it to one exporter, whose requests are read
 * to their end and answered here without being looked at. Says samples for each second of the
 * collector's CPU, of which {@code nop} is what receiving takes; beside them the vendor's own
 * client in a process of its own, where there is one for Java, which is given ready samples.
 */
final class DestinationWriters {
  private static final String CLIENT = "influxdb-java";
  private static final int HOSTS_EACH = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Map<String, String> EXPORTERS = new LinkedHashMap<>();

  static {
    EXPORTERS.put("nop", "");
    EXPORTERS.put("prometheus_remote_write", "endpoint: '{url}/api/v1/write'");
    EXPORTERS.put("influxdb", "endpoint: '{url}', v1_compatibility: {enabled: true, db: far}");
    EXPORTERS.put("opensearch", "endpoint: '{url}'");
    EXPORTERS.put("opentsdb", "endpoint: '{url}', max_request_bytes: 1000000");
    EXPORTERS.put("tdengine", "endpoint: '{url}', protocol: lines");
    EXPORTERS.put("clickhouse", "endpoint: '{url}', database: far");
    EXPORTERS.put("splunk_hec", "endpoint: '{url}', token: t");
    EXPORTERS.put("datadog", "endpoint: '{url}', api: {key: 0123456789abcdef0123456789abcdef}");
    EXPORTERS.put("parquet", "directory: '{dir}/parquet', max_file_age: 1s");
  }

  private final Recording recording;
  private final int requests;
  private final int hosts;
  private final List<String> names = new ArrayList<>();
  private final List<Map<String, String>> ready = new ArrayList<>();

  private DestinationWriters(Recording recording, long samples) {
    this.recording = recording;
    this.hosts = HOSTS_EACH * 8;
    this.requests = (int) Math.max(1, samples / (HOSTS_EACH * recording.series()));
  }

  private static boolean isWord(String w) {
    return EXPORTERS.containsKey(w) || w.equals(CLIENT) || w.endsWith(".gz") || w.startsWith("at:");
  }

  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("samples", 2_000_000)
            .withWords(
                "RECORDING (a .gz), NAME ("
                    + String.join(", ", EXPORTERS.keySet())
                    + ", "
                    + CLIENT
                    + ")",
                DestinationWriters::isWord)
            .read(args);
    List<String> words = new ArrayList<>(o.words());
    Path file =
        Path.of(
            words.stream()
                .filter(w -> w.endsWith(".gz"))
                .findFirst()
                .orElseThrow(() -> new Options.WrongException("which RECORDING? " + o.there())));
    DestinationWriters b = new DestinationWriters(new Recording(file, true), o.number("samples"));
    String at = words.stream().filter(w -> w.startsWith("at:")).findFirst().orElse("");
    if (!at.isEmpty()) {
      b.client(at.substring(3));
      return 0;
    }
    words.removeIf(w -> w.endsWith(".gz"));
    if (words.isEmpty()) {
      words.addAll(EXPORTERS.keySet());
      words.add(CLIENT);
    }
    HttpServer sink =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    sink.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    sink.createContext("/", DestinationWriters::answer);
    sink.start();
    String url = "http://127.0.0.1:" + sink.getAddress().getPort();
    try {
      for (String w : words) {
        if (w.equals(CLIENT)) {
          b.startClient(file, url, o.number("samples"));
        } else {
          b.measure(w, EXPORTERS.getOrDefault(w, ""), url);
        }
      }
    } finally {
      sink.stop(0);
    }
    return 0;
  }

  /** Reads a request and says that all is well, in the words of whom it is meant for. */
  private static void answer(HttpExchange x) throws IOException {
    try (x) {
      x.getRequestBody().transferTo(java.io.OutputStream.nullOutputStream());
      String path = x.getRequestURI().getPath();
      String say =
          path.contains("_bulk")
              ? "{\"errors\":false,\"items\":[]}"
              : path.contains("collector")
                  ? "{\"text\":\"Success\",\"code\":0}"
                  : path.contains("index_template") ? "{\"acknowledged\":true}" : "";
      boolean isWrite = path.contains("write") || path.contains("/api/put");
      int status = path.startsWith("/api/v2") ? 202 : isWrite ? 204 : 200;
      byte[] body = say.getBytes(StandardCharsets.UTF_8);
      x.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      x.getResponseBody().write(body);
    }
  }

  private byte[] request(int n) {
    WriteRequestWriter w = new WriteRequestWriter();
    int first = n % (hosts / HOSTS_EACH) * HOSTS_EACH;
    int step = n / (hosts / HOSTS_EACH);
    for (int h = first; h < first + HOSTS_EACH; h++) {
      for (int i = 0; i < recording.series(); i++) {
        w.beginSeries(recording.labels(h, i))
            .sample(time(step), recording.value(h, step, i))
            .endSeries();
      }
    }
    return SnappyBlock.encode(w.buffer(), 0, w.size());
  }

  private static long time(int step) {
    return 1_700_000_000_000L + step * 15_000L;
  }

  private void measure(String name, String keys, String url) throws Exception {
    Path dir = Files.createTempDirectory("tethys-destinations");
    int in = ServerUnderTest.freePort();
    Path config = dir.resolve("collector.yaml");
    String exporter = keys.replace("{url}", url).replace("{dir}", dir.toString());
    Files.writeString(
        config,
        String.join(
            "\n",
            "receivers: {prometheus_remote_write: {endpoint: '127.0.0.1:" + in + "'}}",
            "exporters: {" + name + ": {" + exporter + "}}",
            "service:",
            "  telemetry: {metrics: {level: none}}",
            "  pipelines: {metrics: {receivers: [prometheus_remote_write], exporters: ["
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
      URI to = URI.create("http://127.0.0.1:" + in + "/api/v1/write");
      send(collector, to, 0, requests / 2); // compiles
      double before = collector.figures().cpuSeconds();
      long begun = System.nanoTime();
      send(collector, to, requests / 2, requests / 2 + requests);
      double cpu = collector.figures().cpuSeconds() - before;
      say(name, cpu, (System.nanoTime() - begun) / 1e9);
    } finally {
      Fuzz.delete(dir);
    }
  }

  private void say(String name, double cpu, double took) {
    long n = (long) requests * HOSTS_EACH * recording.series();
    System.out.printf(
        Locale.ROOT,
        "%s: %d samples, %.0f a second of CPU, %.0f a second%n",
        name,
        n,
        n / Math.max(0.01, cpu),
        n / took);
  }

  /** Eight senders, each of which waits until the destination has its request. */
  private void send(ServerUnderTest collector, URI to, int from, int end) throws Exception {
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
                          post(collector, http, to, request(n));
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

  private static void post(ServerUnderTest collector, HttpClient http, URI to, byte[] body)
      throws Exception {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      String why;
      try {
        HttpResponse<String> r =
            http.send(
                HttpRequest.newBuilder(to)
                    .header("Content-Type", "application/x-protobuf")
                    .header("Content-Encoding", "snappy")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        if (r.statusCode() / 100 == 2) {
          return;
        }
        why = r.statusCode() + " " + r.body();
      } catch (IOException e) {
        why = e.toString(); // it does not listen yet
      }
      if (!collector.isAlive() || System.nanoTime() > until) {
        throw new IOException(why + "\n" + Files.readString(collector.log()));
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private void startClient(Path file, String url, long samples) throws Exception {
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
                "at:" + url)
            .inheritIO()
            .start()
            .waitFor();
    if (status != 0) {
      throw new IOException(CLIENT + " ended with " + status);
    }
  }

  /** The vendor's client of InfluxDB, with the requests that our writer makes. */
  private void client(String url) throws IOException {
    try (InfluxDB influx = InfluxDBFactory.connect(url)) {
      influx.setDatabase("far").enableGzip();
      for (int h = 0; h < hosts; h++) {
        for (int i = 0; i < recording.series(); i++) {
          Map<String, String> tags = recording.labels(h, i).toMap();
          names.add(String.valueOf(tags.remove(Labels.METRIC_NAME)));
          ready.add(tags);
        }
      }
      ProcessFigures self = new ProcessFigures(ProcessHandle.current().pid());
      write(influx, 0, requests / 2);
      double before = self.cpuSeconds();
      long begun = System.nanoTime();
      write(influx, requests / 2, requests / 2 + requests);
      say(CLIENT, self.cpuSeconds() - before, (System.nanoTime() - begun) / 1e9);
    }
  }

  private void write(InfluxDB influx, int from, int end) {
    for (int n = from; n < end; n++) {
      int first = n % (hosts / HOSTS_EACH) * HOSTS_EACH;
      int step = n / (hosts / HOSTS_EACH);
      BatchPoints.Builder batch = BatchPoints.database("far").precision(TimeUnit.MILLISECONDS);
      for (int h = first; h < first + HOSTS_EACH; h++) {
        for (int i = 0; i < recording.series(); i++) {
          double v = recording.value(h, step, i);
          if (Double.isFinite(v)) {
            Map<String, String> tags = ready.get(h * recording.series() + i);
            batch.point(
                Point.measurement(names.get(i))
                    .tag(tags)
                    .addField("value", v)
                    .time(time(step), TimeUnit.MILLISECONDS)
                    .build());
          }
        }
      }
      influx.write(batch.build());
    }
  }
}
