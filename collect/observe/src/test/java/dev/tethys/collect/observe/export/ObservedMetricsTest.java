package dev.tethys.collect.observe.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.MachineIdentity;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObservedMetricsTest {
  private static final String NAME = "container_http_requests_duration_seconds_total";

  /** Pages and Coroot's rules read them. */
  @Test
  void latenciesUseCorootBuckets() {
    Histogram fine =
        new Histogram(
            true,
            Histogram.ResetHint.UNKNOWN,
            0,
            0.001,
            0,
            1,
            1,
            new int[] {0, 1},
            new double[] {1},
            new int[0],
            new double[0],
            null);
    MetricFamily.Buckets classic =
        new MetricFamily.Buckets(
            1,
            1,
            new double[] {0.005, Double.POSITIVE_INFINITY},
            new double[] {0, 1},
            Collections.nCopies(2, null));
    Registry registry = new Registry();
    registry.register(
        to ->
            to.accept(
                new MetricFamily(
                    NAME,
                    MetricType.HISTOGRAM,
                    "Latency.",
                    "",
                    List.of(
                        new MetricFamily.Metric(
                            Labels.EMPTY, new MetricFamily.Native(fine, classic, List.of()))))));
    Metric m =
        new ObservedMetrics(registry, new MachineIdentity("ab12", ""), Map.of(), "s")
            .gather()
            .resources()
            .getFirst()
            .scopes()
            .getFirst()
            .items()
            .getFirst();
    assertThat(m.name()).isEqualTo(NAME);
    assertThat(m.data()).isInstanceOf(MetricData.Histogram.class);
  }
}
