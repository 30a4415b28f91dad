package dev.tethys.pipeline.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TopValuesTest {
  @Test
  void keepsExactTotalsAfterEvictions() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    TopValues top = new TopValues(10);
    Map<String, Long> exact = new HashMap<>();
    long items = 0;
    long bytes = 0;
    for (int i = 0; i < 20_000; i++) {
      // a few values with most of the bytes among very many
      String value = "v" + (long) Math.pow(random.nextInt(1, 100), 3) / 1_000;
      long n = random.nextInt(1, 5);
      long b = value.length() == 2 ? 1_000 : random.nextInt(1, 50);
      top.add(value, n, b);
      exact.merge(value, b, Long::sum);
      items += n;
      bytes += b;
    }
    List<TopValues.Row> rows = top.rows();
    assertThat(rows).as("seed %d", seed).hasSize(10);
    assertThat(rows.stream().mapToLong(TopValues.Row::items).sum() + top.otherItems())
        .isEqualTo(items);
    assertThat(rows.stream().mapToLong(TopValues.Row::bytes).sum() + top.otherBytes())
        .isEqualTo(bytes);
    for (TopValues.Row r : rows) {
      long real = exact.getOrDefault(r.value(), 0L);
      assertThat(real).as("%s, seed %d", r, seed).isBetween(r.bytes(), r.bytes() + r.missed());
    }
    long share = bytes / 10;
    exact.forEach(
        (value, b) -> {
          if (b > share) {
            assertThat(rows).as("seed %d", seed).extracting(TopValues.Row::value).contains(value);
          }
        });
  }

  @Test
  void cutsLongValues() {
    TopValues top = new TopValues(2);
    top.add("x".repeat(1_000), 1, 10);
    top.add("x".repeat(1_000), 1, 10);
    assertThat(top.rows())
        .containsExactly(new TopValues.Row("x".repeat(TopValues.MAX_LENGTH), 2, 20, 0));
  }

  @Test
  void estimatesDifferentValuesWithinTenPercent() {
    for (int n : new int[] {1, 10, 500, 5_000, 100_000}) {
      DistinctCount d = new DistinctCount();
      for (int i = 0; i < n; i++) {
        d.add("user-" + i);
        d.add("user-" + i);
      }
      assertThat((double) d.estimate()).as("%d", n).isBetween(n * 0.9, n * 1.1);
    }
  }
}
