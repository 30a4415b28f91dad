package dev.tethys.control.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.fleet.FleetVolumes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Comparison of outputs, with reports at chosen times. */
class OutputComparisonTest {
  private static final UUID FRESH = new UUID(0, 1);
  private static final UUID OTHER = new UUID(0, 2);

  private final FleetVolumes volumes = new FleetVolumes();
  private final OutputComparison outputs = new OutputComparison();

  private void report(UUID agent, long nanos, String rows) {
    volumes.put(
        agent,
        ("{\"by\":{\"service.name\":[" + rows + "]}}").getBytes(StandardCharsets.UTF_8),
        nanos);
  }

  private static String row(String value, String signal, long in, long out) {
    return String.format(
        "[\"%s\",\"%s\",%d,%d,%d,%d,0]", value, signal, in, in * 100, out, out * 100);
  }

  private void update(long applied, UUID... others) {
    outputs.update(volumes, Map.of(FRESH, applied), List.of(others));
  }

  /** Reports of equal steps, the first of which is the base. */
  private void steps(UUID agent, long at, int n, java.util.function.IntFunction<String> rows) {
    for (int i = 0; i <= n; i++) {
      report(agent, at + 10L * i, rows.apply(i));
      update(10, OTHER);
    }
  }

  private JsonNode shown() {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    outputs.put(n);
    return n.path("outputs");
  }

  @Test
  void detectsHalfOfTheRecordsMissingComparedWithOtherAgents() {
    report(FRESH, 5, row("cart", "logs", 1_000, 1_000)); // without the version
    steps(OTHER, 5, 4, i -> row("cart", "logs", 7_000 + 100L * i, 7_000 + 100L * i));
    assertThat(outputs.undecided(0.1)).contains("not compared yet");
    report(FRESH, 11, row("cart", "logs", 1_100, 1_050));
    update(10, OTHER);
    report(FRESH, 21, row("cart", "logs", 1_200, 1_100));
    update(10, OTHER);
    assertThat(outputs.problem(0.1)).isEmpty(); // too few reports
    assertThat(outputs.undecided(0.1)).contains("too few reports");
    for (int i = 2; i <= 4; i++) {
      report(FRESH, 11 + 10L * i, row("cart", "logs", 1_100 + 100L * i, 1_050 + 50L * i));
      update(10, OTHER);
    }
    assertThat(outputs.problem(0.6)).isEmpty();
    assertThat(outputs.problem(0.1))
        .contains("logs: 0.500 items", "1.000 without the version", "agents without the version");
    JsonNode cart = shown().path("rows").get(1);
    assertThat(cart.path("value").asString()).isEqualTo("cart");
    assertThat(cart.path("items").asDouble()).isEqualTo(0.5);
    assertThat(cart.path("itemsBefore").asDouble()).isEqualTo(1.0);
    assertThat(cart.path("itemsError").asDouble()).isBetween(0.001, 0.1);
  }

  /** A pipeline that changes nothing, whose batches leave when they are full. */
  private static String batched(int i, int offset) {
    long in = 40L * i + offset;
    return row("cart", "logs", in, in / 60 * 60);
  }

  @Test
  void delayedBatchesAreNotAChange() {
    for (int i = 0; i < 60; i++) {
      report(OTHER, 6 + 10L * i, batched(i, 17));
      report(FRESH, 11 + 10L * i, batched(i, 41));
      update(10, OTHER);
      assertThat(outputs.problem(0.1)).isEmpty();
      if (i < 4) {
        assertThat(outputs.undecided(0.1)).isNotEmpty();
      }
    }
    assertThat(outputs.undecided(0.1)).isEmpty(); // over enough items it is clear
    assertThat(shown().path("rows").size()).isEqualTo(1); // no value differs
  }

