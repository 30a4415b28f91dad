package dev.tethys.pipeline.receiver.statsd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.timgroup.statsd.NonBlockingStatsDClientBuilder;
import com.timgroup.statsd.StatsDClient;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.Samples;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class StatsdReceiverTest {
  @TempDir private Path dir;
  private final TestPipeline pipeline = new TestPipeline();
  private @Nullable StatsdReceiver receiver;

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ofSeconds(1));
    }
  }

  private StatsdReceiver start(String yaml) throws IOException {
    StatsdReceiver r =
        StatsdReceiverFactory.receiver(
            TestPipeline.read(new StatsdReceiverFactory().settings(), yaml),
            pipeline.of(Signal.METRICS),
            Scheduler.system(),
            "receiver statsd",
            new Registry());
    r.start();
    receiver = r;
    return r;
  }

  private List<String> points() {
    List<String> out = new ArrayList<>();
    for (Batch b : pipeline.batches) {
      MetricsData data = new OtlpReader().metrics(b.body(), 0, b.body().length);
      data.resources()
          .forEach(r -> r.scopes().forEach(s -> s.items().forEach(m -> out.addAll(points(m)))));
    }
    return out;
  }

  private static List<String> points(Metric m) {
    List<String> out = new ArrayList<>();
    MetricData<?> data = m.data();
    String kind = data == null ? "nothing" : data.getClass().getSimpleName();
    if (data instanceof MetricData.Aggregated<?> a) {
      kind += a.temporality() == MetricData.TEMPORALITY_DELTA ? " delta" : " other";
    }
    for (var p : data == null ? List.<dev.tethys.model.telemetry.DataPoint>of() : data.points()) {
      String value =
          switch (p) {
            case NumberDataPoint n -> n.isInt() ? "" + n.longValue() : "" + n.doubleValue();
            case SummaryDataPoint s ->
                s.count() + "/" + s.sum() + Arrays.toString(s.quantileValues());
            case HistogramDataPoint h -> h.count() + Arrays.toString(h.bucketCounts());
            case ExponentialHistogramDataPoint e -> e.count() + "@" + e.scale();
            default -> "?";
          };
      out.add(kind + " " + m.name() + p.attributes() + " " + value);
    }
    return out;
  }

  @Test
  void receivesEveryTypeFromDatadogsClient() throws Exception {
    StatsdReceiver r =
        start(
            "{endpoint: '127.0.0.1:0', aggregation_interval: 50ms, timer_histogram_mapping:"
                + " [{statsd_type: timing, observer_type: summary, summary: {percentiles: [50,"
                + " 100]}},{statsd_type: histogram, observer_type: histogram, histogram: {max_size:"
                + " 10}},{statsd_type: distribution, observer_type: histogram, histogram:"
                + " {explicit_buckets: [{buckets: [1, 10]}]}}]}");
    try (StatsDClient client =
        new NonBlockingStatsDClientBuilder()
            .prefix("app")
            .hostname("127.0.0.1")
            .port(r.port())
            .blocking(true)
            .enableTelemetry(false)
            .enableAggregation(false)
            .originDetectionEnabled(false)
            .constantTags("env:test")
            .build()) {
      client.count("hits", 3, "route:/a b");
      client.increment("hits", "route:/a b");
      client.gauge("temperature", 21.5);
      client.recordExecutionTime("took", 20);
      client.recordExecutionTime("took", 40);
      client.recordHistogramValue("sizes", 1000);
      client.recordDistributionValue("waits", 5);
      client.recordDistributionValue("waits", 50);
      client.recordSetValue("users", "ann");
      client.recordSetValue("users", "bob");
      client.recordSetValue("users", "ann");
    }
    Samples.until(() -> sum("app.hits{env=test, route=/a b}") == 4);
    Samples.until(() -> points().toString().contains("app.users"));
    Samples.until(() -> points().toString().contains("app.waits"));
    assertThat(String.join("\n", points()))
        .contains("Gauge app.temperature{env=test} 21.5")
        .contains("app.sizes{env=test} 1@");
    assertThat(points().stream().filter(p -> p.startsWith("Sum ")))
        .allMatch(p -> p.startsWith("Sum delta app.hits"));
    assertThat(points().stream().filter(p -> p.startsWith("Summary")).toList()).isNotEmpty();
    assertThat(points().stream().filter(p -> p.startsWith("Histogram delta app.waits")).toList())
        .isNotEmpty();
  }

  private long sum(String series) {
    return points().stream()
        .filter(p -> p.contains(series))
        .mapToLong(p -> Long.parseLong(p.substring(p.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void retriesRejectedIntervalsAndFlushesAtStop() throws Exception {
    Path file = dir.resolve("map.yml");
    Files.writeString(
        file,
        "mappings:\n- {match: 'a.*.c', name: mapped, labels: {b: $1}, match_metric_type: counter}\n"
            + "- {match: 'out.*', name: x, action: drop}\n");
    StatsdReceiver r =
        start(
            "{endpoint: '127.0.0.1:0', transport: tcp, aggregation_interval: 20ms, mapping_file: '"
                + file
                + "', enable_metric_type: true}");
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    try (Socket s = new Socket("127.0.0.1", r.port())) {
      s.getOutputStream().write("a.x.c:1|c|@0.5\nout.y:1|c\ng:5|g\ng:+2|g\nbad\n".getBytes(UTF_8));
      s.shutdownOutput();
      Samples.until(() -> pipeline.batches.size() > 1);
    }
    assertThat(pipeline.batches.get(1).body()).isEqualTo(pipeline.batches.get(0).body());
    pipeline.outcome = Outcome.ACCEPTED;
    pipeline.batches.clear();
    Samples.until(() -> !pipeline.batches.isEmpty());
    Samples.until(() -> points().toString().contains("g{metric_type=gauge} 7.0"));
    assertThat(points())
        .contains("Sum delta mapped{b=x, metric_type=counter} 2")
        .noneMatch(p -> p.contains("out"));
  }

  @Test
  void countsAnIntervalInFlightAtStopOnce() throws Exception {
    List<AckCallback> open = new CopyOnWriteArrayList<>();
    Consumer slow =
        (batch, ack) -> {
          pipeline.batches.add(batch);
          open.add(ack);
        };
    StatsdReceiver r =
        StatsdReceiverFactory.receiver(
            TestPipeline.read(
                new StatsdReceiverFactory().settings(),
                "{endpoint: '127.0.0.1:0', aggregation_interval: 20ms}"),
            Map.of(Signal.METRICS, slow),
            Scheduler.system(),
            "receiver statsd",
            new Registry());
    r.start();
    try (DatagramSocket s = new DatagramSocket()) {
      s.send(
          new DatagramPacket(
              "hits:1|c".getBytes(UTF_8), 8, InetAddress.getLoopbackAddress(), r.port()));
      Samples.until(() -> !open.isEmpty());
    }
    r.stop(Duration.ZERO); // as at a reload
    assertThat(open).hasSize(1);
    open.getFirst().complete(new Outcome.Unavailable("full", Duration.ZERO));
    assertThat(open).as("offered again").hasSize(2);
    open.getLast().complete(Outcome.ACCEPTED);
    assertThat(open).hasSize(2);
  }

  @Test
  void boundsSeries() {
    StatsdAggregator a =
        new StatsdAggregator(
            new StatsdAggregator.Rules(
                false,
                CounterNumbers.EXACT,
                false,
                false,
                Duration.ofMinutes(1),
                List.of(),
                null,
                2),
            0);
    byte[] b = "a:1|c\nb:1|c\nc:1|c\na:1|c\n".getBytes(UTF_8);
    var refusals =
        a.read(
            new dev.tethys.codec.statsd.StatsdReader(dev.tethys.codec.statsd.StatsdReader.Tags.ALL),
            b,
            0,
            b.length);
    assertThat(refusals.count()).isEqualTo(1);
    assertThat(refusals.text()).contains("line 3: more than 2 series within an interval: c");
    assertThat(a.take(1).itemCount()).isEqualTo(2);
    assertThat(a.take(2).itemCount()).isZero();
  }

  private static List<String> added(String yaml, String lines) {
    StatsdReceiverFactory.Settings settings =
        TestPipeline.read(new StatsdReceiverFactory().settings(), yaml);
    StatsdAggregator a = new StatsdAggregator(settings.rules(), 0);
    byte[] b = lines.getBytes(UTF_8);
    var refusals =
        a.read(new dev.tethys.codec.statsd.StatsdReader(settings.tags()), b, 0, b.length);
    assertThat(refusals.count()).as(refusals.text()).isZero();
    return a.take(1).resources().getFirst().scopes().getFirst().items().stream()
        .flatMap(m -> points(m).stream())
        .toList();
  }

  @Test
  void usesBoundsOfTheFirstMatchingPattern() {
    assertThat(
            added(
                "{timer_histogram_mapping: [{statsd_type: timer, observer_type: histogram,"
                    + " histogram: {explicit_buckets: [{matcher_pattern: '^db[.]', buckets: [1,"
                    + " 10]}, {matcher_pattern: 'time$', buckets: [5]}]}}]}",
                "db.time:7|ms\nweb.time:7|ms\nweb.size:7|ms\n"))
        .containsExactly(
            "Histogram delta db.time{} 1[0, 1, 0]",
            "Histogram delta web.time{} 1[0, 1]",
            "ExponentialHistogram delta web.size{} 1@20");
  }

  @Test
  void countsWithConfiguredNumbers() {
    String lines = "a:1.75|c\na:1.75|c\nb:3|c|@0.5\n";
    assertThat(added("{}", lines)).containsExactly("Sum delta a{} 3.5", "Sum delta b{} 6");
    assertThat(added("{counter_type: int}", lines))
        .containsExactly("Sum delta a{} 2", "Sum delta b{} 6");
    assertThat(added("{counter_type: float}", lines))
        .containsExactly("Sum delta a{} 3.5", "Sum delta b{} 6.0");
    String sum = added("{counter_type: stochastic_int}", "a:0.25|c\n".repeat(10_000)).getFirst();
    assertThat(Long.parseLong(sum.substring(sum.lastIndexOf(' ') + 1))).isBetween(2_000L, 3_000L);
  }

  @Test
  void acceptsTagsWithoutValueAndContainerIds() {
    assertThat(added("{enable_simple_tags: true, enable_ip_only_aggregation: true}", "a:1|c|#x"))
        .containsExactly("Sum delta a{x=} 1");
    assertThat(added("{ignore_host: true}", "a:1|c|c:ci-4f\n"))
        .containsExactly("Sum delta a{container.id=ci-4f} 1");
  }

  @Test
  void expiresIdleCumulativeCounters() {
    StatsdAggregator a =
        new StatsdAggregator(
            new StatsdAggregator.Rules(
                false,
                CounterNumbers.EXACT,
                true,
                true,
                Duration.ofNanos(100),
                List.of(),
                null,
                10),
            10);
    byte[] b = "a:1|c\ng:1|g\n".getBytes(UTF_8);
    var reader =
        new dev.tethys.codec.statsd.StatsdReader(dev.tethys.codec.statsd.StatsdReader.Tags.ALL);
    a.read(reader, b, 0, b.length);
    assertThat(a.take(20).itemCount()).isEqualTo(2);
    a.read(reader, b, 0, 6);
    List<String> points =
        a.take(30).resources().getFirst().scopes().getFirst().items().stream()
            .flatMap(m -> points(m).stream())
            .toList();
    assertThat(points).containsExactly("Sum other a{} 2");
    assertThat(a.take(110).itemCount()).isEqualTo(1);
    assertThat(a.take(130).itemCount()).isEqualTo(1);
    assertThat(a.take(140).itemCount()).isZero();
  }

  /** By a sender in perl. */
  @Test
  void receivesDatagramsOverAUnixSocket(@TempDir Path dir) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "perl sends to Unix sockets here");
    Path socket = dir.resolve("s");
    start(
        "{transport: unixgram, endpoint: '"
            + socket
            + "', socket_permissions: 0620, aggregation_interval: 100ms}");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw--w----");
    Process p =
        new ProcessBuilder(
                "/usr/bin/perl",
                "-MSocket",
                "-e",
                "socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; send(S, \"unix:1|c\\nmore:2|c\", 0,"
                    + " pack_sockaddr_un($ARGV[0])) or die $!",
                socket.toString())
            .inheritIO()
            .start();
    assertThat(p.waitFor()).isZero();
    Samples.until(() -> points().size() == 2);
    assertThat(points()).anyMatch(s -> s.contains("unix") && s.endsWith(" 1"));
    stop();
    receiver = null;
    assertThat(socket).doesNotExist();
  }

  @Test
  void rejectsUnsupportedSettingsByName() {
    for (String yaml :
        new String[] {
          "{transport: pigeon}",
          "{transport: tcp, socket_buffer_size: 1000}",
          "{socket_buffer_size: -1}",
          "{transport: unixgram, socket_permissions: 9}",
          "{counter_type: complex}",
          "{aggregation_interval: 0s}",
          "{timer_histogram_mapping: [{statsd_type: counter}]}",
          "{timer_histogram_mapping: [{statsd_type: timer, observer_type: histogram, histogram:"
              + " {explicit_buckets: [{matcher_pattern: 'a(', buckets: [1]}]}}]}",
          "{timer_histogram_mapping: [{statsd_type: timer, observer_type: histogram, histogram:"
              + " {explicit_buckets: [{buckets: [2, 1]}]}}]}"
        }) {
      assertThatThrownBy(() -> TestPipeline.read(new StatsdReceiverFactory().settings(), yaml))
          .as(yaml)
          .isInstanceOfAny(ConfigException.class, dev.tethys.config.NotBuiltException.class);
    }
  }
}
