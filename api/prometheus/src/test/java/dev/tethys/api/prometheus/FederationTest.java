package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.relabel.RelabelRule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Types of {@code /federate}; its samples are tested by {@link ServerApiTest}. */
class FederationTest {
  @Test
  void showsTypesThatAllTargetsAgreeOn() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      long now = ApiServer.NOW.toEpochMilli();
      Map<String, MetricMetadata> first =
          Map.of(
              "jobs_total", new MetricMetadata(MetricType.COUNTER, "Jobs.", ""),
              "hits", new MetricMetadata(MetricType.COUNTER, "Hits of OpenMetrics.", ""),
              "heat", new MetricMetadata(MetricType.GAUGE, "Heat.", ""),
              "lat", new MetricMetadata(MetricType.HISTOGRAM, "Latency\nin seconds.", ""),
              "part", new MetricMetadata(MetricType.HISTOGRAM, "Part of it.", ""),
              "size", new MetricMetadata(MetricType.SUMMARY, "Size.", ""),
              "odd", new MetricMetadata(MetricType.COUNTER, "Odd.", ""));
      Map<String, MetricMetadata> second =
          Map.of("odd", new MetricMetadata(MetricType.GAUGE, "", ""));
      s.targets = targets(active("a", first), active("b", second));
      for (String name :
          List.of("jobs_total", "hits_total", "hits_created", "heat", "odd", "new")) {
        s.sample(Labels.of("__name__", name, "instance", "i"), now, 1);
      }
      for (String name : List.of("lat_sum", "lat_count", "latch", "part_bucket", "size_sum")) {
        s.sample(Labels.of("__name__", name, "instance", "i"), now, 2);
      }
      for (String le : List.of("1.0", "+Inf")) {
        s.sample(Labels.of("__name__", "lat_bucket", "instance", "i", "le", le), now, 2);
      }
      s.sample(Labels.of("__name__", "size", "instance", "i", "quantile", "0.5"), now, 3);
      s.sample(Labels.of("__name__", "size_count", "instance", "i"), now, 3);
      String path = "/federate?match%5B%5D=%7B__name__%3D~%22.%2B%22%7D";
      assertThat(s.get(path).replace(" " + now + "\n", "\n"))
          .isEqualTo(
              """
              200 # HELP heat Heat.
              # TYPE heat gauge
              heat{instance="i"} 1
              # TYPE hits_created untyped
              hits_created{instance="i"} 1
              # HELP hits_total Hits of OpenMetrics.
              # TYPE hits_total counter
              hits_total{instance="i"} 1
              # HELP jobs_total Jobs.
              # TYPE jobs_total counter
              jobs_total{instance="i"} 1
              # HELP lat Latency\\nin seconds.
              # TYPE lat histogram
              lat_bucket{instance="i",le="+Inf"} 2
              lat_bucket{instance="i",le="1.0"} 2
              lat_sum{instance="i"} 2
              lat_count{instance="i"} 2
              # TYPE latch untyped
              latch{instance="i"} 2
              # TYPE new untyped
              new{instance="i"} 1
              # TYPE odd untyped
              odd{instance="i"} 1
              # TYPE part_bucket untyped
              part_bucket{instance="i"} 2
              # HELP size Size.
              # TYPE size summary
              size{instance="i",quantile="0.5"} 3
              size_sum{instance="i"} 2
              size_count{instance="i"} 3
              """);
      assertThat(s.get("/federate?match%5B%5D=lat_sum")).startsWith("200 # TYPE lat_sum untyped\n");
    }
  }

  private static TargetsView.Active active(String pool, Map<String, MetricMetadata> families) {
    return new TargetsView.Active(
        pool,
        Labels.EMPTY,
        Labels.of("instance", "i", "job", pool),
        "http://" + pool,
        TargetsView.Health.UP,
        "",
        ApiServer.NOW,
        0.0125,
        "15s",
        "10s",
        () -> families);
  }

  private static TargetsView targets(TargetsView.Active... active) {
    return new TargetsView() {
      @Override
      public List<String> pools() {
        return List.of();
      }

      @Override
      public List<Active> active() {
        return List.of(active);
      }

      @Override
      public List<Dropped> dropped() {
        return List.of();
      }

      @Override
      public Map<String, Integer> droppedCounts() {
        return Map.of();
      }

      @Override
      public @Nullable String poolConfiguration(String pool) {
        return null;
      }

      @Override
      public @Nullable List<RelabelRule> relabelRules(String pool) {
        return null;
      }
    };
  }
}