  @Test
  void detectsDecreaseBetweenUnevenBatches() {
    for (int i = 0; i < 60; i++) {
      report(OTHER, 6 + 10L * i, batched(i, 17));
      long in = 40L * i;
      report(FRESH, 11 + 10L * i, row("cart", "logs", in, in / 60 * 30));
      update(10, OTHER);
    }
    assertThat(outputs.problem(0.1)).contains("logs: 0.496", "0.992 without");
  }

  @Test
  void doesNotJudgeRecordsHeldByTheVersion() {
    for (int i = 0; i < 6; i++) {
      report(OTHER, 6 + 10L * i, batched(i, 17));
      String rows = row("cart", "logs", 40L * i, 0);
      volumes.put(
          FRESH,
          ("{\"balance\":{\"in\":"
                  + 40 * i
                  + ",\"waiting\":"
                  + 40 * i
                  + "},\"by\":{\"service.name\":["
                  + rows
                  + "]}}")
              .getBytes(StandardCharsets.UTF_8),
          11 + 10L * i);
      update(10, OTHER);
    }
    assertThat(outputs.problem(0.1)).isEmpty();
    assertThat(outputs.undecided(0.1)).contains("with an error of");
  }

  @Test
  void consistentlyDifferentAgentIsUnchanged() {
    for (int i = 0; i < 5; i++) {
      report(FRESH, 1 + i, row("cart", "logs", 1_000L * i, 500L * i));
      report(OTHER, 1 + i, row("cart", "logs", 1_000L * i, 1_000L * i));
    }
    outputs.reach(volumes, FRESH);
    for (int i = 5; i < 10; i++) {
      report(FRESH, 6 + i, row("cart", "logs", 1_000L * i, 500L * i));
      report(OTHER, 6 + i, row("cart", "logs", 1_000L * i, 1_000L * i));
      update(10, OTHER);
    }
    assertThat(outputs.problem(0.2)).isEmpty();
    assertThat(outputs.undecided(0.2)).isEmpty();
  }

  @Test
  void comparesLastAgentsWithTheirOwnPast() {
    for (int i = 0; i < 5; i++) {
      report(FRESH, 1 + i, row("cart", "logs", 1_000 + 100L * i, 2_000 + 200L * i));
    }
    outputs.reach(volumes, FRESH);
    for (int i = 0; i < 5; i++) {
      report(FRESH, 11 + 10L * i, row("cart", "logs", 1_500 + 100L * i, 3_000 + 100L * i));
      update(10);
    }
    assertThat(shown().path("against").asString()).isEqualTo("the same agents before");
    assertThat(outputs.problem(0.4)).contains("1.000 items", "2.000 without");
  }

  @Test
  void showsRenamedValueAsRemovedAndAdded() {
    steps(OTHER, 5, 4, i -> row("cart", "logs", 100L * i, 100L * i));
    steps(
        FRESH,
        11,
        4,
        i -> row("cart", "logs", 100L * i, 0) + "," + row("basket", "logs", 0, 100L * i));
    assertThat(outputs.problem(0.01)).isEmpty(); // the signal as a whole is the same
    assertThat(shown().path("rows").size()).isEqualTo(3);
    for (JsonNode r : shown().path("rows")) {
      double after = r.path("items").asDouble();
      switch (r.path("value").asString()) {
        case "cart" -> assertThat(after).isZero();
        case "basket" -> assertThat(r.path("itemsBefore").asDouble()).isZero();
        default -> assertThat(after).isEqualTo(1);
      }
    }
  }

  @Test
  void doesNotCompareFewItems() {
    steps(OTHER, 5, 4, i -> row("cart", "logs", 100L * i, 100L * i));
    steps(FRESH, 11, 4, i -> row("cart", "logs", 100 + 4L * i, 100));
    assertThat(outputs.undecided(0.01)).contains("not compared yet");
    assertThat(outputs.problem(0.01)).isEmpty();
  }

  private void report(UUID agent, long nanos, long in, long held) {
    String rows = row("cart", "logs", in, in);
    volumes.put(
        agent,
        ("{\"balance\":{\"in\":"
                + in
                + ",\"held\":"
                + held
                + "},\"by\":{\"service.name\":["
                + rows
                + "]}}")
            .getBytes(StandardCharsets.UTF_8),
        nanos);
  }

