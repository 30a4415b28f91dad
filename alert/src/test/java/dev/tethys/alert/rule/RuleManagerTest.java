package dev.tethys.alert.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups on their threads, with the clock in the test's hands. */
@Timeout(60)
class RuleManagerTest {
  private final RuleFixture f = new RuleFixture();

  @AfterEach
  void close() {
    f.close();
  }

  private static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(1_000_000);
      assertThat(Thread.currentThread().isInterrupted()).as("the test's time is up").isFalse();
    }
  }

  private double iterations() {
    return f.metric("prometheus_rule_group_iterations_total");
  }

  /** Moves the clock to the group's n-th slot from the start on, and waits for its evaluation. */
  private void tick(RuleGroup g, int n, double iterationsAfter) throws InterruptedException {
    Instant slot = g.slot(RuleFixture.START).plus(g.interval().multipliedBy(n));
    f.clock.advance(Duration.between(f.clock.instant(), slot), 1);
    until(
        () -> {
          Instant last = g.lastEvaluation();
          return iterations() >= iterationsAfter && last != null && !last.isBefore(slot);
        });
  }

  @Test
  void evaluatesGroupsInTheirSlotsAndCountsMissedEvaluations() throws InterruptedException {
    RuleGroup g =
        f.load("groups:\n- name: g\n  rules:\n  - {record: r, expr: vector(1)}\n").getFirst();
    tick(g, 1, 1);
    long first = g.slot(RuleFixture.START).plusSeconds(10).toEpochMilli();
    assertThat(f.store.dump().toString()).contains(String.valueOf(first));
    tick(g, 2, 2);
    tick(g, 6, 6); // three were left out
    assertThat(f.metric("prometheus_rule_group_iterations_missed_total")).isEqualTo(3);
    assertThat(f.store.dump().toString()).contains(String.valueOf(first + 50_000));
    assertThat(f.metric("prometheus_rule_group_rules")).isEqualTo(1);
    assertThat(f.metric("prometheus_rule_group_interval_seconds")).isEqualTo(10);
  }

  @Test
  void resumesEvaluationAfterOutOfMemory() throws InterruptedException {
    f.store.failNextCommit(new OutOfMemoryError("Java heap space"));
    f.load("groups:\n- name: g\n  rules:\n  - {record: r, expr: vector(1)}\n");
    for (int i = 0; i < 3; i++) {
      f.clock.advance(Duration.ofSeconds(10), 1);
    }
    until(() -> f.store.dump().toString().contains("r"));
  }

  @Test
  void clockSetBackDoesNotStopEvaluation() throws InterruptedException {
    RuleGroup g =
        f.load("groups:\n- name: g\n  rules:\n  - {record: r, expr: vector(1)}\n").getFirst();
    tick(g, 1, 1);
    f.clock.set(f.clock.instant().minusSeconds(3600));
    f.clock.advance(Duration.ofSeconds(10), 1);
    until(() -> iterations() >= 2);
    f.clock.advance(Duration.ofSeconds(10), 1);
    until(() -> iterations() >= 3);
    assertThat(f.metric("prometheus_rule_group_iterations_missed_total")).isZero();
  }

  @Test
  void alertsContinueAfterRestart() throws InterruptedException {
    long start = RuleFixture.START.getEpochSecond();
    // Half an hour of the hour has passed, and it was down for five minutes.
    f.put("ALERTS_FOR_STATE{alertname=\"A\", job=\"x\"}", -300, start - 2100);
    f.put("ALERTS_FOR_STATE{alertname=\"Fired\"}", -300, start - 7200);
    f.put("ALERTS_FOR_STATE{alertname=\"Soon\"}", -300, start - 300 - 3300);
    f.put("ALERTS_FOR_STATE{alertname=\"Short\"}", -300, start - 400);
    RuleGroup g =
        f.load(
                """
                groups:
                - name: g
                  rules:
                  - {alert: A, expr: 'label_replace(vector(1), "job", "x", "", "")', for: 1h}
                  - {alert: Fired, expr: vector(1), for: 1h}
                  - {alert: Soon, expr: vector(1), for: 1h}
                  - {alert: Short, expr: vector(1), for: 5m}
                """)
            .getFirst();
    tick(g, 1, 1);
    assertThat(f.ask("ALERTS", 11)).isEmpty(); // nothing is written before
    tick(g, 2, 2);
    until(() -> ((AlertingRule) g.rules().getLast()).isRestored());
    tick(g, 3, 3);
    Instant now = f.clock.instant().minusSeconds(10); // when it was restored
    assertThat(active(g, 0).activeAt())
        .isEqualTo(
            Instant.ofEpochSecond(start - 2100)
                .plus(Duration.between(Instant.ofEpochSecond(start - 300), now)));
    assertThat(active(g, 0).state()).isEqualTo(AlertState.PENDING);
    assertThat(active(g, 1).state()).isEqualTo(AlertState.FIRING);
    assertThat(active(g, 2).activeAt())
        .isEqualTo(now.plus(Duration.ofMinutes(10)).minus(Duration.ofHours(1)));
    assertThat(active(g, 3).activeAt()).isAfter(RuleFixture.START);
  }

  private static Alert active(RuleGroup g, int rule) {
    return ((AlertingRule) g.rules().get(rule)).activeAlerts().getFirst();
  }

  @Test
  void removedGroupsMarkSeriesStaleAndDropMetrics() throws InterruptedException {
    RuleGroup g =
        f.load("groups:\n- name: g\n  rules:\n  - {record: r, expr: vector(1)}\n").getFirst();
    tick(g, 1, 1);
    long at = Duration.between(RuleFixture.START, f.clock.instant()).toSeconds() + 1;
    assertThat(f.ask("r", at)).hasSize(1);
    f.clock.advance(Duration.ofSeconds(1), 1);
    assertThat(f.load("")).isEmpty();
    assertThat(iterations()).isZero();
    f.clock.advance(Duration.ofSeconds(20), 1);
    until(() -> f.ask("r", at + 30).isEmpty());
  }

  @Test
  void runsIndependentRulesConcurrently() {
    try (RuleFixture c = new RuleFixture(true)) {
      c.load("");
      RuleGroup g =
          c.load(
                  """
                  groups:
                  - name: g
                    rules:
                    - {record: a, expr: vector(1)}
                    - {record: b, expr: vector(2)}
                    - {record: c, expr: a + b}
                    - {record: d, expr: c * 2}
                  """)
              .getFirst();
      g.evaluate(c.at(10));
      assertThat(c.ask("{__name__=~\"a|b|c|d\"}", 10))
          .isEqualTo(List.of("a 1", "b 2", "c 3", "d 6"));
    }
  }
}
