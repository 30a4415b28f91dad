package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * StatsD's own server (npm {@code statsd}, looked for among the peers), which tells by its
 * management port what it has counted; and sockets of one machine, read by Python.
 */
@Tag("contrib")
@Tag("slow")
class StatsdExporterTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);

  /** The server shows what it has as JavaScript; as JSON it can be read. */
  private static final String SERVER =
      """
      const util = require('util');
      util.inspect = JSON.stringify;
      util.log = util.log || console.log;
      require(process.argv[1]);
      """;

  private static final String GRAM_READER =
      """
      import socket, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.bind(sys.argv[1])
      print('ready', flush=True)
      while True:
          d = s.recv(65536)
          assert len(d) <= 1432, len(d)
          print(d.decode(), flush=True)
      """;

  private static final String STREAM_READER =
      """
      import socket, struct, sys
      l = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
      l.bind(sys.argv[1])
      l.listen(5)
      print('ready', flush=True)
      s, _ = l.accept()
      f = s.makefile('rb')
      while True:
          n, = struct.unpack('<I', f.read(4))
          assert n <= 1432, n
          print(f.read(n).decode(), flush=True)
      """;

  @TempDir Path folder;
  private final int port = Ports.free();
  private final int management = Ports.free();
  private @Nullable ServerProcess server;
  private @Nullable Process reader;

  private void startServer() throws IOException, InterruptedException {
    Path program = Shared.npm("statsd").resolve("stats.js");
    Path config = folder.resolve("config.js");
    Files.writeString(
        config,
        """
        {servers: [{server: './servers/udp', address: '127.0.0.1', port: %1$d},
                   {server: './servers/tcp', address: '127.0.0.1', port: %1$d}],
         mgmt_address: '127.0.0.1', mgmt_port: %2$d, flushInterval: 3600000,
         keyNameSanitize: false, backends: []}
        """
            .formatted(port, management));
    server =
        new ServerProcess(
            management,
            folder.resolve("log"),
            Map.of(),
            List.of(
                ServerProcess.find("node").toString(),
                "-e",
                SERVER,
                program.toString(),
                config.toString()));
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (server != null) {
      server.close();
    }
    if (reader != null) {
      reader.destroyForcibly().waitFor();
    }
  }

  /** What the server has: {@code counters}, {@code gauges} or {@code timers}, by name. */
  private Map<String, JsonNode> ask(String what) throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), management)) {
      s.getOutputStream().write((what + "\n").getBytes(StandardCharsets.US_ASCII));
      BufferedReader in =
          new BufferedReader(
              new java.io.InputStreamReader(s.getInputStream(), StandardCharsets.UTF_8));
      JsonNode json = new ObjectMapper().readTree(in.readLine());
      Map<String, JsonNode> out = new TreeMap<>();
      json.properties()
          .forEach(
              e -> {
                if (!e.getKey().startsWith("statsd.")) {
                  out.put(e.getKey(), e.getValue());
                }
              });
      return out;
    }
  }

  private Map<String, Double> numbers(String what) throws IOException {
    Map<String, Double> out = new TreeMap<>();
    ask(what).forEach((k, v) -> out.put(k, v.asDouble()));
    return out;
  }

  private double badLines() throws IOException {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), management)) {
      s.getOutputStream().write("counters\n".getBytes(StandardCharsets.US_ASCII));
      BufferedReader in =
          new BufferedReader(
              new java.io.InputStreamReader(s.getInputStream(), StandardCharsets.UTF_8));
      return new ObjectMapper().readTree(in.readLine()).path("statsd.bad_lines_seen").asDouble();
    }
  }

  private static KeyValue text(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static Batch batch(int items, Metric... metrics) {
    byte[] body =
        ExportMetricsServiceRequest.newBuilder()
            .addResourceMetrics(
                ResourceMetrics.newBuilder()
                    .addScopeMetrics(ScopeMetrics.newBuilder().addAllMetrics(List.of(metrics))))
            .build()
            .toByteArray();
    return new Batch(Signal.METRICS, Encoding.OTLP, body, items, 0);
  }

  private static Sum.Builder deltas() {
    return Sum.newBuilder()
        .setIsMonotonic(true)
        .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA);
  }

  private static NumberDataPoint.Builder point(double v) {
    return NumberDataPoint.newBuilder()
        .setTimeUnixNano(1_700_000_000L * 1_000_000_000)
        .setAsDouble(v);
  }

  /** Counters of hostile tags, and what they come to. */
  private static Batch hostile(Map<String, Double> counts) {
    Sum.Builder sum = deltas();
    int n = 0;
    for (String value : KnownSamples.HOSTILE) {
      double v = 1 + n * 0.5;
      sum.addDataPoints(
          point(v).addAttributes(text("n", "" + n)).addAttributes(text("a.b c", value)));
      counts.merge("http.hits;n=" + n + ";a.b c=" + value, v, Double::sum);
      n++;
    }
    return batch(n, Metric.newBuilder().setName("http.hits").setSum(sum).build());
  }

  private static Map<String, Double> decoded(Map<String, Double> found) {
    Map<String, Double> out = new HashMap<>();
    found.forEach(
        (k, v) -> out.put(URLDecoder.decode(k.replace("+", "%2B"), StandardCharsets.UTF_8), v));
    return out;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tags: graphite",
        "tags: dogstatsd",
        "tags: graphite, transport: tcp",
        "tags: graphite, transport: tcp, confirm: false"
      })
  void serverCountsEveryIncrement(String keys) throws Exception {
    startServer();
    Map<String, Double> counts = new HashMap<>();
    try (TestPipeline p =
        new TestPipeline(Signal.METRICS, "statsd", "endpoint: '127.0.0.1:" + port + "', " + keys)) {
      Batch b = hostile(counts);
      hostile(counts);
      p.send(b);
      p.send(b);
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(2L * b.items());
      TestPipeline.await("the server has read it", TIME_LIMIT, () -> sum() >= total(counts) - 1e-6);
    }
    assertThat(decoded(numbers("counters"))).isEqualTo(counts);
    assertThat(badLines()).isZero();
  }

  private static double total(Map<String, Double> counts) {
    return counts.values().stream().mapToDouble(d -> d).sum();
  }

  private double sum() {
    try {
      return total(numbers("counters"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void serverRecognizesLevelsAndHistograms() throws Exception {
    startServer();
    Gauge.Builder levels = Gauge.newBuilder();
    double[] values = {5, -3, -0.0, 1e-300, 1.5e300, Double.NaN, Double.POSITIVE_INFINITY};
    for (double v : values) {
      levels.addDataPoints(point(v));
    }
    Histogram.Builder histogram =
        Histogram.newBuilder()
            .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA)
            .addDataPoints(
                HistogramDataPoint.newBuilder()
                    .setTimeUnixNano(1)
                    .setCount(52)
                    .setSum(30)
                    .addAllExplicitBounds(List.of(0.5, 1.0))
                    .addAllBucketCounts(List.of(49L, 3L, 0L)));
    String to = "endpoint: '127.0.0.1:" + port + "', transport: tcp, tags: graphite";
    for (int i = 0; i < 5; i++) {
      try (TestPipeline p = new TestPipeline(Signal.METRICS, "statsd", to)) {
        p.send(
            batch(
                1,
                Metric.newBuilder()
                    .setName("level")
                    .setGauge(Gauge.newBuilder().addDataPoints(levels.getDataPoints(i)))
                    .build()));
        p.drain(TIME_LIMIT);
      }
      assertThat(numbers("gauges")).containsEntry("level", values[i] + 0.0);
    }
    Metric h = Metric.newBuilder().setName("wait").setUnit("s").setHistogram(histogram).build();
    try (TestPipeline p = new TestPipeline(Signal.METRICS, "statsd", to)) {
      p.send(batch(7, Metric.newBuilder().setName("level").setGauge(levels).build()));
      p.send(batch(1, h));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().allDropped()).isEqualTo(2);
      assertThat(p.balance().out()).isEqualTo(6);
    }
    assertThat(numbers("gauges")).containsEntry("level", 1.5e300);
    assertThat(numbers("counters"))
        .isEqualTo(
            Map.of(
                "wait.count", 52.0,
                "wait.sum", 30.0,
                "wait.bucket;lower_bound=-inf;upper_bound=0.5", 49.0,
                "wait.bucket;lower_bound=0.5;upper_bound=1", 3.0));
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS, "statsd", to + ", histograms: observations, observation_type: ms")) {
      p.send(batch(1, h));
      p.drain(TIME_LIMIT);
    }
    assertThat(ask("timers")).extractingByKey("wait").hasToString("[250,750]");
    assertThat(badLines()).isZero();
  }

  /** The system reports that no process listens, so each failed datagram is counted once. */
  @Test
  void waitsForAbsentServer() throws Exception {
    Map<String, Double> counts = new HashMap<>();
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS, "statsd", "endpoint: '127.0.0.1:" + port + "', tags: graphite")) {
      for (int i = 0; i < 3; i++) {
        p.send(hostile(counts));
      }
      TestPipeline.await("nobody listens", TIME_LIMIT, () -> p.repeated() > 2);
      assertThat(p.balance().out()).isZero();
      startServer();
      p.drain(TIME_LIMIT);
      TestPipeline.await("it is read", TIME_LIMIT, () -> sum() >= total(counts) - 1e-6);
    }
    assertThat(decoded(numbers("counters"))).isEqualTo(counts);
  }

  private BufferedReader startReader(String program, Path socket) throws IOException {
    Process p =
        new ProcessBuilder("/usr/bin/python3", "-c", program, socket.toString())
            .redirectError(folder.resolve("reader").toFile())
            .start();
    reader = p;
    BufferedReader out = p.inputReader(StandardCharsets.UTF_8);
    assertThat(out.readLine()).isEqualTo("ready");
    return out;
  }

  @ParameterizedTest
  @ValueSource(strings = {"unixgram", "unixstream"})
  void everyLineGoesThroughASocketOfTheMachine(String transport) throws Exception {
    ServerProcess.find("python3");
    Path socket = folder.resolve("dsd.socket");
    int points = 20_000;
    Sum.Builder sum = deltas();
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      sum.addDataPoints(point(i).addAttributes(text("i", "" + i)));
      wanted.add("hits:" + i + "|c|#i:" + i);
    }
    sum.addDataPoints(point(1).addAttributes(text("long", "x".repeat(2000))));
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS,
            "statsd",
            "endpoint: '"
                + socket
                + "', transport: "
                + transport
                + ", max_samples_per_send: 1000")) {
      p.send(batch(points + 1, Metric.newBuilder().setName("hits").setSum(sum).build()));
      TestPipeline.await("there is no socket yet", TIME_LIMIT, () -> p.repeated() > 2);
      BufferedReader out =
          startReader(transport.equals("unixgram") ? GRAM_READER : STREAM_READER, socket);
      List<String> found = new ArrayList<>();
      while (found.size() < points) {
        found.add(out.readLine());
      }
      assertThat(found).isEqualTo(wanted);
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(points);
      assertThat(p.balance().allDropped()).isEqualTo(1);
    }
  }

  @Test
  void probesDestination() throws Exception {
    startServer();
    Printed printed =
        Printed.of("exporter", "check", "statsd+tcp://localhost:" + port + "?tags=none");
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("tethys_probe = 42.5");
    assertThat(printed.status()).isZero();
    assertThat(numbers("gauges")).isEqualTo(Map.of("tethys_probe.job.tethys", 42.5));
  }
}
