package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.extension.opamp.PipelineAccounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Losses of an agent after a rollout reached it, with reports at chosen times. */
class RolloutLossTest {
  private static final class Clock implements Scheduler {
    private long nanos;

    @Override
    public long millis() {
      return nanos / 1_000_000;
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void execute(String name, Runnable task) {
      throw new AssertionError("nothing runs beside the test");
    }

    @Override
    public Timer schedule(Duration after, Runnable task) {
      throw new AssertionError("nothing runs beside the test");
    }
  }

  private static final byte[] UID = new byte[16];

  @TempDir private Path folder;
  private final Clock clock = new Clock();
  private final Fleet fleet = new Fleet(clock, 10);
  private ConfigStore store;
  private AuditLog audit;
  private Rollouts rollouts;
  private long sequence;

  @BeforeEach
  void open() throws IOException {
    store = new ConfigStore(folder.resolve("configurations.jsonl"));
    audit = new AuditLog(folder.resolve("audit.jsonl"), InstantSource.system());
    rollouts =
        new Rollouts(
            clock,
            fleet,
            store,
            audit,
            new RolloutState(folder.resolve("rollouts.json")),
            null,
            new Packages(folder));
  }

  @AfterEach
  void close() throws IOException {
    audit.close();
    store.close();
  }

  private void agent(@Nullable RemoteStatus remote, @Nullable String totals) {
    CustomMessage accounts =
        totals == null
            ? null
            : new CustomMessage(
                PipelineAccounts.CAPABILITY,
                PipelineAccounts.TYPE,
                totals.getBytes(StandardCharsets.UTF_8));
    fleet.receive(
        new AgentToServer(
            UID,
            sequence++,
            Capability.ACCEPTS_REMOTE_CONFIG | Capability.REPORTS_REMOTE_CONFIG,
            new Description(new LinkedHashMap<>(), new LinkedHashMap<>()),
            null,
            null,
            null,
            false,
            remote,
            false,
            accounts),
        "http",
        null);
  }

  private static String totals(long in, long dropped) {
    return "{\"in\":" + in + ",\"dropped\":{\"refused\":" + dropped + "}}";
  }

  private Rollout start() throws IOException {
    ConfigVersion v = store.add("edge", "text", "me", "", "valid", 0);
    Rollout r = rollouts.start("edge", v.number(), Selector.ALL, Guard.DEFAULT, "me", "");
    agent(new RemoteStatus(v.hashBytes(), RemoteStatus.State.APPLIED, ""), null);
    rollouts.step();
    return r;
  }

  private void pass(Duration time) {
    clock.nanos += time.toNanos();
    rollouts.step();
  }

  @Test
  void firstReportAfterTheVersionIsWhatLossesCountFrom() throws IOException {
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
  void stageDoesNotPassWithoutAReportAfterTheFirst() throws IOException {
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
  void earlierLossesOfAnAgentAreNoProblem() throws IOException {
    agent(null, totals(10_000, 5_000));
    Rollout r = start();
    agent(null, totals(12_000, 6_000));
    pass(Guard.DEFAULT.soak());
    assertThat(r.state).isEqualTo(Rollout.State.DONE);
  }
}
