package dev.tethys.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.access.Selector;
import dev.tethys.control.api.AgentJson;
import dev.tethys.control.fleet.RecentMemory;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Guard;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.pipeline.opamp.PipelineAccounts.Exporter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Memory of agents and ages of their queues after a rollout reached them. */
class RolloutResourcesTest extends RolloutCase {
  private static final Guard MEMORY =
      new Guard(
          Duration.ofSeconds(15),
          Duration.ofSeconds(10),
          0.01,
          "",
          0,
          Duration.ofMinutes(5),
          0,
          0.5,
          Duration.ZERO);

  private static final Guard QUEUE =
      new Guard(
          Duration.ofSeconds(15),
          Duration.ofSeconds(10),
          0.01,
          "",
          0,
          Duration.ofMinutes(5),
          0,
          0,
          Duration.ofSeconds(30));

  private static final String DELIVERS =
      "\"exporters\":{\"otlp/b@logs\":{\"in\":%d,\"out\":%d,\"queued\":9%s}}";

  private long in = 1_000;

  /** A report with a figure of memory. */
  private void memory(int number, long mebibytes) {
    in += 10;
    clock.nanos += Duration.ofMillis(500).toNanos();
    String memory = mebibytes == 0 ? "" : ",\"memory\":" + (mebibytes << 20);
    agent(number, null, "{\"in\":%d%s}".formatted(in, memory));
  }

  /** A report of an agent whose queue has an age, a second after the last one; -1 for none. */
  private void queue(int number, long seconds) {
    in += 10;
    clock.nanos += Duration.ofMillis(500).toNanos();
    String age = seconds < 0 ? "" : ",\"oldestMillis\":" + 1_000 * seconds;
    agent(number, null, ("{\"in\":%d,\"out\":%d," + DELIVERS + "}").formatted(in, in, in, in, age));
  }

