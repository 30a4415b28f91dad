package dev.tethys.pipeline.exporter.tables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class KnownSeriesTest {
  private static List<MetricTables.Series> series(Random random, int n) {
    List<MetricTables.Series> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      out.add(
          new MetricTables.Series(Labels.EMPTY, new UUID(random.nextLong(), random.nextLong())));
    }
    return out;
  }

  @Test
  void remembersSeriesPerTableUntilForgotten() {
    KnownSeries known = new KnownSeries();
    List<MetricTables.Series> all = series(new Random(1), 20_000);
    assertThat(known.unknown("a", all)).isEqualTo(all);
    known.addAll("a", all.subList(0, 10_000));
    known.addAll("a", all.subList(0, 10_000));
    assertThat(known.unknown("a", all)).isEqualTo(all.subList(10_000, 20_000));
    assertThat(known.unknown("b", all)).isEqualTo(all);
    known.forget();
    assertThat(known.unknown("a", all)).isEqualTo(all);
  }

  /** Keys that begin their search in one place do not hide one another. */
  @Test
  void distinguishesCollidingKeys() {
    KnownSeries known = new KnownSeries();
    List<MetricTables.Series> all = new ArrayList<>();
    for (int i = 1; i < 500; i++) {
      all.add(new MetricTables.Series(Labels.EMPTY, new UUID(i, 7L << 40)));
    }
    known.addAll("a", all.subList(0, 250));
    assertThat(known.unknown("a", all)).isEqualTo(all.subList(250, 499));
  }

  @Test
  void keepsUsedSeriesWhileOthersAreEvicted() {
    KnownSeries known = new KnownSeries();
    Random random = new Random(2);
    List<MetricTables.Series> used = series(random, 1000);
    List<MetricTables.Series> once = series(random, 1000);
    known.addAll("a", used);
    known.addAll("a", once);
    for (int i = 0; i < 120; i++) {
      known.addAll("a", series(random, 10_000));
      assertThat(known.unknown("a", used)).isEmpty();
    }
    assertThat(known.unknown("a", once)).isEqualTo(once);
  }
}
