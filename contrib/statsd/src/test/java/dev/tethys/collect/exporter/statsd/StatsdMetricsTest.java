package dev.tethys.collect.exporter.statsd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.codec.statsd.StatsdReader;
import dev.tethys.collect.exporter.mapping.GlobGraph;
import dev.tethys.collect.exporter.mapping.MappingFile;
import dev.tethys.collect.exporter.mapping.MetricMapper;
import dev.tethys.collect.exporter.mapping.ObserverOptions;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.testkit.Waiting;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class StatsdMetricsTest {
  private long now = 1000;
  private final Registry registry = new Registry();
  private StatsdMetrics metrics = of("");

  private StatsdMetrics of(String mapping) {
    MappingFile f = mapping.isEmpty() ? MappingFile.EMPTY : MappingFile.parse("m.yml", mapping);
    return new StatsdMetrics(new MetricMapper(f, 100), new Registry(), () -> now);
  }

  private void send(String lines) {
    byte[] b = lines.getBytes(UTF_8);
    new StatsdReader(StatsdReader.Tags.ALL).read(b, 0, b.length, metrics);
  }

  /** Each series with what it shows. */
  private Map<String, String> shown() {
    Map<String, String> out = new TreeMap<>();
    Registry r = new Registry();
    r.register(metrics);
    for (MetricFamily f : r.gather()) {
      for (MetricFamily.Metric m : f.metrics()) {
        String value =
            switch (m.point()) {
              case MetricFamily.Value v -> "" + v.value();
              case MetricFamily.Buckets b -> b.count() + "/" + b.sum();
              case MetricFamily.Quantiles q -> q.count() + "/" + q.sum();
              case MetricFamily.Native n ->
                  "native " + n.histogram().count() + "/" + n.histogram().sum();
            };
        out.put(f.type() + " " + f.name() + m.labels(), value);
      }
    }
    return out;
  }

  @Test
  void valuesBecomeMetrics() {
    send(
        "a.b-c:1|c|@0.1\n"
            + "a.b-c:2|c\n"
            + "9g:5|g\n"
            + "9g:-2|g\n"
            + "t:250|ms|@0.5|#k.x:v\n"
            + "h:250|h\n"
            + "neg:-1|c\n"
            + "s:x|s\n");
    assertThat(shown())
        .containsOnly(
            Map.entry("COUNTER a_b_c{}", "12.0"),
            Map.entry("GAUGE _9g{}", "3.0"),
            Map.entry("SUMMARY t{k_x=\"v\"}", "2.0/0.5"),
            Map.entry("SUMMARY h{}", "1.0/250.0"));
  }

  @Test
  void nameHasOneType() {
    send("a:1|c\na:1|g\nh:1|h\nh_sum:1|c\nx_count:1|c\nx:1|h");
    assertThat(shown().keySet()).containsExactly("COUNTER a{}", "COUNTER x_count{}", "SUMMARY h{}");
  }

  @Test
  void mappingsNameScaleAndForget() {
    metrics =
        of(
            "defaults: {observer_type: histogram, histogram_options: {buckets: [1, 2],"
                + " native_histogram_bucket_factor: 1.1}}\n"
                + "mappings:\n"
                + "- {match: 'a.*', name: a_total, help: About a, labels: {l: $1, k: rule}, ttl:"
                + " 5s, scale: 2}\n"
                + "- {match: 'b.*', name: b, labels: {k: rule}, honor_labels: true}\n"
                + "- {match: 'd.*', name: d, action: drop}\n");
    send("a.x:1|c|#k:own\nb.x:1|g|#k:own\nd.x:1|c\nt:1500|ms\n");
    assertThat(shown())
        .containsOnly(
            Map.entry("COUNTER a_total{k=\"rule\", l=\"x\"}", "2.0"),
            Map.entry("GAUGE b{k=\"own\"}", "1.0"),
            Map.entry("HISTOGRAM t{}", "native 1.0/1.5"));
    now += 5001;
    assertThat(shown().keySet()).doesNotContain("COUNTER a_total{k=\"rule\", l=\"x\"}").hasSize(2);
  }

  @Test
  void linesComeOverSockets() throws Exception {
    try (StatsdListeners l =
        new StatsdListeners(new StatsdReader(StatsdReader.Tags.ALL), metrics, registry)) {
      l.udp("127.0.0.1:0", 0);
      l.tcp("127.0.0.1:0");
      try (DatagramSocket d = new DatagramSocket();
          Socket s = new Socket("127.0.0.1", l.tcpPort())) {
        byte[] b = "udp:1|c\n".getBytes(UTF_8);
        d.send(new DatagramPacket(b, b.length, InetAddress.getByName("127.0.0.1"), l.udpPort()));
        s.getOutputStream().write("tcp:1|c\n".getBytes(UTF_8));
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (shown().size() < 2 && System.nanoTime() < deadline) {
          Waiting.pause();
        }
      }
    }
    assertThat(shown().keySet()).containsExactly("COUNTER tcp{}", "COUNTER udp{}");
  }

  @Test
  void receivesLinesInUnixDatagrams(@TempDir Path dir) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "perl sends to Unix sockets here");
    Path socket = dir.resolve("statsd.sock");
    try (StatsdListeners l =
        new StatsdListeners(new StatsdReader(StatsdReader.Tags.ALL), metrics, registry)) {
      l.unix(socket, PosixFilePermissions.fromString("rwx-w----"));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
          .isEqualTo("rwx-w----");
      assertThatThrownBy(() -> l.unix(socket, PosixFilePermissions.fromString("rwx------")))
          .hasMessageContaining("the path exists");
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
      Waiting.await(() -> shown().size() == 2);
    }
    assertThat(shown().keySet()).containsExactly("COUNTER more{}", "COUNTER unix{}");
    assertThat(socket).doesNotExist();
  }

  @Test
  void relaysLinesUnchanged() throws Exception {
    try (DatagramSocket target = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
        StatsdListeners l =
            new StatsdListeners(new StatsdReader(StatsdReader.Tags.ALL), metrics, registry)) {
      target.setSoTimeout(30_000);
      l.relay(
          new StatsdRelay(new InetSocketAddress("127.0.0.1", target.getLocalPort()), 20, registry));
      l.tcp("127.0.0.1:0");
      try (Socket s = new Socket("127.0.0.1", l.tcpPort())) {
        s.getOutputStream()
            .write("first:1|c\nsecond:2|c\n\nthis.one.is.far.too.long:3|c\nbad\n".getBytes(UTF_8));
      }
      byte[] b = new byte[100];
      DatagramPacket p = new DatagramPacket(b, b.length);
      target.receive(p);
      assertThat(new String(b, 0, p.getLength(), UTF_8)).isEqualTo("first:1|c\n");
      target.receive(p);
      assertThat(new String(b, 0, p.getLength(), UTF_8)).isEqualTo("second:2|c\nbad\n");
    }
    Map<String, Double> counted = new TreeMap<>();
    for (MetricFamily f : registry.gather()) {
      if (f.name().startsWith("statsd_exporter_relay_")) {
        counted.put(
            f.name().substring(22), ((MetricFamily.Value) f.metrics().getFirst().point()).value());
      }
    }
    assertThat(counted.toString())
        .isEqualTo(
            "{lines_relayed_total=3.0, long_lines_total=1.0, lost_packets_total=0.0,"
                + " packets_total=2.0}");
  }

  @Test
  void globsAreDrawn() {
    String drawn =
        GlobGraph.of(
            MappingFile.parse(
                "m.yml",
                """
                mappings:
                  - {match: "a.*", name: x, match_metric_type: counter}
                  - {match: "a.b", name: y, match_metric_type: counter}
                  - {match: ".*", match_type: regex, name: z}
                """));
    assertThat(drawn)
        .startsWith("digraph g {\nrankdir=LR\n")
        .contains("0 -> 1  [label = \"counter\"];\n1 [color=\"#D6B656\"")
        .contains("1 -> 4  [label = \"a\"];\n")
        .contains("4 -> 5  [label = \"*\"];\n5 [color=\"#82B366\",fillcolor=\"#D5E8D4\"];\n")
        .contains("4 -> 6  [label = \"b\"];\n")
        .endsWith("0 [color=\"#a94442\",fillcolor=\"#f2dede\"];\n}");
  }

  @Test
  void histogramsOfAFileAreNativeUnlessDisabled() {
    metrics = of("mappings: [{match: a, name: a, observer_type: histogram}]");
    send("a:1|h");
    assertThat(shown()).containsOnly(Map.entry("HISTOGRAM a{}", "native 1.0/1.0"));
    metrics =
        of(
            "defaults: {observer_type: histogram, histogram_options:"
                + " {native_histogram_bucket_factor: 1, native_histogram_max_buckets: 0}}");
    send("a:1|h");
    assertThat(shown()).containsOnly(Map.entry("HISTOGRAM a{}", "1.0/1.0"));
    ObserverOptions o = MappingFile.parse("m.yml", "{}").observer();
    assertThat(o.nativeFactor()).isEqualTo(1.1);
    assertThat(o.nativeBuckets()).isEqualTo(256);
    assertThat(MappingFile.EMPTY.observer().nativeFactor()).isZero();
  }

  @Test
  void rejectsOptionsOfOtherMetricTypes() {
    assertThatThrownBy(
            () ->
                of(
                    "mappings: [{match: a, name: a, observer_type: histogram, summary_options:"
                        + " {max_age: 1m}}]"))
        .hasMessageContaining("m.yml:1:")
        .hasMessageContaining("cannot use histogram observer and summary options");
    assertThatThrownBy(
            () ->
                of(
                    "defaults: {observer_type: summary}\n"
                        + "mappings: [{match: a, name: a, histogram_options: {buckets: [1]}}]"))
        .hasMessageContaining("cannot use summary observer and histogram options");
    of("mappings: [{match: a, name: a, histogram_options: {buckets: [1]}}]");
  }

  /** metrics_total counts sets of label names; a conflict is counted under the name it is about. */
  @Test
  void selfMetricsMatchTheOriginal() throws Exception {
    Registry about = new Registry();
    MappingFile f = MappingFile.parse("m.yml", "defaults: {ttl: 5s}");
    metrics = new StatsdMetrics(new MetricMapper(f, 100), about, () -> now);
    send("a:1|c|#k:1\na:1|c|#k:2\na:1|c\nb:1|h\na:1|g\nb_sum:1|g");
    assertThat(values(about))
        .containsEntry("statsd_exporter_metrics_total{type=\"counter\"}", 2.0)
        .containsEntry("statsd_exporter_metrics_total{type=\"summary\"}", 1.0)
        .containsEntry(
            "statsd_exporter_events_conflict_total{metric_name=\"a\", type=\"gauge\"}", 1.0)
        .containsEntry(
            "statsd_exporter_events_conflict_total{metric_name=\"b_sum\", type=\"gauge\"}", 1.0);
    now += 5001;
    metrics.forgetStale();
    assertThat(values(about)).containsEntry("statsd_exporter_metrics_total{type=\"counter\"}", 0.0);
    try (StatsdListeners l =
        new StatsdListeners(new StatsdReader(StatsdReader.Tags.ALL), metrics, about)) {
      l.udp("127.0.0.1:0", 0);
      try (DatagramSocket s = new DatagramSocket()) {
        byte[] b = "x:1|c".getBytes(UTF_8);
        s.send(new DatagramPacket(b, b.length, new InetSocketAddress("127.0.0.1", l.udpPort())));
      }
      String flushed = "statsd_exporter_event_queue_flushed_total{}";
      Waiting.await(() -> values(about).getOrDefault(flushed, 0.0) == 1);
      assertThat(values(about)).containsEntry(flushed, 1.0);
      assertThat(values(about)).containsEntry("statsd_exporter_udp_packet_drops_total{}", 0.0);
    }
  }

  @Test
  void distinguishesConflictingNamesUpToALimit() {
    Registry about = new Registry();
    metrics = new StatsdMetrics(new MetricMapper(MappingFile.EMPTY, 100), about, () -> now);
    int more = StatsdMetrics.MAX_CONFLICTING + 5;
    for (int i = 0; i < more; i++) {
      send("n" + i + ":1|c\nn" + i + ":1|g");
    }
    assertThat(values(about))
        .containsEntry("statsd_exporter_events_conflict_total{type=\"gauge\"}", 5.0);
  }

  private static Map<String, Double> values(Registry r) {
    Map<String, Double> out = new TreeMap<>();
    for (MetricFamily f : r.gather()) {
      for (MetricFamily.Metric m : f.metrics()) {
        if (m.point() instanceof MetricFamily.Value v) {
          out.put(f.name() + m.labels(), v.value());
        }
      }
    }
    return out;
  }

  @Test
  void boundsTheTotalOfLongNamesAndManyObservations() {
    SeriesMemory memory = new SeriesMemory(1 << 20);
    MappingFile f = MappingFile.parse("m.yml", "defaults: {ttl: 1m}");
    metrics = new StatsdMetrics(new MetricMapper(f, 100), new Registry(), () -> now, memory);
    for (int i = 0; i < 1_000; i++) {
      send("a" + i + "x".repeat(2_000) + ":1|c\n");
    }
    assertThat(shown()).hasSizeBetween(1, 500);
    assertThat(memory.inUse()).isLessThanOrEqualTo(memory.total());
    now += 60_001;
    assertThat(shown()).isEmpty();
    assertThat(memory.inUse()).isZero();
    for (int i = 0; i < 200; i++) {
      send(("t" + i + ":1|ms\n").repeat(1_100));
    }
    assertThat(memory.inUse()).isBetween(memory.total() / 2, memory.total());
  }
}