  @Test
  void growingMemoryUndoesTheRollout() throws IOException {
    for (int i = 0; i < 30; i++) {
      memory(0, 900 + 10 * (i % 3));
    }
    memory(1, 900);
    Rollout r = start(MEMORY);
    for (int i = 1; i < RecentMemory.LAST; i++) {
      memory(0, 1_400 + i);
      rollouts.step();
      assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    }
    memory(0, 1_500);
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason)
        .contains(
            "agent 00000000-0000-0000-0000-000000000000 needs 1401 MiB of memory with the version,"
                + " 910 MiB before it: 54 % more, at most 50 % are allowed");
    assertThat(r.reached).hasSize(1);
  }

  @Test
  void memoryBaselineSurvivesRestart() throws IOException {
    for (int i = 0; i < 30; i++) {
      memory(0, 900);
    }
    start(MEMORY);
    memory(0, 900);
    restart(Duration.ofSeconds(5));
    returns(0, "{\"in\":%d}".formatted(in));
    rollouts.step();
    for (int i = 0; i < 12; i++) {
      memory(0, 1_400);
    }
    rollouts.step();
    assertThat(first().stateReason).contains("needs 1400 MiB", "900 MiB before");
  }

  /** A heap that is collected each few seconds is above the limit most of the time. */
  @Test
  void doesNotUndoForAPeriodicallyCollectedHeap() throws IOException {
    for (int i = 0; i < 30; i++) {
      memory(0, 900);
    }
    Rollout r = start(MEMORY);
    for (int i = 0; i < 40; i++) {
      memory(0, i % 8 == 7 ? 1_000 : 1_600 + 100 * (i % 8));
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
    assertThat(r.notJudged).isEmpty();
  }

  @Test
  void smallProcessMayDouble() throws IOException {
    for (int i = 0; i < 30; i++) {
      memory(0, 100);
    }
    Rollout r = start(MEMORY);
    for (int i = 0; i < 40; i++) {
      memory(0, 300);
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void reportsAgentWithoutMemoryFiguresAsNotJudged() throws IOException {
    for (int i = 0; i < 30; i++) {
      memory(0, 0);
    }
    Rollout r = start(MEMORY);
    for (int i = 0; i < 40; i++) {
      memory(0, 0);
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
    assertThat(AgentJson.of(r, fleet, Selector.ALL).path("notJudged").path(0).asString(""))
        .isEqualTo(
            "memory of agent 00000000-0000-0000-0000-000000000000 not judged: no report has it");
  }

  @Test
  void agingQueuePausesAndUndoesTheRollout() throws IOException {
    queue(1, 0);
    for (int i = 0; i < 10; i++) {
      queue(0, 0);
    }
    Rollout r = start(QUEUE);
    queue(0, 0);
    rollouts.step();
    for (int i = 0; i < 60; i++) { // half of what comes is delivered
      queue(0, i / 4);
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.reached).as("the queue is 14s old").hasSize(1);
    assertThat(r.stateReason)
        .contains("the queue of exporter otlp/b@logs of agent", "becomes older", "waits for 14s");
    for (int i = 60; i < 126; i++) {
      queue(0, i / 4);
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason)
        .contains(
            "the oldest request in the queue of exporter otlp/b@logs of agent",
            "waits for 31s, at most 30s is allowed (maxQueueAge)");
    assertThat(r.reached).hasSize(1);
  }

  @Test
  void queueOfSteadyAgePasses() throws IOException {
    queue(0, 2);
    Rollout r = start(QUEUE);
    for (int i = 0; i < 60; i++) {
      queue(0, 3);
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
    assertThat(r.notJudged).isEmpty();
  }

  @Test
  void ignoresQueueThatWasOlderBefore() throws IOException {
    queue(0, 3_600);
    Rollout r = start(QUEUE);
    for (int i = 0; i < 80; i++) {
      queue(0, 3_500);
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
    assertThat(r.notJudged.getFirst())
        .contains("otlp/b@logs of agent", "it was above maxQueueAge before the version");
  }

  @Test
  void commonQueueAgePausesTheRollout() throws IOException {
    queue(0, 0);
    queue(1, 0);
    Rollout r = start(QUEUE);
    for (int i = 0; i < 400 && r.state == Rollout.State.RUNNING; i++) {
      queue(0, i);
      queue(1, i);
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.PAUSED);
    assertThat(r.stateReason).contains("agents without the version are late as well");
    assertThat(r.reached).hasSize(1);
  }

  @Test
  void reportsAgentWithoutQueueAgesAsNotJudged() throws IOException {
    queue(0, -1);
    Rollout r = start(QUEUE);
    for (int i = 0; i < 60; i++) {
      queue(0, -1);
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
    assertThat(r.notJudged)
        .containsExactly(
            "age of the queues of agent 00000000-0000-0000-0000-000000000000 not judged: no report"
                + " has it");
  }

  @Test
  void sumsFidelityChecksOverAgents() {
    String report =
        "{\"fidelity\":{\"vendor@logs\":{\"sent\":10,\"match\":%d,\"refused\":1},\"b@traces\":{\"sent\":1}}}";
    agent(0, null, report.formatted(7));
    agent(1, null, report.formatted(9));
    agent(2, null, "{\"in\":1}");
    assertThat(AgentJson.fidelity(fleet.agents(Selector.ALL)))
        .hasToString(
            "[{\"check\":\"b\",\"signal\":\"traces\",\"agents\":2,\"sent\":2},"
                + "{\"check\":\"vendor\",\"signal\":\"logs\",\"agents\":2,\"match\":16,\"refused\":2,\"sent\":20}]");
  }

  @Test
  void readsReportFigures() {
    Totals t =
        requireNonNull(
            Totals.read(
                "{\"memory\":7,\"exporters\":{\"a@logs\":{\"oldestMillis\":5},\"b@logs\":{}}}"
                    .getBytes(StandardCharsets.UTF_8)));
    assertThat(t.memory()).isEqualTo(7);
    assertThat(t.exporters()).extractingByKey("a@logs").returns(5L, Exporter::oldestMillis);
    assertThat(t.exporters()).extractingByKey("b@logs").returns(-1L, Exporter::oldestMillis);
  }
}
