package dev.tethys.collect.exporter.graphite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.exporter.mapping.MappingFile;
import dev.tethys.collect.exporter.mapping.MetricMapper;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GraphiteMetricsTest {
  private long now = 1_700_000_000_000L;
  private final Registry registry = new Registry();

  private GraphiteMetrics of(MappingFile f, boolean strict) {
    return new GraphiteMetrics(
        new MetricMapper(f, 100), strict, Duration.ofMinutes(5), registry, () -> now);
  }

  private static List<String> shown(GraphiteMetrics m) {
    List<String> out = new ArrayList<>();
    m.collect(
        f ->
            f.metrics()
                .forEach(x -> out.add(f.type() + " " + f.name() + x.labels() + " " + x.point())));
    return out;
  }

  private static void send(GraphiteMetrics m, String lines) {
    byte[] b = lines.getBytes(UTF_8);
    m.read(b, 0, b.length);
  }

  @Test
  void exposesTheLastSampleUntilItExpires() {
    try (GraphiteMetrics m = of(MappingFile.EMPTY, false)) {
      send(m, "a.b 1 1700000000\na.b 2 1700000000\nold 1 1699999000\nt;k=v 3 1700000000\nbad\n");
      assertThat(shown(m)).hasSize(2);
      assertThat(shown(m).getFirst()).startsWith("GAUGE a_b{} Value[value=2.0");
      assertThat(shown(m).getLast()).startsWith("GAUGE t{k=\"v\"} Value[value=3.0");
      now += 300_001;
      assertThat(shown(m)).isEmpty();
    }
  }

  /** The data and the mapping of graphite_exporter's own end to end test. */
  @Test
  void mapsAllLinesOfTheReferenceTest() throws IOException {
    String in =
        Files.readString(Shared.conformance("graphite_exporter/issue90_in.txt"))
            .replace("NOW", "1700000000");
    MappingFile f = MappingFile.read(Shared.conformance("graphite_exporter/issue90.yml"));
    try (GraphiteMetrics m = of(f, false)) {
      send(m, in);
      assertThat(shown(m)).hasSameSizeAs(in.lines().map(l -> l.split(" ")[0]).distinct().toList());
    }
    try (GraphiteMetrics m =
        new GraphiteMetrics(
            new MetricMapper(f, 0), true, Duration.ofMinutes(5), new Registry(), () -> now)) {
      send(m, in);
      assertThat(shown(m)).isNotEmpty().allMatch(s -> s.contains("job="));
    }
  }

  private Map<String, Double> about() {
    Map<String, Double> out = new TreeMap<>();
    for (MetricFamily f : registry.gather()) {
      for (MetricFamily.Metric x : f.metrics()) {
        if (x.point() instanceof MetricFamily.Value v) {
          out.put(f.name(), v.value());
        }
      }
    }
    return out;
  }

  @Test
  void acceptsSamplesWithoutInvalidTags() {
    try (GraphiteMetrics m = of(MappingFile.EMPTY, false)) {
      send(m, "a;k=v;broken;l=w 1 1700000000\na;k=v 2 1700000000\na;e= 3 1700000000\n");
      assertThat(shown(m))
          .hasSize(3)
          .satisfiesOnlyOnce(
              s -> assertThat(s).startsWith("GAUGE a{k=\"v\", l=\"w\"} Value[value=1"))
          .satisfiesOnlyOnce(s -> assertThat(s).startsWith("GAUGE a{k=\"v\"} Value[value=2"))
          .satisfiesOnlyOnce(s -> assertThat(s).startsWith("GAUGE a{} Value[value=3"));
      assertThat(about()).containsEntry("graphite_tag_parse_failures", 1.0);
    }
  }

  @Test
  void dropsAndCountsUnmatchedPathsAndScalesValues() {
    MappingFile f =
        MappingFile.parse(
            "m.yml",
            "mappings: [{match: 'a.*', name: a, labels: {l: $1}, scale: 0.5}, {match: 'd.*', name:"
                + " d, action: drop}]");
    try (GraphiteMetrics m = of(f, true)) {
      send(m, "a.x;t=1 8 1700000000\nd.x 1 1700000000\nother;bad 1 1700000000\nother 1 1700000000");
      assertThat(shown(m))
          .singleElement()
          .asString()
          .startsWith("GAUGE a{l=\"x\", t=\"1\"} Value[value=4.0");
      assertThat(about())
          .containsEntry("graphite_dropped_samples_total", 3.0)
          .containsEntry("graphite_tag_parse_failures", 1.0)
          .containsEntry("statsd_metric_mapper_cache_length", 3.0)
          .containsKeys(
              "graphite_last_processed_timestamp_seconds",
              "graphite_sample_expiry_seconds",
              "statsd_metric_mapper_cache_gets_total",
              "statsd_metric_mapper_cache_hits_total");
    }
  }

  @Test
  void boundsTheTotalOfLongNames() {
    SeriesMemory memory = new SeriesMemory(1 << 20);
    try (GraphiteMetrics m =
        new GraphiteMetrics(
            new MetricMapper(MappingFile.EMPTY, 100),
            false,
            Duration.ofMinutes(5),
            registry,
            () -> now,
            memory)) {
      for (int i = 0; i < 1_000; i++) {
        send(m, "a" + i + "x".repeat(2_000) + " 1 1700000000\n");
      }
      assertThat(shown(m)).hasSizeBetween(1, 500);
      assertThat(memory.inUse()).isLessThanOrEqualTo(memory.total());
      now += 300_001;
      assertThat(shown(m)).isEmpty();
      assertThat(memory.inUse()).isZero();
      send(m, "a 1 " + now / 1000 + "\n");
      assertThat(shown(m)).hasSize(1);
    }
    assertThat(memory.inUse()).isZero();
  }
}