  @Test
  void recordsHeldByExportersAreNotDelivered() {
    report(FRESH, 11, 1_000, 0);
    report(OTHER, 11, 7_000, 0);
    update(10, OTHER);
    report(FRESH, 21, 1_100, 100);
    report(OTHER, 21, 7_100, 5);
    update(10, OTHER);
    assertThat(outputs.problem(0.1)).isEmpty();
    assertThat(outputs.undelivered(0.1)).contains("of 100 items", "100 are held");
    report(FRESH, 31, 1_200, 20);
    report(OTHER, 31, 7_200, 0);
    update(10, OTHER);
    assertThat(outputs.undelivered(0.1)).isEmpty();
  }

  private void labelled(UUID agent, long nanos, String run, String controls, long in, long out) {
    volumes.put(
        agent,
        ("{\"run\":\""
                + run
                + "\",\"controls\":\""
                + controls
                + "\",\"balance\":{\"in\":"
                + in
                + "},\"by\":{\"service.name\":["
                + row("cart", "traces", in, out)
                + "]}}")
            .getBytes(StandardCharsets.UTF_8),
        nanos);
  }

  /** The counts of the new process are higher already, and its ratio is the same. */
  @Test
  void doesNotCompareCountsOfTwoProcesses() {
    for (int i = 0; i < 6; i++) {
      labelled(OTHER, 6 + 10L * i, "o", "", 1_000L * i, 2_000L * i);
      if (i < 2) {
        labelled(FRESH, 11 + 10L * i, "a", "", 100L * i, 200L * i);
      } else {
        labelled(FRESH, 11 + 10L * i, "b", "", 1_000L * i, 2_300 + 2_000L * (i - 1));
      }
      update(10, OTHER);
      assertThat(outputs.problem(0.1)).isEmpty();
      if (i == 2) {
        assertThat(outputs.undecided(0.1)).contains("restarted", "its counts restart");
      }
    }
    assertThat(outputs.undecided(0.1)).isEmpty();
  }

  /** A control samples all agents to a half until it ends in the middle. */
  @Test
  void doesNotCompareCountsAcrossLiveControls() {
    for (int i = 0; i < 5; i++) {
      labelled(FRESH, 1 + i, "a", "c1", 1_000L * i, 500L * i);
    }
    outputs.reach(volumes, FRESH);
    long fresh = 2_500;
    long other = 500;
    for (int i = 0; i < 9; i++) {
      fresh += i < 4 ? 500 : 1_000;
      other += i < 5 ? 500 : 1_000; // it gets the end later
      labelled(FRESH, 11 + 10L * i, "b", i < 4 ? "c1" : "", 5_000 + 1_000L * i, fresh);
      labelled(OTHER, 12 + 10L * i, "o", i < 5 ? "c1" : "", 1_000L * (i + 1), other);
      update(10, OTHER);
      assertThat(outputs.problem(0.1)).isEmpty();
      if (i == 5) {
        assertThat(outputs.undecided(0.1)).isNotEmpty();
      }
    }
    assertThat(outputs.undecided(0.1)).isEmpty();
  }

  @Test
  void idleAgentsDelayNothing() {
    UUID idle = new UUID(0, 3);
    labelled(idle, 5, "i", "", 1_000, 1_000);
    labelled(idle, 6, "i", "", 1_100, 1_100);
    for (int i = 0; i < 6; i++) {
      labelled(OTHER, 6 + 10L * i, "o", "", 1_000L * i, 1_000L * i);
      labelled(FRESH, 11 + 10L * i, "b", "", 1_000L * i, 1_000L * i);
      update(10, OTHER, idle);
    }
    assertThat(outputs.undecided(0.1)).isEmpty();
  }

