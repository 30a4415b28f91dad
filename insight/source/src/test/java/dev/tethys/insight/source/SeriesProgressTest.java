package dev.tethys.insight.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SeriesProgressTest {
  @Test
  void remembersTheNewestSampleOfEachSeries() {
    SeriesProgress p = new SeriesProgress(100_000);
    Random random = new Random(7);
    Map<Long, Long> expected = new HashMap<>();
    for (int i = 0; i < 50_000; i++) {
      long hash = random.nextInt(20_000);
      p.note(p.place(hash), i);
      expected.put(hash == 0 ? 1 : hash, (long) i);
    }
    assertThat(p.size()).isEqualTo(expected.size());
    expected.forEach((h, t) -> assertThat(p.last(p.place(h))).isEqualTo(t));
    p.removeBefore(40_000);
    long kept = expected.values().stream().filter(t -> t >= 40_000).count();
    assertThat(p.size()).isEqualTo((int) kept);
    expected.forEach(
        (h, t) -> {
          if (t >= 40_000) {
            assertThat(p.last(p.place(h))).isEqualTo(t);
          }
        });
    p.clear();
    assertThat(p.size()).isZero();
  }

  @Test
  void refusesSeriesBeyondItsLimit() {
    SeriesProgress p = new SeriesProgress(3);
    for (int i = 1; i <= 3; i++) {
      assertThat(p.place(i)).isNotNegative();
    }
    assertThat(p.place(4)).isEqualTo(-1);
    assertThat(p.place(2)).isNotNegative();
  }

  @Test
  void endsSeriesAfterTheirInterval() {
    SeriesProgress p = new SeriesProgress(10);
    p.setReference(p.place(1), 11);
    p.note(p.place(1), 1_000);
    p.note(p.place(1), 16_000);
    p.setReference(p.place(2), 22);
    p.note(p.place(2), 16_000); // one sample: its interval is not known
    Map<Long, Long> ended = new HashMap<>();
    p.end(16_000 + 52_500, ended::put);
    assertThat(ended).isEmpty();
    p.end(16_000 + 52_501, ended::put);
    assertThat(ended).containsExactly(Map.entry(11L, 31_000L));
    ended.clear();
    p.end(10_000_000, ended::put);
    assertThat(ended).as("a series ends once").isEmpty();
  }
}
