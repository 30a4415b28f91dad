package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GenerationsTest {
  @Test
  void matchesAnArrayThroughGrowth() {
    Random random = new Random(7);
    int[] expected = new int[1024];
    Generations g = new Generations(expected.length);
    for (int n = 0; n < 20_000; n++) {
      int slot = random.nextInt(expected.length);
      if (n % 4_000 == 0) {
        expected = Arrays.copyOf(expected, expected.length * 2);
        g = g.grown(expected.length);
      }
      if (random.nextInt(8) == 0) {
        expected[slot] = random.nextInt(3);
        g.set(slot, expected[slot]);
      }
      assertThat(g.get(slot)).isEqualTo(expected[slot]);
      assertThat(g.getAcquire(slot)).isEqualTo(expected[slot]);
    }
    assertThat(g.capacity()).isEqualTo(expected.length);
    assertThat(g.copy(expected.length)).isEqualTo(expected);
    assertThat(g.copy(5_000)).isEqualTo(Arrays.copyOf(expected, 5_000));
  }

  @Test
  void takesNoMemoryWhereNoSeriesHasEnded() {
    Generations g = new Generations(1 << 20);
    long before = g.bytes();
    g.set(1 << 19, 0);
    assertThat(g.bytes()).isEqualTo(before).isLessThan(1 << 14);
    g.set(1 << 19, 2);
    assertThat(g.bytes()).isBetween(before + 1, before + (1 << 15));
    g.set(1 << 19, 0);
    assertThat(g.get(1 << 19)).isZero();
  }

  @Test
  void slotsOfOneChunkAreIndependent() {
    Generations g = new Generations(1 << 14);
    g.set(1, 2);
    assertThat(g.get(1 + (1 << 12))).isZero();
    assertThat(new Generations(1 << 14).get(1)).isZero();
  }
}
