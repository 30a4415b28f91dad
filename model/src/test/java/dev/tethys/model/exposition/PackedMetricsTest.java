package dev.tethys.model.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PackedMetricsTest {
  private static Metric random(Random r) {
    Labels labels =
        r.nextInt(10) == 0
            ? Labels.EMPTY
            : Labels.of("a", "v" + r.nextInt(1000), "b", "\u00e4".repeat(r.nextInt(5) + 1));
    double value = r.nextInt(20) == 0 ? Double.NaN : r.nextDouble();
    return switch (r.nextInt(2000)) {
      case 0 -> new Metric(labels, new Value(value, null), 17L, 0);
      case 1 -> new Metric(labels, new Value(value, null), null, 17);
      case 2 -> new Metric(labels, new Value(value, new Exemplar(Labels.EMPTY, 1, 0)));
      case 3 -> new Metric(labels, new Quantiles(1, 2, new double[] {.5}, new double[] {1}));
      default -> new Metric(labels, value);
    };
  }

  @Test
  void collectsMetricsAsAdded() {
    Random r = new Random(11);
    for (int n :
        new int[] {
          0,
          1,
          PackedMetrics.CHUNK - 1,
          PackedMetrics.CHUNK,
          PackedMetrics.CHUNK + 1,
          9 * PackedMetrics.CHUNK + 5
        }) {
      List<Metric> plain = new ArrayList<>();
      PackedMetrics.Builder b = PackedMetrics.builder();
      for (int i = 0; i < n; i++) {
        Metric m = random(r);
        plain.add(m);
        b.add(m);
        assertThat(b.size()).isEqualTo(i + 1);
      }
      PackedMetrics packed = b.build();
      assertThat(packed.size()).isEqualTo(n);
      assertThat(packed.equals(plain)).isTrue();
      assertThatThrownBy(() -> packed.get(n)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> packed.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
