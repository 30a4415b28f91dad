package dev.tethys.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SeriesLayout;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RowsTest {
  private record Layout(List<byte[]> series) implements SeriesLayout {
    @Override
    public int size() {
      return series.size();
    }

    @Override
    public void forEach(Visitor to) {
      series.forEach(b -> to.series(b, 0, b.length));
    }

    @Override
    public <T> T kept(Object by, Supplier<T> make) {
      return make.get();
    }
  }

  /** Also for zeros, which take no bytes, and all lengths of series. */
  @Test
  void computesTheLengthOfTheRequest() {
    Layout layout =
        new Layout(
            IntStream.range(0, 300)
                .mapToObj(i -> Labels.of("__name__", "m".repeat(1 + i)).canonicalBytes())
                .toList());
    Random random = new Random(3);
    for (int round = 0; round < 20; round++) {
      double[] values = new double[layout.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextBoolean() ? 0 : random.nextBoolean() ? -0.0 : random.nextDouble();
      }
      Rows rows = new Rows(layout, 1_700_000_000_000L, values);
      assertThat(rows.length()).isEqualTo(rows.write().length);
    }
  }
}
