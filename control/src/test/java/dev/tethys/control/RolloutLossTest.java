package dev.tethys.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.control.access.Actor;
import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.RecentAccounts;
import dev.tethys.control.rollout.Guard;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.RolloutStages;
import dev.tethys.control.rollout.RolloutState;
import dev.tethys.control.rollout.SilenceCheck;
import dev.tethys.control.versions.ConfigVersion;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Losses of an agent after a rollout reached it, with reports at chosen times. */
@Tag("slow")
class RolloutLossTest extends RolloutCase {
  @Test
  void countsLossesFromTheFirstReportAfterTheVersion() throws IOException {
    agent(null, null);
    Rollout r = start();
    agent(null, totals(10_000, 5_000)); // of the time before the version as well
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    agent(null, totals(11_000, 5_200));
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("lost 200 of 1000 items");
  }

  @Test
  void stageRequiresAReportAfterTheFirst() throws IOException {
    agent(null, null);
    Rollout r = start();
    agent(null, totals(10_000, 5_000));
    pass(Guard.DEFAULT.soak());
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    agent(null, totals(11_000, 5_000));
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void ignoresEarlierLossesOfAnAgent() throws IOException {
    agent(null, totals(10_000, 5_000));
    Rollout r = start();
    agent(null, totals(12_000, 6_000));
    pass(Guard.DEFAULT.soak());
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  private static String signals(long logs, long lostLogs, long metrics, long lostMetrics) {
    return "{\"in\":%d,\"dropped\":{\"filtered\":%d},\"signals\":{\"logs\":{\"in\":%d,\"dropped\":{\"filtered\":%d}},\"metrics\":{\"in\":%d,\"dropped\":{\"filtered\":%d}}}}"
        .formatted(logs + metrics, lostLogs + lostMetrics, logs, lostLogs, metrics, lostMetrics);
  }

  /** Half a percent of the items are logs: their loss is within what is allowed of the sum. */
  @Test
  void detectsLossOfALowVolumeSignal() throws IOException {
    agent(null, signals(50, 0, 10_000, 0));
    Rollout r = start();
    agent(null, signals(60, 10, 12_000, 0));
    rollouts.step();
    assertThat(r.state).as("10 of 10, which are few").isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("lost 10 of 10 log records (100.0 %), at most 1.0 %");
  }

  @Test
  void acceptsAnUnchangedLossOfASignal() throws IOException {
    agent(null, signals(100, 50, 10_000, 0));
    Rollout r = start();
    agent(null, signals(200, 100, 20_000, 0));
    pass(Guard.DEFAULT.soak());
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void lossesBySignalSurviveRestart() throws IOException {
    agent(null, signals(100, 50, 10_000, 0));
    start();
    agent(null, signals(120, 60, 10_010, 0));
    restart(Duration.ofSeconds(5));
    returns(0, signals(130, 65, 10_020, 0));
    rollouts.step();
    returns(0, signals(230, 115, 20_020, 0));
    pass(Guard.DEFAULT.soak());
    assertThat(first().state).isEqualTo(Rollout.State.DONE);
  }

  private static final Guard SHORT =
      new Guard(
          Duration.ofSeconds(3),
          Duration.ofSeconds(1),
          0.01,
          "",
          100,
          Duration.ofMinutes(2),
          0,
          0,
          Duration.ZERO);

  /** Agents wait for longer from attempt to attempt while the control plane is away. */
  @Test
  void doesNotUndoForLateAgentAfterRestart() throws IOException {
    agents(1, 1_000);
    start(SHORT);
    agent(null, totals(1_010, 0));
    restart(Duration.ofSeconds(18));
    assertThat(first().stateReason)
        .contains("has not connected since the control plane was started", "within 1m50s");
    pass(Duration.ofSeconds(20));
    assertThat(first().state).isEqualTo(Rollout.State.RUNNING);
    returns(0, totals(1_500, 0));
    rollouts.step();
    assertThat(first().stateReason).doesNotContain("has not connected");
    pass(Duration.ofSeconds(2));
    returns(0, totals(1_700, 0));
    rollouts.step();
    assertThat(first().state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void missingAgentPausesTheRolloutUntilAUserContinues() throws IOException {
    agents(1, 1_000);
    start(SHORT);
    restart(Duration.ofSeconds(18));
    agent(1, null, totals(2_000, 0)); // the only one that returns
    pass(SilenceCheck.RETURN);
    assertThat(first().state).isEqualTo(Rollout.State.RUNNING);
    pass(Duration.ofSeconds(1));
    assertThat(first().state).isEqualTo(Rollout.State.PAUSED);
    assertThat(first().stateReason).contains("has not connected", "resume continues without it");
    restart(Duration.ofSeconds(1)); // who is away is known after a restart as well
    agent(1, null, totals(2_000, 0));
    rollouts.resume(first().id, "me", "its machine is gone");
    rollouts.step();
    assertThat(first().state).isEqualTo(Rollout.State.RUNNING);
    assertThat(first().reached).as("the second agent is next").hasSize(2);
    restart(Duration.ofSeconds(1));
    returns(1, totals(2_100, 0));
    rollouts.step();
    pass(Duration.ofSeconds(2));
    returns(1, totals(2_300, 0));
    rollouts.step();
    assertThat(first().state).as("still without the first").isEqualTo(Rollout.State.DONE);
  }

  /** Two agents of a stage that has both, of which none returns after a restart. */
  private void pausedBySilence() throws IOException {
    agents(4, 1_000);
    start(SHORT);
    returns(0, totals(1_200, 0));
    rollouts.step();
    pass(Duration.ofSeconds(2));
    returns(0, totals(1_400, 0));
    rollouts.step();
    assertThat(first().reached).hasSize(3);
    restart(Duration.ofSeconds(18));
    pass(SilenceCheck.RETURN.plusSeconds(1));
    assertThat(first().state).isEqualTo(Rollout.State.PAUSED);
    assertThat(first().stateReason).contains("resumes by itself", "within 1h");
  }

  @Test
  void rolloutResumesWhenAllItsSilentAgentsReturn() throws IOException {
    pausedBySilence();
    returns(0, totals(1_500, 0));
    returns(1, totals(1_500, 0));
    pass(Duration.ofMinutes(30));
    assertThat(first().state).as("one is silent").isEqualTo(Rollout.State.PAUSED);
    restart(Duration.ofMinutes(10)); // the time of the pause is kept
    for (int i = 0; i < 3; i++) {
      returns(i, totals(1_600, 0));
    }
    rollouts.step();
    assertThat(first().state).isEqualTo(Rollout.State.RUNNING);
    assertThat(audit.latest(1, Long.MAX_VALUE, "").getFirst())
        .contains("rollout.resume", "all its agents have connected again", Actor.BY_GUARD.name());
    assertThat(first().reached).as("not before its stage is good").hasSize(3);
  }

  @Test
  void rolloutWithLateAgentsStaysPaused() throws IOException {
    pausedBySilence();
    clock.nanos += RolloutStages.RESUMES_WITHIN.toNanos();
    for (int i = 0; i < 3; i++) {
      returns(i, totals(1_600, 0));
    }
    pass(Duration.ofSeconds(1));
    assertThat(first().state).isEqualTo(Rollout.State.PAUSED);
  }

  @Test
  void userKeepsARolloutPausedThatWouldResume() throws IOException {
    pausedBySilence();
    rollouts.pause(first().id, "me", "not tonight");
    for (int i = 0; i < 3; i++) {
      returns(i, totals(1_600, 0));
    }
    pass(Duration.ofSeconds(1));
    assertThat(first().state).isEqualTo(Rollout.State.PAUSED);
    assertThat(first().stateReason).isEqualTo("not tonight");
    assertThatThrownBy(() -> rollouts.pause(first().id, "me", "again"))
        .hasMessageContaining("is paused");
  }

  @Test
  void rolloutPausedByAUserDoesNotResume() throws IOException {
    agents(2, 1_000);
    Rollout r = start(SHORT);
    rollouts.pause(r.id, "me", "wait");
    restart(Duration.ofSeconds(18));
    pass(SilenceCheck.RETURN.plusSeconds(1));
    returns(0, totals(1_600, 0));
    pass(Duration.ofSeconds(1));
    assertThat(first().state).isEqualTo(Rollout.State.PAUSED);
  }

  @Test
  void agentThatReturnsAndDisconnectsAgainUndoesTheRollout() throws IOException {
    agents(1, 1_000);
    start(SHORT);
    restart(Duration.ofSeconds(18));
    returns(0, totals(1_500, 0));
    rollouts.step();
    clock.nanos += Fleet.POLL_SILENCE.plusSeconds(1).toNanos();
    fleet.expire();
    rollouts.step();
    assertThat(first().state).isEqualTo(Rollout.State.RUNNING);
    pass(Duration.ofSeconds(4));
    assertThat(first().state).isEqualTo(Rollout.State.UNDONE);
    assertThat(first().stateReason).contains("disconnected after it was offered the version");
  }

  private static Guard guard(long minItems, Duration maxWait) {
    return new Guard(
        Duration.ofSeconds(15),
        Duration.ofSeconds(1),
        0.01,
        "",
        minItems,
        maxWait,
        0,
        0,
        Duration.ZERO);
  }

  private void agents(int n, long in) {
    for (int i = 0; i < n; i++) {
      agent(i, null, totals(in, 0));
    }
  }

  @Test
  void shortSoakStopsVersionThatDropsFewRecords() throws IOException {
    agents(5, 1_000);
    Rollout r = start(guard(100, Duration.ofMinutes(5)));
    agent(null, totals(1_004, 4)); // all are lost, and are too few to say so
    pass(Duration.ofSeconds(2));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.reached).hasSize(1);
    assertThat(r.stateReason).contains("have taken 4 items", "100 are required");
    agent(null, totals(1_006, 6));
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("lost 6 of 6 items");
    assertThat(r.reached).hasSize(1);
  }

  @Test
  void stageWithTooFewItemsPausesUntilAUserDecides() throws IOException {
    agents(2, 1_000);
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, totals(1_010, 0));
    pass(Duration.ofSeconds(29));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    pass(Duration.ofSeconds(1));
    assertThat(r.state).isEqualTo(Rollout.State.PAUSED);
    assertThat(r.stateReason).contains("have taken 10 items", "after 30s (maxWait)");
    assertThat(r.reached).hasSize(1);
    rollouts.resume(r.id, "me", "few logs at night");
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.reached).hasSize(2);
  }

  @Test
  void pauseByAUserDoesNotPassAStageWithTooFewItems() throws IOException {
    agents(2, 1_000);
    Rollout r = start(guard(100, Duration.ofMinutes(5)));
    agent(null, totals(1_010, 0));
    rollouts.pause(r.id, "guard", ""); // whatever the user is named
    rollouts.resume(r.id, "me", "");
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(1);
  }

  @Test
  void stageContinuesAfterEnoughItems() throws IOException {
    agents(2, 1_000);
    Rollout r = start(guard(100, Duration.ofMinutes(5)));
    agent(null, totals(1_099, 0));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(1);
    agent(null, totals(1_100, 0));
    rollouts.step();
    assertThat(r.reached).hasSize(2);
    assertThat(r.stateReason).isEmpty();
  }

  @Test
  void userDecisionAndWaitSurviveRestart() throws IOException {
    agents(2, 1_000);
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, totals(1_010, 0));
    pass(Duration.ofSeconds(30));
    assertThat(r.state).isEqualTo(Rollout.State.PAUSED);
    Rollout read =
        new RolloutState(folder.resolve("rollouts.json")).load(clock.nanos()).rollouts().getFirst();
    assertThat(read.pausedByGuard).isTrue();
    assertThat(read.guard).isEqualTo(r.guard);
    assertThat(read.state).isEqualTo(Rollout.State.PAUSED);
  }

  @Test
  void findsLossesOfTheWholeStage() throws IOException {
    agents(3, 1_000);
    Rollout r = start(guard(10, Duration.ofMinutes(5)));
    agent(null, totals(1_010, 0));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(3);
    ConfigVersion v = requireNonNull(store.find("edge", 1));
    for (int i = 1; i < 3; i++) {
      agent(i, new RemoteStatus(v.hashBytes(), RemoteStatus.State.APPLIED, ""), null);
    }
    rollouts.step();
    for (int i = 1; i < 3; i++) {
      agent(i, null, totals(1_008, 3));
    }
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("the agents of the rollout lost 6 of 26 items");
  }

  /** A destination that fails for all is no fault of the version, and no reason to go on. */
  @Test
  void waitsOnLossesSharedByOtherAgents() throws IOException {
    agents(5, 1_000);
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    for (int i = 0; i < 5; i++) {
      agent(i, null, totals(1_200, 100));
    }
    pass(Duration.ofSeconds(2));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.reached).hasSize(1);
    assertThat(r.stateReason).contains("agents without the version lose 50.0 % more");
    pass(Duration.ofSeconds(30));
    assertThat(r.state).isEqualTo(Rollout.State.PAUSED);
  }