  /** One burst, such as of a queue, leaves no intervals to tell its error from. */
  @Test
  void doesNotJudgeOneBurst() {
    for (int i = 0; i < 8; i++) {
      labelled(OTHER, 6 + 10L * i, "o", "", 1_000L * i, 2_000L * i);
      labelled(FRESH, 11 + 10L * i, "b", "", i == 0 ? 0 : 500, i == 0 ? 0 : 1_101);
      update(10, OTHER);
      assertThat(outputs.problem(0.1)).isEmpty();
    }
    assertThat(outputs.undecided(0.1)).contains("too few reports of volumes with items");
  }

  /** Agents are sent other records, of which a filter leaves other parts. */
  /** Logs are frequent; metrics come once per minute, and two of their intervals were seen. */
  private void sparse(double metrics) {
    steps(
        OTHER,
        5,
        6,
        i ->
            row("cart", "logs", 1_000 + 500L * i, 1_000 + 500L * i)
                + ","
                + row("cart", "metrics", 500 + 100L * (i / 3), 500 + 100L * (i / 3)));
    steps(
        FRESH,
        11,
        6,
        i ->
            row("cart", "logs", 1_000 + 500L * i, 1_000 + 500L * i)
                + ","
                + row(
                    "cart",
                    "metrics",
                    500 + 100L * (i / 3),
                    (long) (500 + metrics * 100 * (i / 3))));
  }

  @Test
  void skipsLowVolumeSignalIfOthersAreJudged() {
    sparse(1);
    assertThat(outputs.undecided(0.1)).contains("metrics", "too few reports");
    assertThat(outputs.passesInPart(0.1)).isTrue();
    for (JsonNode r : shown().path("rows")) {
      assertThat(r.path("judged").asBoolean())
          .isEqualTo(r.path("signal").asString("").equals("logs"));
      assertThat(r.path("notJudged").asString(""))
          .isEqualTo(
              r.path("signal").asString("").equals("logs")
                  ? ""
                  : "too few reports of volumes with items (agents without the version): 2 intervals"
                      + " with items with the version and 2 without, at least 3 are required");
    }
  }

  @Test
  void doesNotSkipMissingLowVolumeSignal() {
    sparse(0.5);
    assertThat(outputs.undecided(0.1)).contains("metrics");
    assertThat(outputs.passesInPart(0.1)).isFalse();
  }

  @Test
  void partialResultRequiresAJudgedSignal() {
    steps(OTHER, 5, 2, i -> row("cart", "logs", 100L * i, 100L * i));
    steps(FRESH, 11, 2, i -> row("cart", "logs", 100L * i, 100L * i));
    assertThat(outputs.undecided(0.1)).contains("too few reports");
    assertThat(outputs.passesInPart(0.1)).isFalse();
  }

  @Test
  void agentLikeAnyOtherIsUnchanged() {
    UUID third = new UUID(0, 3);
    for (int i = 0; i < 9; i++) {
      labelled(OTHER, 6 + 10L * i, "o", "", 3_000L * i, 3_000L * i);
      labelled(third, 7 + 10L * i, "t", "", 1_000L * i, 700L * i);
      labelled(FRESH, 11 + 10L * i, "b", "", 1_000L * i, 720L * i);
      update(10, OTHER, third);
      assertThat(outputs.problem(0.1)).isEmpty();
    }
    assertThat(outputs.undecided(0.1)).isNotEmpty();
  }

  @Test
  void detectsTenPercentDecreaseWithinFourReports() {
    for (int i = 0; i < 5; i++) {
      labelled(FRESH, 1 + i, "a", "", 1_000L * i, 1_000L * i);
    }
    outputs.reach(volumes, FRESH);
    for (int i = 0; i < 4; i++) {
      labelled(OTHER, 6 + 10L * i, "o", "", 1_000L * i, 1_000L * i);
      labelled(FRESH, 11 + 10L * i, "b", "", 5_000 + 1_000L * i, 5_000 + 900L * i);
      update(10, OTHER);
    }
    assertThat(outputs.problem(0.05)).contains("traces: 0.900 items", "1.000 without");
  }

