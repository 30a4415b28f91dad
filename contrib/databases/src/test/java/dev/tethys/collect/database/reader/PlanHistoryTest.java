package dev.tethys.collect.database.reader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.reader.PlanHistory.Candidate;
import dev.tethys.collect.database.reader.StatementEvent.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PlanHistoryTest {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private final PlanHistory<Integer> history = new PlanHistory<>();

  private static Candidate<Integer> candidate(int key, double mean) {
    return new Candidate<>(key, "shop", "f" + key, mean);
  }

  private static StatementPlan plan(String index, double cost) {
    return StatementPlan.of("{\"Index Name\": \"" + index + "\", \"Cost\": " + cost + "}");
  }

  private List<Kind> kinds() {
    return history.take().stream().map(StatementEvent::kind).toList();
  }

  @Test
  void explainsFewStatementsInAReading() {
    List<Candidate<Integer>> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(candidate(i, 0.1));
    }
    int readings = 0;
    for (long now = 0; history.plans() < 20; now += MINUTE / 4) {
      List<Candidate<Integer>> due = history.due(now, all);
      assertThat(due).hasSizeLessThanOrEqualTo(PlanHistory.MAX_EXPLAINS);
      for (Candidate<Integer> c : due) {
        history.succeeded(c, plan("a", 1), now);
      }
      readings++;
    }
    assertThat(readings).isEqualTo(4);
    assertThat(history.due(MINUTE, all)).isEmpty();
  }

  @Test
  void explainsAgainAfterTenMinutesOrWhenSlower() {
    history.succeeded(candidate(1, 0.1), plan("a", 1), 0);
    assertThat(history.due(9 * MINUTE, List.of(candidate(1, 0.15)))).isEmpty();
    assertThat(history.due(10 * MINUTE, List.of(candidate(1, 0.15)))).hasSize(1);
    assertThat(history.due(MINUTE / 2, List.of(candidate(1, 0.2)))).isEmpty();
    assertThat(history.due(MINUTE, List.of(candidate(1, 0.2)))).hasSize(1);
  }

  @Test
  void reportsChangedPlansWithTheirDifference() {
    history.succeeded(candidate(1, 0.1), plan("a", 1), 0);
    assertThat(kinds()).containsExactly(Kind.PLAN);
    history.succeeded(candidate(1, 0.1), plan("a", 2), 10 * MINUTE);
    assertThat(kinds()).isEmpty();
    history.succeeded(candidate(1, 0.1), plan("b", 3), 20 * MINUTE);
    List<StatementEvent> events = history.take();
    assertThat(events)
        .extracting(StatementEvent::kind)
        .containsExactly(Kind.PLAN_CHANGED, Kind.PLAN);
    assertThat(events.getFirst().body())
        .contains("-  \"Index Name\" : \"a\"", "+  \"Index Name\" : \"b\"");
    assertThat(events.getFirst().attributes())
        .containsEntry(StatementEvent.PLAN_HASH, plan("b", 1).hash())
        .containsEntry(StatementEvent.PLAN_HASH + ".before", plan("a", 1).hash());
    assertThat(history.hash(1)).isEqualTo(plan("b", 1).hash());
  }

  @Test
  void repeatsAnUnchangedPlanAfterAnHour() {
    history.succeeded(candidate(1, 0.1), plan("a", 1), 0);
    history.take();
    history.succeeded(candidate(1, 0.1), plan("a", 1), 59 * MINUTE);
    assertThat(kinds()).isEmpty();
    history.succeeded(candidate(1, 0.1), plan("a", 1), 60 * MINUTE);
    assertThat(kinds()).containsExactly(Kind.PLAN);
  }

  @Test
  void reportsAReasonOnce() {
    history.failed(candidate(1, 0.1), "permission denied", 0);
    assertThat(kinds()).containsExactly(Kind.PLAN_FAILED);
    assertThat(history.due(59 * MINUTE, List.of(candidate(1, 0.9)))).isEmpty();
    assertThat(history.due(60 * MINUTE, List.of(candidate(1, 0.1)))).hasSize(1);
    history.failed(candidate(1, 0.1), "permission denied", 60 * MINUTE);
    assertThat(kinds()).isEmpty();
    history.failed(candidate(1, 0.1), "another", 120 * MINUTE);
    assertThat(kinds()).containsExactly(Kind.PLAN_FAILED);
  }

  @Test
  void keepsABoundedAmountOfPlans() {
    String large = "\"Seq Scan\", ".repeat(4000);
    for (int i = 0; i < 60; i++) {
      history.succeeded(
          candidate(i, 0.1), StatementPlan.of("{\"a\": [" + large + "\"" + i + "x\"]}"), 0);
    }
    history.take();
    history.succeeded(candidate(59, 0.1), plan("b", 1), 10 * MINUTE);
    assertThat(history.take().getFirst().body()).contains("was not kept");
    history.retain(Set.of(59));
    assertThat(history.plans()).isEqualTo(1);
    assertThat(history.hash(3)).isNull();
  }
}
