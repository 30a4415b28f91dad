package dev.tethys.insight.deployments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.deployments.DeploymentSignals.NamedAmount;
import dev.tethys.insight.deployments.RecordedPast.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeploymentComparerTest {
  /** Minute of the deployment; a day and more of history is before it. */
  private static final long DEPLOYED = 1600;

  private static final long NOW = DEPLOYED + 60;

  private final RecordedPast past = new RecordedPast();
  private final RecordedSignals signals = new RecordedSignals();

  @AfterEach
  void close() {
    signals.close();
  }

  /** One rolling update of the service at {@link #DEPLOYED}. */
  private void deploy() {
    past.add(new Instance("cart", "a").version("1"), 0, DEPLOYED + 7);
    past.add(new Instance("cart", "b").version("2"), DEPLOYED, Long.MAX_VALUE);
  }

  private DeploymentComparison compare() {
    return compare(new DeploymentComparer(signals));
  }

  private DeploymentComparison compare(DeploymentComparer comparer) {
    List<ServiceDeployment> all = past.find();
    return comparer.compare(all.getFirst(), all, past.past(), RecordedPast.at(NOW));
  }

  private static ComparedFigure figure(DeploymentComparison c, String id) {
    return c.figures().stream().filter(f -> f.id().equals(id)).findFirst().orElseThrow();
  }

  private static ComparedList list(DeploymentComparison c, String id) {
    return c.lists().stream().filter(f -> f.id().equals(id)).findFirst().orElseThrow();
  }

  /** Counter that grows by a number each second before and after the deployment. */
  private static LongToDoubleFunction counter(double before, double after) {
    return q -> {
      double at = q / 4.0;
      return 60 * (Math.min(at, DEPLOYED) * before + Math.max(0, at - DEPLOYED) * after);
    };
  }

  private void requests(double before, double after, double failedAfter) {
    String calls =
        "traces_spanmetrics_calls_total{service=\"cart\", span_kind=\"SPAN_KIND_SERVER\"";
    signals.add(calls + "}", 0, NOW, counter(before, after));
    signals.add(
        calls + ", status_code=\"STATUS_CODE_ERROR\"}",
        0,
        NOW,
        counter(before * 0.001, failedAfter));
  }

  @Test
  void findsMoreFailuresAtAnEqualRate() {
    deploy();
    requests(10, 10, 1);
    DeploymentComparison c = compare();
    assertThat(c.reason()).isEmpty();
    ComparedFigure errors = figure(c, "error_ratio");
    assertThat(errors.judgement()).isEqualTo(SignalJudgement.WORSE);
    assertThat(errors.before()).isBetween(0.0009, 0.0011);
    assertThat(errors.after()).isBetween(0.089, 0.092);
    assertThat(errors.query()).contains("STATUS_CODE_ERROR").contains("[1800s]");
    assertThat(signals.metrics(errors.query(), RecordedPast.at(DEPLOYED + 33)).getFirst().value())
        .as("the query behind the figure")
        .isEqualTo(errors.after());
    assertThat(figure(c, "request_rate").judgement()).isEqualTo(SignalJudgement.SAME);
  }

  @Test
  void keepsWindowsOutOfTheRolloutAndEquallyLong() {
    deploy();
    DeploymentComparison c = compare();
    assertThat(c.before()).isEqualTo(window(DEPLOYED - 31, DEPLOYED - 1));
    assertThat(c.after()).isEqualTo(window(DEPLOYED + 3, DEPLOYED + 33));
  }

  private static TimeWindow window(long from, long to) {
    return new TimeWindow(RecordedPast.at(from), RecordedPast.at(to));
  }

  @Test
  void doesNotReachIntoNeighbouringDeployments() {
    past.add(new Instance("cart", "a").version("1"), 0, DEPLOYED - 8);
    past.add(new Instance("cart", "b").version("2"), DEPLOYED - 15, DEPLOYED + 7);
    past.add(new Instance("cart", "c").version("3"), DEPLOYED, DEPLOYED + 25);
    past.add(new Instance("cart", "d").version("4"), DEPLOYED + 20, Long.MAX_VALUE);
    List<ServiceDeployment> all = past.find();
    assertThat(all).hasSize(3);
    DeploymentComparison c =
        new DeploymentComparer(signals).compare(all.get(1), all, past.past(), RecordedPast.at(NOW));
    assertThat(c.before()).isEqualTo(window(DEPLOYED - 13, DEPLOYED - 1));
    assertThat(c.after()).isEqualTo(window(DEPLOYED + 3, DEPLOYED + 15));
  }

  @Test
  void saysWhenThereIsNoComparisonYet() {
    past.add(new Instance("cart", "a").version("1"), 0, NOW + 100);
    past.add(new Instance("cart", "b").version("2"), NOW - 2, Long.MAX_VALUE);
    DeploymentComparison c = compare();
    assertThat(c.before()).isNull();
    assertThat(c.reason()).isEqualTo("less than 3 minutes have passed since; ask again then");
    assertThat(signals.asked).isEmpty();
  }

  @Test
  void doesNotBlameTheDailyPattern() {
    deploy();
    // Twice the processor time in the hour after the deployment, today and yesterday.
    LongToDoubleFunction daily =
        q -> {
          double sum = 0;
          for (long m = 0; m < q / 4; m++) {
            sum +=
                60
                    * (m % 1440 >= DEPLOYED % 1440
                        ? m % 1440 < DEPLOYED % 1440 + 60 ? 0.8 : 0.4
                        : 0.4);
          }
          return sum;
        };
    signals.add("process_cpu_seconds_total{job=\"cart\", instance=\"a\"}", 0, DEPLOYED + 2, daily);
    signals.add("process_cpu_seconds_total{job=\"cart\", instance=\"b\"}", DEPLOYED, NOW, daily);
    ComparedFigure cpu = figure(compare(), "cpu");
    assertThat(cpu.before()).isBetween(0.39, 0.41);
    assertThat(cpu.after()).isBetween(0.79, 0.81);
    assertThat(cpu.dayBefore()).isBetween(0.79, 0.81);
    assertThat(cpu.judgement()).isEqualTo(SignalJudgement.USUAL);
  }

  @Test
  void toleratesTheUsualSpread() {
    deploy();
    // Memory swings by a third of itself, before as after.
    LongToDoubleFunction swinging = q -> 300e6 + 100e6 * ((q / 20) % 3);
    signals.add(
        "process_resident_memory_bytes{job=\"cart\", instance=\"a\"}", 0, DEPLOYED + 2, swinging);
    signals.add(
        "process_resident_memory_bytes{job=\"cart\", instance=\"b\"}",
        DEPLOYED,
        NOW,
        q -> swinging.applyAsDouble(q) + 60e6);
    assertThat(figure(compare(), "memory").judgement()).isEqualTo(SignalJudgement.SAME);
  }

  @Test
  void countsRestartsOneByOne() {
    deploy();
    signals.add("process_start_time_seconds{job=\"cart\", instance=\"a\"}", 0, DEPLOYED, _ -> 1);
    signals.add(
        "process_start_time_seconds{job=\"cart\", instance=\"b\"}",
        DEPLOYED,
        NOW,
        q -> q < (DEPLOYED + 20) * 4 ? 5 : 6);
    ComparedFigure f = figure(compare(), "restarts");
    assertThat(f.after()).isEqualTo(1);
    assertThat(f.judgement()).isEqualTo(SignalJudgement.WORSE);
  }

  @Test
  void namesWhatIsNotObserved() {
    deploy();
    DeploymentComparison c = compare();
    assertThat(c.figures()).allMatch(f -> f.judgement() == SignalJudgement.NOT_OBSERVED);
    assertThat(figure(c, "cpu").note()).isEqualTo("no data before and after");
    assertThat(list(c, "log_patterns").note()).isEqualTo("no data before and after");
    signals.failure = "store is closed";
    DeploymentComparison failed = compare();
    assertThat(figure(failed, "request_rate").note())
        .isEqualTo("the query failed: store is closed");
    assertThat(list(failed, "functions").note()).isEqualTo("the query failed: store is closed");
  }

  @Test
  void listsNewAndMoreFrequentItems() {
    deploy();
    signals.patterns =
        minute ->
            minute < DEPLOYED
                ? List.of(
                    new NamedAmount("order <_> placed", 500), new NamedAmount("retry <_>", 10))
                : List.of(
                    new NamedAmount("order <_> placed", 510),
                    new NamedAmount("retry <_>", 60),
                    new NamedAmount("null price of <_>", 40),
                    new NamedAmount("once", 1));
    signals.functions =
        minute ->
            minute < DEPLOYED
                ? List.of(new NamedAmount("parse", 500), new NamedAmount("hash", 500))
                : List.of(new NamedAmount("parse", 400), new NamedAmount("hash", 1600));
    signals.failures =
        minute -> minute < DEPLOYED ? List.of() : List.of(new NamedAmount("GET /cart", 12));
    DeploymentComparison c = compare();
    assertThat(list(c, "log_patterns").items())
        .containsExactly(
            new ComparedList.Item("retry <_>", 10, 60, SignalJudgement.GROWN),
            new ComparedList.Item("null price of <_>", 0, 40, SignalJudgement.NEW));
    assertThat(list(c, "functions").items())
        .containsExactly(new ComparedList.Item("hash", 0.5, 0.8, SignalJudgement.GROWN));
    assertThat(list(c, "failing_spans").items())
        .containsExactly(new ComparedList.Item("GET /cart", 0, 12, SignalJudgement.NEW));
    assertThat(compare()).as("the same answers").isEqualTo(c);
  }

  @Test
  void boundsNamesItemsAndTime() {
    deploy();
    signals.patterns =
        minute -> {
          List<NamedAmount> out = new ArrayList<>();
          out.add(new NamedAmount("x".repeat(100_000) + minute, 9));
          for (int i = 0; i < 50_000; i++) {
            out.add(new NamedAmount("pattern " + minute + " " + i, 5 + i));
          }
          return out;
        };
    ComparedList patterns = list(compare(), "log_patterns");
    assertThat(patterns.items()).hasSize(ComparedLists.MAX_ITEMS);
    assertThat(patterns.compared()).isLessThanOrEqualTo(2 * ComparedLists.MAX_COMPARED);
    assertThat(patterns.items()).allMatch(i -> i.name().length() < 400);
    signals.asked.clear();
    long[] nanos = {0};
    DeploymentComparison late =
        compare(new DeploymentComparer(signals, () -> nanos[0] += 5_000_000_000L));
    assertThat(signals.asked).hasSizeLessThan(40);
    assertThat(list(late, "functions").note()).startsWith("not asked");
  }

  @Test
  void selectsPartsOfManyMachines() {
    for (int i = 0; i < 600; i++) {
      past.add(new Instance("cart", "i" + i).version("1"), 0, Long.MAX_VALUE);
    }
    ServiceParts parts = ServiceParts.of(past.past(), "service:cart", window(0, 10));
    assertThat(parts.isTruncated()).isTrue();
    assertThat(parts.selectors("job", "instance"))
        .singleElement()
        .asString()
        .startsWith("job=\"cart\",instance=~\"");
    assertThat(ServiceParts.literal("a.b|c")).isEqualTo("a\\.b\\|c");
  }
}