  /** Two agents with other ratios, of which the first gets less traffic with the version. */
  @Test
  void trafficMovingBetweenAgentsIsNotAChange() {
    for (int i = 0; i < 5; i++) {
      labelled(FRESH, 1 + i, "a", "", 9_000L * i, 18_000L * i);
      labelled(OTHER, 1 + i, "o", "", 1_000L * i, 1_000L * i);
    }
    outputs.reach(volumes, FRESH);
    outputs.reach(volumes, OTHER);
    for (int i = 0; i < 6; i++) {
      labelled(FRESH, 11 + 10L * i, "b", "", 36_000 + 1_000L * i, 72_000 + 2_000L * i);
      labelled(OTHER, 11 + 10L * i, "p", "", 4_000 + 9_000L * i, 4_000 + 9_000L * i);
      outputs.update(volumes, Map.of(FRESH, 10L, OTHER, 10L), List.of());
      assertThat(outputs.problem(0.1)).isEmpty();
    }
    assertThat(outputs.undecided(0.1)).isEmpty();
  }

  /** An agent that was reached without reports before has another ratio than those with them. */
  @Test
  void doesNotCompareAgentsWithoutEarlierReports() {
    for (int i = 0; i < 5; i++) {
      labelled(FRESH, 1 + i, "a", "", 1_000L * i, 2_000L * i);
    }
    outputs.reach(volumes, FRESH);
    for (int i = 0; i < 6; i++) {
      labelled(FRESH, 11 + 10L * i, "b", "", 4_000 + 1_000L * i, 8_000 + 2_000L * i);
      labelled(OTHER, 11 + 10L * i, "p", "", 9_000L * i, 9_000L * i);
      outputs.update(volumes, Map.of(FRESH, 10L, OTHER, 10L), List.of());
      assertThat(outputs.problem(0.1)).isEmpty();
    }
    assertThat(outputs.undecided(0.1)).isEmpty();
  }

  /** At every second report a batch is not full. */
  private void waiting(long nanos, String run, int i) {
    long in = 100L * i;
    long waits = i % 2 == 0 ? 0 : 60;
    volumes.put(
        FRESH,
        ("{\"run\":\""
                + run
                + "\",\"balance\":{\"in\":"
                + in
                + ",\"waiting\":"
                + waits
                + "},\"by\":{\"service.name\":["
                + row("cart", "traces", in, in - waits)
                + "]}}")
            .getBytes(StandardCharsets.UTF_8),
        nanos);
  }

  /** The last agents have only the minute before to be compared with. */
  @Test
  void waitingItemsDoNotDelayARollout() {
    for (int i = 0; i < 8; i++) {
      waiting(1 + i, "a", i);
    }
    outputs.reach(volumes, FRESH);
    for (int i = 8; i < 18; i++) {
      waiting(11 + i, "b", i);
      update(10);
      assertThat(outputs.problem(0.1)).isEmpty();
    }
    assertThat(outputs.undecided(0.1)).isEmpty();
  }

  /** A signal of few reports, such as metrics of each minute, beside one of many. */
  @Test
  void signalWithFewEarlierReportsDelaysNoRollout() {
    for (int i = 0; i < 5; i++) {
      long metrics = i < 3 ? 0 : 100;
      String rows = row("cart", "logs", 100L * i, 100L * i) + ",";
      report(FRESH, 1 + i, rows + row("cart", "metrics", metrics, metrics));
    }
    outputs.reach(volumes, FRESH);
    for (int i = 5; i < 12; i++) {
      String rows = row("cart", "logs", 100L * i, 100L * i) + ",";
      report(FRESH, 11 + i, rows + row("cart", "metrics", 100L * i, 100L * i));
      update(10);
    }
    assertThat(outputs.undecided(0.1)).isEmpty();
    assertThat(outputs.problem(0.1)).isEmpty();
  }
}
