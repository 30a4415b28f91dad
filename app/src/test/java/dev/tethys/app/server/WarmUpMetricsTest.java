package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.store.metrics.DatabaseStats;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WarmUpMetricsTest {
  private static DatabaseStats.Count count(String name, long series) {
    return new DatabaseStats.Count(name, series);
  }

  private static List<String> choose(Map<String, Double> changes, DatabaseStats.Count... counts)
      throws InterruptedException {
    return WarmUpMetrics.choose(List.of(counts), m -> changes.getOrDefault(m, 0.0));
  }

  @Test
  void choosesChangingMetricsOneConstantAndOneLarge() throws InterruptedException {
    List<String> chosen =
        choose(
            Map.of("busy", 9.0, "slow", 0.5, "wide", 2.0, "huge", 9.0),
            count("huge", 5_000),
            count("wider", 1_900),
            count("wide", 1_500),
            count("still", 90),
            count("slow", 80),
            count("busy", 7),
            count("asleep", 1));
    assertThat(chosen).containsExactly("busy", "slow", "still", "wide");
  }

  @Test
  void selectsMostActiveIfAllMetricsAreLarge() throws InterruptedException {
    assertThat(
            choose(
                Map.of("c", 1.0, "a", 2.0),
                count("a", 1_999),
                count("b", 1_500),
                count("c", 1_200),
                count("d", 1_000)))
        .containsExactly("a", "c", "d");
    assertThat(choose(Map.of("huge", 1.0), count("huge", 2_001))).isEmpty();
    assertThat(choose(Map.of())).isEmpty();
  }

  @Test
  void namesSomeOfTheTooLargeMetrics() {
    assertThat(
            WarmUpMetrics.tooLarge(
                List.of(
                    count("a", 9_000),
                    count("b.c", 8_000),
                    count("d", 7_000),
                    count("e", 6_000),
                    count("f", 5_000),
                    count("small", 2_000))))
        .containsExactly("a", "d", "e");
  }

  @Test
  void omitsNamesThatNeedQuotes() throws InterruptedException {
    assertThat(choose(Map.of("a.b", 1.0, "ab", 1.0), count("a.b", 2), count("ab", 1)))
        .containsExactly("ab");
  }

  @Test
  void samplesAFewOfManyAtEvenDistances() throws InterruptedException {
    List<DatabaseStats.Count> counts =
        IntStream.range(0, 640).mapToObj(i -> count("m" + i, 50)).toList();
    List<String> looked = new ArrayList<>();
    List<String> chosen =
        WarmUpMetrics.choose(
            counts,
            m -> {
              looked.add(m);
              return 1_000 - Integer.parseInt(m.substring(1));
            });
    assertThat(looked)
        .hasSize(WarmUpMetrics.CHECKED_METRICS)
        .startsWith("m0", "m10")
        .endsWith("m630");
    assertThat(chosen).hasSize(6).startsWith("m0", "m100").endsWith("m530");
  }
}