  @Test
  void oldLossesDoNotExcuseThoseOfTheVersion() throws IOException {
    agent(null, totals(10_000, 5_000));
    for (int i = 0; i < 4; i++) {
      clock.nanos += RecentAccounts.SPAN.toNanos();
      agent(null, totals(11_000 + 1_000 * i, 5_000));
    }
    Rollout r = start();
    agent(null, totals(15_000, 5_100));
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason)
        .contains("lost 100 of 1000 items (10.0 %), at most 1.0 %")
        .endsWith("; by reason: refused 100");
  }

  /** A bad version is often tried again at once, with too small a change. */
  @Test
  void lossesOfAnUndoneVersionDoNotExcuseTheNext() throws IOException {
    agent(null, totals(1_000, 0));
    clock.nanos += Duration.ofSeconds(30).toNanos();
    agent(null, totals(2_000, 0));
    Rollout bad = start();
    agent(null, totals(2_100, 60));
    rollouts.step();
    assertThat(bad.state).isEqualTo(Rollout.State.UNDONE);
    byte[] own = HexFormat.of().parseHex(AgentState.OWN);
    agent(new RemoteStatus(own, RemoteStatus.State.APPLIED, ""), totals(2_200, 110));
    agent(null, totals(2_300, 110));
    Rollout next = start();
    agent(null, totals(3_300, 140));
    rollouts.step();
    assertThat(next.stateReason).contains("lost 30 of 1000 items (3.0 %), at most 1.0 %");
    assertThat(next.state).isEqualTo(Rollout.State.UNDONE);
  }

  @Test
  void undoesVersionThatReceivesNothing() throws IOException {
    agent(null, totals(1_000, 0));
    clock.nanos += Duration.ofSeconds(30).toNanos();
    agent(null, totals(2_000, 0));
    Rollout r = start();
    pass(Duration.ofSeconds(14));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    pass(Duration.ofSeconds(1));
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("has taken no items", "33.3 a second");
  }

  /** A service manager starts it again at once, so that it is hardly ever away. */
  @Test
  void undoesVersionThatCrashesDespiteRestart() throws IOException {
    agents(5, 1_000);
    process(0, 1, totals(1_000, 0));
    Rollout r = start(guard(0, Duration.ofMinutes(5)));
    process(0, 1, totals(1_100, 0));
    pass(Duration.ofMillis(500));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    process(0, 2, totals(10, 0));
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("ended after it applied the version, and was started again");
    assertThat(r.reached).hasSize(1);
  }

  @Test
  void oneRestartAtAnEarlierStageIsNotAReason() throws IOException {
    agents(5, 1_000);
    process(0, 1, totals(1_000, 0));
    Rollout r = start(guard(0, Duration.ofMinutes(5)));
    process(0, 1, totals(1_100, 0));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(3);
    process(0, 2, totals(10, 0));
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    process(0, 3, totals(10, 0));
    rollouts.step();
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
  }

  private static String delivered(long in, long out, long queued) {
    return "{\"in\":" + in + ",\"out\":" + out + ",\"queued\":" + queued + "}";
  }

  private Rollout startWithDeliveries() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, delivered(1_000, 1_000, 0));
    }
    return start(guard(100, Duration.ofSeconds(30)));
  }

  @Test
  void undoesVersionThatDeliversNothing() throws IOException {
    Rollout r = startWithDeliveries();
    agent(null, delivered(1_300, 1_100, 200));
    pass(Duration.ofSeconds(2));
    agent(null, delivered(1_600, 1_100, 500));
    pass(Duration.ofSeconds(19));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    pass(Duration.ofSeconds(1));
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("no item delivered", "took 600 items", "within 20s");
    assertThat(r.reached).hasSize(1);
  }

  /** As tail sampling does until its decision. */
  @Test
  void allowsTimeForVersionThatHoldsItemsOnPurpose() throws IOException {
    holds = Duration.ofSeconds(30);
    agent(0, null, delivered(1_000, 1_000, 0));
    agent(1, null, delivered(1_000, 1_000, 0));
    Rollout r = start(guard(100, Duration.ofMinutes(5)));
    agent(null, delivered(1_300, 1_000, 0));
    pass(Duration.ofSeconds(2));
    agent(null, delivered(1_600, 1_000, 0));
    pass(Duration.ofSeconds(49));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    pass(Duration.ofSeconds(1));
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("within 50s");
  }

  /** What came last has had no time to be delivered. */
  @Test
  void itemsAfterASilenceAreNotAReasonToUndo() throws IOException {
    agent(0, null, delivered(1_000, 1_000, 0));
    agent(1, null, delivered(1_000, 1_000, 0));
    Rollout r = start(guard(100, Duration.ofMinutes(5)));
    agent(null, delivered(1_000, 1_000, 0));
    pass(Duration.ofSeconds(40));
    agent(null, delivered(1_300, 1_000, 300));
    pass(Duration.ofSeconds(1));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    agent(null, delivered(1_300, 1_300, 0));
    pass(Duration.ofSeconds(19));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
  }

  @Test
  void doesNotBlameTheVersionForACommonDestinationFailure() throws IOException {
    Rollout r = startWithDeliveries();
    for (int i = 1; i < 16; i++) {
      for (int a = 0; a < 2; a++) {
        agent(a, null, delivered(1_000 + 100 * i, 1_000, 100 * i));
      }
      pass(Duration.ofSeconds(2));
    }
    assertThat(r.state).isEqualTo(Rollout.State.PAUSED);
    assertThat(r.stateReason).contains("no item delivered", "maxWait");
  }

  @Test
  void doesNotBlameTheVersionForAnEarlierOutage() throws IOException {
    String away =
        "{\"in\":%d,\"out\":500,\"exporters\":{\"otlp@logs\":{\"in\":%d,\"out\":500,\"queued\":%d,\"oldestMillis\":%d}}}";
    agent(0, null, away.formatted(1_000, 1_000, 500, 60_000));
    Rollout r = start(guard(100, Duration.ofSeconds(40)));
    for (int i = 1; i < 20; i++) {
      int n = 1_000 + 100 * i;
      agent(null, away.formatted(n, n, n - 500, 60_000 + 2_000 * i));
      pass(Duration.ofSeconds(2));
    }
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.stateReason).contains("no item delivered");
  }

  /**
   * Only agents can read the version, so that it is unknown for how long it holds items. The first
   * report has deliveries of the previous version, which was replaced meanwhile.
   */
  @Test
  void versionThatIsNotReadHereIsPausedAfterTheLongestWaitWhereItDeliversNothing()
      throws IOException {
    holds = null;
    Rollout r = startWithDeliveries();
    agent(null, delivered(1_300, 1_100, 200));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(1);
    assertThat(r.stateReason).contains("no item delivered", "took 300 items", "200 are queued");
    agent(null, delivered(1_600, 1_100, 500));
    pass(Duration.ofSeconds(27));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.reached).hasSize(1);
    pass(Duration.ofSeconds(1));
    assertThat(r.state).isEqualTo(Rollout.State.PAUSED);
    assertThat(r.stateReason).contains("no item delivered", "500 are queued or in flight", "30s");
    rollouts.resume(r.id, "me", "the destination is slow");
    rollouts.step();
    assertThat(r.reached).hasSize(2);
    rollouts.step();
    assertThat(r.stateReason).as("accepted for the first agent").doesNotContain("no item");
  }

  /** Totals with two exporters, of which each takes all items. */
  private static String both(long in, long ofA, long ofB) {
    return ("{\"in\":%d,\"out\":%d,\"queued\":%d,\"exporters\":{"
            + "\"otlp/a@logs\":{\"in\":%d,\"out\":%d,\"queued\":%d},"
            + "\"otlp/b@logs\":{\"in\":%d,\"out\":%d,\"queued\":%d}}}")
        .formatted(in, ofA + ofB, 2 * in - ofA - ofB, in, ofA, in - ofA, in, ofB, in - ofB);
  }

  @Test
  void pausesIfOneOfTwoDestinationsStopsReceiving() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, both(1_000, 1_000, 1_000));
    }
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, both(1_300, 1_300, 1_000));
    pass(Duration.ofSeconds(2));
    agent(null, both(1_600, 1_600, 1_000));
    rollouts.step();
    assertThat(r.reached).hasSize(1);
    assertThat(r.stateReason)
        .contains(
            "no item delivered", "exporter otlp/b@logs of agent", "took 600 items", "600 are");
    pass(Duration.ofSeconds(28));
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("exporter otlp/b@logs");
    assertThat(r.reached).hasSize(1);
  }

  /** The agent ends what the version before had, whose destination does not respond. */
  @Test
  void allowsTimeForAnAgentApplyingAFormerOffer() throws IOException {
    agent(null, totals(1_000, 0));
    ConfigVersion v =
        store.add(
            "edge", "text", new ConfigVersion.Author("me", ""), "", "valid", 0, (x, before) -> {});
    RemoteStatus former = new RemoteStatus(new byte[] {1}, RemoteStatus.State.APPLYING, "");
    agent(former, null);
    Rollout r =
        rollouts.start("edge", v.number(), Selector.ALL, Guard.DEFAULT, Actor.user("me"), "");
    for (int i = 0; i < 6; i++) {
      pass(Duration.ofSeconds(10));
    }
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.stateReason).contains("still ends components of its former configuration");
    agent(new RemoteStatus(new byte[] {1}, RemoteStatus.State.APPLIED, ""), null);
    pass(Duration.ofSeconds(14));
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    pass(Duration.ofSeconds(2));
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("did not report that it applied the version");
  }

  @Test
  void doesNotWaitForAnAgentStuckOnAFormerOffer() throws IOException {
    agent(new RemoteStatus(new byte[] {1}, RemoteStatus.State.APPLYING, ""), totals(1_000, 0));
    ConfigVersion v =
        store.add(
            "edge", "text", new ConfigVersion.Author("me", ""), "", "valid", 0, (x, before) -> {});
    Rollout r =
        rollouts.start("edge", v.number(), Selector.ALL, Guard.DEFAULT, Actor.user("me"), "");
    for (int i = 0; i < 10; i++) {
      pass(Duration.ofSeconds(10));
    }
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
  }

  /** A report may be of the moment between a receiver and the second of its exporters. */
  @Test
  void ignoresItemsMissingFromTheSecondDestination() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, both(1_000, 1_000, 1_000));
    }
    Rollout r = start(guard(100, Duration.ofSeconds(40)));
    agent(null, both(1_000, 1_000, 1_000));
    rollouts.step();
    agent(
        null,
        """
        {"in":1300,"out":2300,"queued":0,"exporters":{
         "otlp/a@logs":{"in":1300,"out":1300,"queued":0},
         "otlp/b@logs":{"in":1000,"out":1000,"queued":0}}}\
        """);
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(1);
    assertThat(r.stateReason).contains("exporter otlp/b@logs has delivered nothing yet");
    agent(null, both(1_600, 1_600, 1_000));
    rollouts.step();
    pass(Duration.ofSeconds(28));
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.reached).hasSize(1);
  }

  private static String logsAndTraces(long logs, long traces, long deliveredTraces) {
    return """
    {"in":%d,"out":%d,"queued":0,
     "signals":{"logs":{"in":%d,"dropped":{}},"traces":{"in":%d,"dropped":{}}},
     "exporters":{"otlp@logs":{"in":%d,"out":%d,"queued":0},
                  "otlp@traces":{"in":%d,"out":%d,"queued":0}}}\
    """
        .formatted(
            logs + traces,
            logs + deliveredTraces,
            logs,
            traces,
            logs,
            logs,
            deliveredTraces,
            deliveredTraces);
  }

  /** A processor, such as one that groups spans, holds them before any exporter. */
  @Test
  void signalHeldByAProcessorStopsTheRollout() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, logsAndTraces(1_000, 500, 500));
    }
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, logsAndTraces(1_300, 600, 500));
    pass(Duration.ofSeconds(2));
    agent(null, logsAndTraces(1_600, 700, 500));
    pass(Duration.ofSeconds(28));
    assertThat(r.reached).hasSize(1);
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason)
        .contains("no item of traces delivered", "took 200 items; 0 are queued", "before them");
  }

  private static String refused(long in, long returned) {
    return "{\"in\":%d,\"out\":%d,\"returned\":%d}".formatted(in, in - returned, returned);
  }

  /** As with a limit of memory that is too low: nothing is lost while sources try again. */
  @Test
  void increasedRejectionsStopTheRollout() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, refused(1_000, 100));
    }
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, refused(1_500, 150));
    rollouts.step();
    agent(null, refused(2_000, 400));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(1);
    pass(Duration.ofSeconds(28));
    assertThat(r.state).isEqualTo(Rollout.State.PAUSED);
    assertThat(r.stateReason)
        .contains("has refused 300 of 1000 items (30.0 %)", "before it 10.0 %", "maxWait");
    rollouts.resume(r.id, "me", "the sources have room");
    rollouts.step();
    assertThat(r.reached).hasSize(2);
  }

  @Test
  void undoesVersionThatKeepsRejectingMore() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, refused(1_000, 100));
    }
    Rollout r = start(guard(100, Duration.ofMinutes(5)));
    agent(null, refused(1_500, 150));
    rollouts.step();
    for (int i = 1; i < 6; i++) {
      agent(null, refused(1_500 + 100 * i, 150 + 50 * i));
      pass(Duration.ofSeconds(2));
      assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    }
    agent(null, refused(2_100, 450));
    pass(Duration.ofSeconds(2));
    assertThat(r.state).isEqualTo(Rollout.State.UNDONE);
    assertThat(r.stateReason).contains("has refused 350 of 1100 items", "before it 10.0 %");
    assertThat(r.reached).hasSize(1);
  }

  @Test
  void doesNotBlameTheVersionForCommonRejections() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, refused(1_000, 0));
    }
    Rollout r = start(guard(100, Duration.ofMinutes(5)));
    for (int i = 1; i < 20; i++) {
      agent(0, null, refused(1_000 + 100 * i, 50 * i));
      agent(1, null, refused(1_000 + 100 * i, 50 * i));
      pass(Duration.ofSeconds(2));
    }
    assertThat(r.state).isEqualTo(Rollout.State.RUNNING);
    assertThat(r.reached).hasSize(1);
    assertThat(r.stateReason).contains("has refused");
  }

  @Test
  void acceptsUnchangedRejectionRate() throws IOException {
    agent(null, refused(1_000, 100));
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, refused(2_000, 200));
    pass(Duration.ofSeconds(2));
    agent(null, refused(3_000, 300));
    pass(Duration.ofSeconds(2));
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void signalWithoutExportersNeedsNoDelivery() throws IOException {
    String onlyCounted =
        "{\"in\":%d,\"out\":%d,\"signals\":{\"logs\":{\"in\":%d,\"dropped\":{}},\"traces\":{\"in\":%d,\"dropped\":{}}},\"exporters\":{\"otlp@logs\":{\"in\":%d,\"out\":%d,\"queued\":0}}}";
    agent(null, onlyCounted.formatted(1_000, 1_000, 1_000, 0, 1_000, 1_000));
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    for (int i = 1; i < 3; i++) {
      int n = 1_000 + 500 * i;
      agent(null, onlyCounted.formatted(n + 500 * i, n, n, 500 * i, n, n));
      pass(Duration.ofSeconds(2));
    }
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }

  @Test
  void deliveryToBothDestinationsPassesTheStage() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, both(1_000, 1_000, 1_000));
    }
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, both(1_300, 1_300, 1_000));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(1);
    agent(null, both(1_400, 1_400, 1_100));
    rollouts.step();
    assertThat(r.reached).hasSize(2);
  }

  /** Accounts may come between the change at the agent and its message that it was applied. */
  @Test
  void newDestinationThatTookItemsBeforeTheVersionWasReportedAppliedMustDeliver()
      throws IOException {
    String one =
        "{\"in\":%d,\"out\":%d,\"exporters\":{\"otlp/a@logs\":{\"in\":%d,\"out\":%d,\"queued\":0}}}";
    for (int i = 0; i < 2; i++) {
      agent(i, null, one.formatted(1_000, 1_000, 1_000, 1_000));
    }
    ConfigVersion v =
        store.add(
            "edge", "text", new ConfigVersion.Author("me", ""), "", "valid", 0, (x, before) -> {});
    Rollout r =
        rollouts.start(
            "edge",
            v.number(),
            Selector.ALL,
            guard(20, Duration.ofSeconds(30)),
            Actor.user("me"),
            "");
    String withB =
        both(1_010, 1_010, 0).replace("\"otlp/b@logs\":{\"in\":1010", "\"otlp/b@logs\":{\"in\":10");
    agent(null, withB);
    agent(new RemoteStatus(v.hashBytes(), RemoteStatus.State.APPLIED, ""), null);
    rollouts.step();
    agent(null, both(1_100, 1_100, 0));
    pass(Duration.ofSeconds(2));
    agent(null, both(1_200, 1_200, 0));
    rollouts.step();
    assertThat(r.reached).hasSize(1);
    assertThat(r.stateReason).contains("no item delivered", "exporter otlp/b@logs of agent");
  }

  @Test
  void destinationThatNeverDeliveredIsNotAReason() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, both(1_000, 1_000, 0));
    }
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, both(1_300, 1_100, 0));
    pass(Duration.ofSeconds(2));
    agent(null, both(1_400, 1_400, 0));
    rollouts.step();
    assertThat(r.reached).hasSize(2);
  }

  @Test
  void stageContinuesWhenTheFirstItemsAreDelivered() throws IOException {
    Rollout r = startWithDeliveries();
    agent(null, delivered(1_300, 1_000, 300));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(1);
    agent(null, delivered(1_400, 1_200, 200));
    rollouts.step();
    assertThat(r.reached).hasSize(2);
  }

  @Test
  void itemsDeliveredBeforeTheFirstReportSuffice() throws IOException {
    Rollout r = startWithDeliveries();
    agent(null, delivered(1_300, 1_300, 0));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(1);
    agent(null, delivered(1_300, 1_300, 0));
    rollouts.step();
    assertThat(r.reached).hasSize(2);
  }

  /** A version may drop all: what it drops is judged as lost, and not as undelivered. */
  @Test
  void droppableItemsAreNotUndelivered() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, delivered(1_000, 1_000, 0));
    }
    Rollout r =
        start(
            new Guard(
                Duration.ofSeconds(15),
                Duration.ZERO,
                1,
                "",
                100,
                Duration.ofMinutes(5),
                0,
                0,
                Duration.ZERO));
    String dropped = "{\"in\":%d,\"out\":1000,\"dropped\":{\"filtered\":%d}}";
    agent(null, dropped.formatted(1_300, 300));
    pass(Duration.ofSeconds(2));
    agent(null, dropped.formatted(1_600, 600));
    rollouts.step();
    assertThat(r.stateReason).isEmpty();
    assertThat(r.reached).hasSize(2);
  }

  @Test
  void comparesAgentWithoutDeliveriesWithOthers() throws IOException {
    agent(0, null, delivered(0, 0, 0));
    agent(1, null, delivered(1_000, 1_000, 0));
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, delivered(150, 0, 150));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(1);
    assertThat(r.stateReason).contains("no item delivered");
  }

  @Test
  void doesNotDelayAFleetThatDeliversNothing() throws IOException {
    for (int i = 0; i < 2; i++) {
      agent(i, null, delivered(1_000, 0, 0));
    }
    Rollout r = start(guard(100, Duration.ofSeconds(30)));
    agent(null, delivered(1_300, 0, 0));
    pass(Duration.ofSeconds(2));
    assertThat(r.reached).hasSize(2);
  }
}
