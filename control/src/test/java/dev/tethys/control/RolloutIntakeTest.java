package dev.tethys.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.control.access.Selector;
import dev.tethys.control.api.AgentJson;
import dev.tethys.control.rollout.Guard;
import dev.tethys.control.rollout.Rollout;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Guard of what agents take: of each by itself, by signal and by receiver. */
class RolloutIntakeTest extends RolloutCase {
  private static final Guard GUARD =
      new Guard(
          Duration.ofSeconds(15),
          Duration.ZERO,
          0.01,
          "",
          0,
          Duration.ofMinutes(5),
          0,
          0,
          Duration.ZERO);

  private static String accounts(long logs, long spans, long zipkin) {
    long in = logs + spans + zipkin;
    return """
        {"in":%d,"out":%d,"signals":{"logs":{"in":%d},"traces":{"in":%d}},\
        "receivers":{"otlp@logs":%d,"otlp@traces":%d,"zipkin@traces":%d}}"""
        .formatted(in, in, logs, spans + zipkin, logs, spans, zipkin);
  }

  private long logs;
  private long spans;
  private long zipkin;

  /** Reports of some agents, one each 5 s, with items in a second since the previous one. */
  private void run(int agents, int seconds, int ofLogs, int ofSpans, int ofZipkin) {
    for (int i = 0; i < seconds / 5; i++) {
      logs += 5L * ofLogs;
      spans += 5L * ofSpans;
      zipkin += 5L * ofZipkin;
      clock.nanos += Duration.ofSeconds(5).toNanos();
      for (int a = 0; a < agents; a++) {
        agent(a, null, accounts(logs, spans, zipkin));
      }
      rollouts.step();
    }
  }

  @Test
  void undoesIfALowVolumeSignalStops() throws IOException {
    run(1, 60, 50, 3, 0);
    Rollout r = start(GUARD);
    run(1, 10, 50, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.stateReason).contains("is compared with that before the version over 15s");
    run(1, 10, 50, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason)
        .contains("has taken 0 spans within 15s with the version (-100.0 %)", "3.0 a second");
    assertThat(AgentJson.of(r, fleet, Selector.ALL).at("/outputs/rows/0").toString())
        .contains("\"signal\":\"traces\"", "\"items\":0", "\"vanished\":true");
  }

  @Test
  void undoesIfAnAgentStopsReceiving() throws IOException {
    run(1, 60, 2, 1, 0);
    Rollout r = start(GUARD);
    run(1, 20, 0, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("has taken 0 items within 15s");
  }

  @Test
  void undoesIfOneOfTwoReceiversOfASignalStops() throws IOException {
    run(1, 60, 5, 10, 10);
    Rollout r = start(GUARD);
    run(1, 20, 5, 10, 0);
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("has taken 0 spans by receiver zipkin");
  }

  @Test
  void doesNotMissReceiverWhoseItemsMoved() throws IOException {
    run(1, 60, 5, 10, 10);
    Rollout r = start(GUARD);
    run(1, 20, 5, 20, 0);
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void undoesIfASignalStopsAtARecentlyStartedAgent() throws IOException {
    run(1, 20, 50, 3, 0);
    Rollout r = start(GUARD);
    run(1, 20, 50, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    run(1, 15, 50, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("has taken 0 spans");
  }

  @Test
  void undoesIfASignalStopsSoonAfterAnotherVersion() throws IOException {
    run(1, 60, 50, 3, 0);
    agent(new RemoteStatus(new byte[] {1}, RemoteStatus.State.APPLIED, ""), null);
    run(1, 5, 50, 3, 0);
    Rollout r = start(GUARD);
    run(1, 10, 50, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    run(1, 20, 50, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("has taken 0 spans");
  }

  @Test
  void noStageEndsBeforeTheWindow() throws IOException {
    run(1, 60, 5, 5, 0);
    Rollout r = start(GUARD);
    run(1, 10, 5, 5, 0);
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    run(1, 5, 5, 5, 0);
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  /** Of the first agent all is well; the second loses its items while others take theirs. */
  @Test
  void undoesIfOneOfSeveralAgentsReceivesNothing() throws IOException {
    run(5, 60, 4, 0, 0);
    Rollout r = start(GUARD);
    run(5, 20, 4, 0, 0);
    assertThat(r.stage).isEqualTo(1);
    String bad = accounts(logs, spans, zipkin);
    RemoteStatus has =
        new RemoteStatus(
            requireNonNull(store.find("edge", 1)).hashBytes(), RemoteStatus.State.APPLIED, "");
    agent(1, has, null);
    agent(2, has, null);
    rollouts.step();
    for (int i = 0; i < 4; i++) {
      logs += 20;
      clock.nanos += Duration.ofSeconds(5).toNanos();
      for (int a = 0; a < 5; a++) {
        agent(a, null, a == 1 ? bad : accounts(logs, spans, zipkin));
      }
      rollouts.step();
    }
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("-000000000001 has taken 0", "-100.0 %");
  }

  @Test
  void detectsIntakeThatEndsLaterInTheStage() throws IOException {
    run(1, 60, 4, 4, 0);
    Rollout r =
        start(
            new Guard(
                Duration.ofSeconds(15),
                Duration.ofMinutes(2),
                0.01,
                "",
                0,
                Duration.ofMinutes(5),
                0,
                0,
                Duration.ZERO));
    run(1, 60, 4, 4, 0);
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    run(1, 20, 4, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
  }

  @Test
  void waitsForItemsThatArriveOnceAMinute() throws IOException {
    for (int i = 0; i < 4; i++) {
      run(1, 5, 10, 100, 0);
      run(1, 55, 10, 0, 0);
    }
    Rollout r = start(GUARD);
    run(1, 60, 10, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.stateReason).contains("has taken no spans", "yet with the version");
    run(1, 5, 10, 100, 0);
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void ignoresBurstBeforeTheVersion() throws IOException {
    run(1, 5, 10, 0, 0);
    run(1, 5, 10, 500, 0);
    run(1, 30, 10, 0, 0);
    Rollout r = start(GUARD);
    run(1, 40, 10, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void stageWaitsIfTrafficEndsForAllAgents() throws IOException {
    run(5, 60, 4, 4, 0);
    Rollout r = start(GUARD);
    run(5, 30, 4, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.stateReason).contains("agents without the version take less as well");
  }

  @Test
  void doesNotJudgeIntakeIfEverythingMayBeLost() throws IOException {
    run(1, 60, 4, 4, 0);
    Rollout r =
        start(
            new Guard(
                Duration.ofSeconds(15),
                Duration.ZERO,
                1,
                "",
                0,
                Duration.ofMinutes(5),
                0,
                0,
                Duration.ZERO));
    run(1, 20, 4, 0, 0);
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void usualIntakeSurvivesRestart() throws IOException {
    run(1, 60, 4, 4, 0);
    start(GUARD);
    run(1, 5, 4, 4, 0);
    restart(Duration.ofSeconds(1));
    returns(0, accounts(logs, spans, zipkin));
    rollouts.step();
    run(1, 25, 4, 0, 0);
    assertThat(first().state).isEqualTo(Rollout.State.UNDONE);
    assertThat(first().stateReason).contains("has taken 0 spans");
  }
}
