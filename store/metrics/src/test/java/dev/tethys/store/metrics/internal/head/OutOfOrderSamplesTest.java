package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.storage.SampleBuffer;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("slow")
class OutOfOrderSamplesTest {
  private static void same(
      OutOfOrderSamples got, NavigableMap<Long, Long> want, long min, long max) {
    SampleBuffer b = got.view(min, max);
    NavigableMap<Long, Long> part = want.subMap(min, true, max, true);
    assertThat(b == null ? 0 : b.size).isEqualTo(part.size());
    int i = 0;
    for (var e : part.entrySet()) {
      if (b != null) {
        assertThat(b.timestamps[i]).isEqualTo(e.getKey());
        assertThat(Double.doubleToRawLongBits(b.values[i])).isEqualTo(e.getValue());
        i++;
      }
    }
  }

  @Test
  @Timeout(60)
  void millionReversedSamplesTakeNoLongerThanOrderedOnes() {
    OutOfOrderSamples late = new OutOfOrderSamples();
    int n = 1_000_000;
    for (int i = n; i > 0; i--) {
      assertThat(late.add(0, i * 7L, i, null)).isTrue();
    }
    assertThat(late.size()).isEqualTo(n);
    assertThat(late.minTime()).isEqualTo(7);
    assertThat(late.bytes()).isLessThan(n * 17L);
    SampleBuffer all = Objects.requireNonNull(late.view(Long.MIN_VALUE, Long.MAX_VALUE));
    for (int i = 0; i < n; i++) {
      if (all.timestamps[i] != (i + 1) * 7L) {
        assertThat(all.timestamps[i]).isEqualTo((i + 1) * 7L);
      }
    }
  }

  @Test
  void sortsAnyOrderByTime() {
    for (int seed = 0; seed < 60; seed++) {
      Random r = new Random(seed);
      OutOfOrderSamples late = new OutOfOrderSamples();
      TreeMap<Long, Long> want = new TreeMap<>();
      long walk = 0;
      int range = 1 + r.nextInt(20_000);
      for (int i = 0; i < 6_000; i++) {
        walk += r.nextInt(7) - 4;
        long time = seed % 3 == 0 ? r.nextInt(range) : seed % 3 == 1 ? walk : -i + r.nextInt(900);
        long bits = r.nextLong() >>> 2;
        assertThat(late.has(time)).isEqualTo(want.containsKey(time));
        assertThat(late.add(time % 5 == 0 ? 3 : 0, time, bits, null))
            .isEqualTo(want.putIfAbsent(time, bits) == null);
        assertThat(late.same(time, want.get(time), null)).isTrue();
        assertThat(late.minTime()).isEqualTo(want.firstKey());
        if (r.nextInt(900) == 0) {
          long min = want.firstKey() + r.nextInt(range);
          long max = min + r.nextInt(range);
          int before = want.size();
          want.subMap(min, true, max, true).clear();
          assertThat(late.remove(min, max)).isEqualTo(before - want.size());
        }
        if (r.nextInt(2_000) == 0) {
          SampleBuffer gone = new SampleBuffer();
          want.keySet().removeIf(t -> gone(t, gone, r));
          late.removeAll(gone);
        }
        if (want.isEmpty()) {
          want.put(time, bits);
          late.add(0, time, bits, null);
        }
        assertThat(late.size()).isEqualTo(want.size());
      }
      same(late, want, Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; i < 50; i++) {
        long min = want.firstKey() - 5 + r.nextInt(range);
        same(late, want, min, min + r.nextInt(range));
      }
    }
  }

  private static boolean gone(long time, SampleBuffer to, Random r) {
    boolean goes = r.nextInt(3) > 0;
    if (goes) {
      to.add(0, time, 0);
    }
    return goes;
  }
}
