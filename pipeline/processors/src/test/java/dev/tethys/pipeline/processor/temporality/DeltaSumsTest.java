package dev.tethys.pipeline.processor.temporality;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeltaSumsTest {
  private final SeriesMemory memory = new SeriesMemory(1_000_000);
  private final DeltaSums sums = new DeltaSums(Duration.ofMinutes(1), 1_000_000, memory);

  private static MetricsData delta(String label, long time) {
    NumberDataPoint p = new NumberDataPoint();
    p.setLong(1);
    p.setTimeUnixNano(time);
    p.attributes().put("label", label);
    MetricData.Sum sum = new MetricData.Sum();
    sum.setTemporality(MetricData.TEMPORALITY_DELTA);
    sum.points().add(p);
    Metric m = new Metric();
    m.setName("m");
    m.setData(sum);
    ScopeGroup<Metric> s = new ScopeGroup<>();
    s.items().add(m);
    ResourceGroup<Metric> r = new ResourceGroup<>();
    r.scopes().add(s);
    MetricsData data = new MetricsData();
    data.resources().add(r);
    return data;
  }

  private int added(String label, long time, long now) {
    MetricsData data = delta(label, time);
    sums.add(data, now);
    return data.itemCount();
  }

  @Test
  void countsLongLabelsAgainstTheMemoryOfSeries() {
    String label = "x".repeat(100_000);
    int streams = 0;
    for (int i = 0; i < 20; i++) {
      streams += added(i + label, 1, 0);
    }
    assertThat(streams).as("each takes 300 kB").isEqualTo(3);
    assertThat(added(0 + label, 2, 1)).as("of a stream that is kept").isEqualTo(1);
    assertThat(added(9 + label, 1, 120_000)).as("after the others were forgotten").isEqualTo(1);
    assertThat(memory.inUse()).isBetween(300_000L, 400_000L);
    sums.clear();
    assertThat(memory.inUse()).isZero();
  }
}
