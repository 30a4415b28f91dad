package dev.tethys.pipeline.exporter.loadbalancing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import org.junit.jupiter.api.Test;

class BalancerMetricsTest {
  private final Registry registry = new Registry();
  private final BalancerMetrics metrics =
      new BalancerMetrics(registry, "loadbalancing", "traces", "dns");

  private int series(String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals("otelcol_loadbalancer_" + name))
        .map(MetricFamily::metrics)
        .mapToInt(java.util.Collection::size)
        .sum();
  }

  @Test
  void ignoresOutcomesAfterRemoval() {
    metrics.opened("a:1");
    metrics.opened("b:1");
    metrics.settled("a:1", 3, true);
    metrics.settled("b:1", 3, false);
    assertThat(series("backend_outcome_total")).isEqualTo(2);
    metrics.forget("a:1");
    metrics.settled("a:1", 3, true);
    assertThat(series("backend_outcome_total")).isEqualTo(1);
    assertThat(series("backend_latency")).isEqualTo(1);
    metrics.opened("a:1");
    metrics.settled("a:1", 3, true);
    assertThat(series("backend_outcome_total")).isEqualTo(2);
  }
}
