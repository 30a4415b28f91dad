package dev.tethys.model.exposition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegistryTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  private static MetricFamily family(String name, MetricType type, Metric... metrics) {
    return new MetricFamily(name, type, "", "", List.of(metrics));
  }

  private static Metric buckets(double low, double all) {
    return new Metric(
        Labels.EMPTY,
        new Buckets(all, all, new double[] {1, INF}, new double[] {low, all}, List.of()));
  }

  @Test
  void keepsDuplicateSeriesOfOneCollector() {
    Registry r = new Registry();
    Metric twice = new Metric(Labels.of("p", "x"), 10);
    r.register(to -> to.accept(family("c_total", MetricType.COUNTER, twice, twice)));
    assertThat(r.gather().getFirst().metrics()).containsExactly(twice, twice);
  }

  /** A component of the same name in two pipelines has a registry in each. */
  @Test
  void joinsSeriesOfSeveralCollectors() {
    Registry r = new Registry();
    for (int i = 1; i <= 2; i++) {
      int n = i;
      r.register(
          to -> {
            to.accept(
                family(
                    "c_total",
                    MetricType.COUNTER,
                    new Metric(Labels.of("p", "x"), 10 * n),
                    new Metric(Labels.of("p", "only" + n), n)));
            to.accept(family("g", MetricType.GAUGE, new Metric(Labels.EMPTY, n)));
            to.accept(family("h", MetricType.HISTOGRAM, buckets(n, 3 * n)));
          });
    }
    List<MetricFamily> all = r.gather();
    assertThat(all).extracting(MetricFamily::name).containsExactly("c_total", "g", "h");
    assertThat(all.get(0).metrics())
        .containsExactly(
            new Metric(Labels.of("p", "only1"), 1),
            new Metric(Labels.of("p", "only2"), 2),
            new Metric(Labels.of("p", "x"), 30));
    assertThat(all.get(1).metrics()).containsExactly(new Metric(Labels.EMPTY, 2));
    Buckets b = (Buckets) all.get(2).metrics().getFirst().point();
    assertThat(all.get(2).metrics()).hasSize(1);
    assertThat(b.cumulative()).containsExactly(3, 9);
    assertThat(b.count()).isEqualTo(9);
  }
}
