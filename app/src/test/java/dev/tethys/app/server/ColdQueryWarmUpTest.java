package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.store.metrics.DatabaseStats;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ColdQueryWarmUpTest {
  private static List<DatabaseStats.Count> metrics(int n, long series) {
    return IntStream.range(0, n)
        .mapToObj(i -> new DatabaseStats.Count("job_metric_%03d".formatted(i), series))
        .toList();
  }

  @Test
  void eachQueryReadsItsOwnMetricAndParses() {
    List<String> all = new ColdQueryWarmUp(metrics(150, 40), "10.0.0.1:9100").all(0);
    assertThat(all).hasSize(150);
    for (int i = 0; i < all.size(); i++) {
      String q = all.get(i);
      assertThat(q).containsAnyOf("job_metric_%03d".formatted(i), "__name__=~\"job_metric_.*\"");
      assertThatCode(() -> PromqlParser.parse(q, ParserOptions.STABLE))
          .as(q)
          .doesNotThrowAnyException();
    }
  }

  @Test
  void distributesQueriesOverRounds() {
    ColdQueryWarmUp looks = new ColdQueryWarmUp(metrics(10, 40), "a");
    List<String> byRound = new ArrayList<>();
    for (int round = 0; round < 10; round++) {
      byRound.addAll(looks.of(round));
    }
    assertThat(byRound).isEqualTo(looks.all(0));
    assertThat(looks.of(0)).hasSize(ColdQueryWarmUp.A_ROUND);
    assertThat(looks.of(4)).isEmpty();
  }

  @Test
  void runsEveryQueryInAFewTurns() {
    ColdQueryWarmUp looks = new ColdQueryWarmUp(metrics(9, 20), "a");
    List<String> asked =
        IntStream.range(0, 8)
            .mapToObj(looks::all)
            .flatMap(List::stream)
            .map(q -> q.replaceAll("job_metric_\\d+", "m"))
            .map(q -> q.replaceAll("\\[\\d+m", "[w"))
            .distinct()
            .toList();
    assertThat(asked).hasSize(29);
    assertThat(asked)
        .contains("resets(m[w]) == 0", "bottomk(3, m) > 0", "scalar(max(m)) * vector(2)");
  }

  @Test
  void readsOnlyOneTargetOfManySeries() {
    assertThat(new ColdQueryWarmUp(metrics(30, 1_000), "host:1").all(0))
        .allMatch(q -> q.contains("instance=\"host:1\"") || q.contains("instance=~\"ho"));
  }

  @Test
  void replacesSpecialCharactersByWildcards() {
    assertThat(new ColdQueryWarmUp(metrics(1, 1), "a\"b\\c").all(0))
        .containsExactly("job_metric_000{instance=\"a.b.c\"}");
  }
}
