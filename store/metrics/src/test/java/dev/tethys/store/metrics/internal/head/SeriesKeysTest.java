package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class SeriesKeysTest {
  private record Print(long high, long low) {}

  @Test
  void findsOnlyLiveSeries() {
    for (int seed = 0; seed < 20; seed++) {
      Random r = new Random(seed);
      SeriesKeys keys = new SeriesKeys(16);
      Map<Integer, Print> alive = new HashMap<>();
      Map<Print, Integer> gone = new HashMap<>();
      int[] generation = new int[1 << 14];
      for (int step = 0; step < 20_000; step++) {
        int slot = 1 + r.nextInt(step < 10_000 ? 5000 : 300);
        while (slot >= keys.capacity()) {
          keys = keys.grown(keys.capacity() * 2);
        }
        Print p = alive.remove(slot);
        if (p != null) {
          keys.retire(slot);
          generation[slot]++;
          gone.put(p, slot);
        } else {
          generation[slot] = generation[slot] + 1 & ~1;
          keys.start(slot, generation[slot]);
          assertThat(keys.hasPrint(slot)).isFalse();
          // Low words that meet often in a small table.
          p = new Print(r.nextLong(), r.nextLong() & 0xff000000000000ffL);
          keys.assign(slot, p.high, p.low);
          alive.put(slot, p);
        }
      }
      for (Map.Entry<Integer, Print> e : alive.entrySet()) {
        Print p = e.getValue();
        long reference = (long) generation[e.getKey()] << 32 | e.getKey();
        assertThat(keys.find(p.high, p.low)).isEqualTo(reference);
        assertThat(keys.check(e.getKey(), p.high, p.low)).isEqualTo(reference);
        assertThat(keys.check(e.getKey(), p.high + 1, p.low)).isZero();
        assertThat(keys.expected(e.getKey(), p.low)).isEqualTo(reference);
        assertThat(keys.expected(e.getKey(), p.low + 1)).isZero();
        assertThat(keys.isPrint(e.getKey(), p.high, p.low)).isTrue();
      }
      for (Map.Entry<Print, Integer> e : gone.entrySet()) {
        Print p = e.getKey();
        assertThat(keys.find(p.high, p.low)).isZero();
        assertThat(keys.check(e.getValue(), p.high, p.low)).isZero();
        if (!alive.containsKey(e.getValue())) {
          assertThat(keys.expected(e.getValue(), p.low)).isZero();
        }
      }
    }
  }

  @Test
  void readersOfTheSmallerTableStillFindItsEntries() {
    SeriesKeys keys = new SeriesKeys(2048);
    keys.start(7, 2);
    keys.assign(7, 1, 2);
    SeriesKeys grown = keys.grown(8192);
    grown.start(5000, 2);
    grown.assign(5000, 3, 4);

    assertThat(keys.find(1, 2)).isEqualTo(2L << 32 | 7);
    assertThat(keys.find(3, 4)).isZero();
    assertThat(grown.find(1, 2)).isEqualTo(2L << 32 | 7);
    assertThat(grown.find(3, 4)).isEqualTo(2L << 32 | 5000);
  }

  @Test
  void seriesNotRequestedByLabelsTakeNoMemoryUntilOneEnds() {
    SeriesKeys keys = new SeriesKeys(1 << 20);
    for (int slot = 1; slot < keys.capacity(); slot++) {
      keys.start(slot, 0);
    }
    assertThat(keys.bytes()).isLessThan(4096);
    for (int slot = 1; slot < keys.capacity(); slot++) {
      keys.retire(slot);
      keys.start(slot, 2);
    }
    assertThat(keys.bytes()).isLessThan(4L * keys.capacity() + 4096);

    keys.assign(9, 1, 2);
    keys.follow(9, 12);
    assertThat(keys.successor(9)).isEqualTo(12);
    assertThat(keys.successor(1 << 19)).isZero();
    assertThat(keys.find(1, 2)).isEqualTo(2L << 32 | 9);
  }
}
