package dev.tethys.store.metrics.internal.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.storage.StepWindows;
import dev.tethys.store.metrics.internal.encoding.Slices;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class WindowSlicesTest {
  private static final StepWindows EVERY_TEN = new StepWindows(0, 10, 2, 0);

  @Test
  void computesSharedSlicesOnce() {
    WindowSlices w = new WindowSlices(EVERY_TEN);
    long[] t = LongStream.range(0, 30).toArray();
    Slices s = w.of(7, t, 0, 30);
    assertThat(w.of(7, t, 0, 30)).isSameAs(s);
    assertThat(s.count()).isEqualTo(4);
    assertThat(s.from(1)).isEqualTo(8);
    assertThat(s.to(1)).isEqualTo(11);
    assertThat(w.of(7, t, 9, 30).from(0)).isEqualTo(9);
  }

  @Test
  void keepsLittleIfNothingIsShared() {
    WindowSlices w = new WindowSlices(EVERY_TEN);
    long[] t = LongStream.range(0, 10_000).toArray();
    int sets = 2 * WindowSlices.MOST_KEPT / 1000;
    for (int set = 0; set < sets; set++) {
      assertThat(w.of(set, t, 0, t.length).count()).isEqualTo(1001);
    }
    assertThat(w.keptSets()).isBetween(1, WindowSlices.MOST_KEPT / 1000 + 1);
  }
}
