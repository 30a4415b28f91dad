package dev.tethys.control;

import static java.util.Objects.requireNonNull;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.control.access.Actor;
import dev.tethys.control.access.Selector;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.rollout.Guard;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.RolloutState;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Packages;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.AgentContract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Rollouts to agents that report at chosen times. */
public abstract class RolloutCase {
  public static final class Clock implements Scheduler {
    public long nanos;

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

  @TempDir Path folder;
  public final Clock clock = new Clock();
  public Fleet fleet = new Fleet(clock, 10);
  public ConfigStore store;
  public AuditLog audit;
  public Rollouts rollouts;

  /** Time for which the version holds items; null if it is unknown. */
  @Nullable Duration holds = Duration.ZERO;

  public final Map<Integer, Long> sequences = new HashMap<>();

  @BeforeEach
  public void open() throws IOException {
    store = new ConfigStore(folder.resolve("configurations.jsonl"));
    audit = new AuditLog(folder.resolve("audit.jsonl"), InstantSource.system());
    restart();
  }

  /** Starts the control plane, with the rollouts of its folder and no agents. */
  public final void restart() throws IOException {
    fleet = new Fleet(clock, 10);
    rollouts =
        new Rollouts(
            clock,
            fleet,
            store,
            audit,
            new RolloutState(folder.resolve("rollouts.json")),
            null,
            new Packages(folder),
            v -> holds);
  }

  @AfterEach
  public void close() throws IOException {
    audit.close();
    store.close();
  }

  public void agent(@Nullable RemoteStatus remote, @Nullable String totals) {
    agent(0, remote, totals);
  }

  public void agent(int number, @Nullable RemoteStatus remote, @Nullable String totals) {
    agent(number, remote, totals, null);
  }

  public void process(int number, long start, @Nullable String totals) {
    agent(number, null, totals, new ComponentHealth(true, start, "", "StatusOK", 0, Map.of()));
  }

  public void agent(
      int number,
      @Nullable RemoteStatus remote,
      @Nullable String totals,
      @Nullable ComponentHealth health) {
    byte[] uid = new byte[16];
    uid[15] = (byte) number;
    CustomMessage accounts =
        totals == null
            ? null
            : new CustomMessage(
                AgentContract.ACCOUNTS,
                AgentContract.TOTALS,
                totals.getBytes(StandardCharsets.UTF_8));
    fleet.receive(
        new AgentToServer(
            uid,
            sequences.merge(number, 1L, Long::sum),
            Capability.ACCEPTS_REMOTE_CONFIG | Capability.REPORTS_REMOTE_CONFIG,
            new Description(new LinkedHashMap<>(), new LinkedHashMap<>()),
            health,
            null,
            null,
            false,
            remote,
            false,
            accounts),
        "http",
        null);
  }

  public static String totals(long in, long dropped) {
    return "{\"in\":" + in + ",\"dropped\":{\"refused\":" + dropped + "}}";
  }

  public Rollout start() throws IOException {
    return start(Guard.DEFAULT);
  }

  public Rollout start(Guard guard) throws IOException {
    ConfigVersion v =
        store.add(
            "edge", "text", new ConfigVersion.Author("me", ""), "", "valid", 0, (x, before) -> {});
    Rollout r = rollouts.start("edge", v.number(), Selector.ALL, guard, Actor.user("me"), "");
    agent(new RemoteStatus(v.hashBytes(), RemoteStatus.State.APPLIED, ""), null);
    rollouts.step();
    return r;
  }

  public void pass(Duration time) {
    clock.nanos += time.toNanos();
    rollouts.step();
  }

  public void restart(Duration away) throws IOException {
    clock.nanos += away.toNanos();
    restart();
    rollouts.step();
  }

  public Rollout first() {
    return rollouts.read((all, assignments) -> all.getFirst());
  }

  public void returns(int number, String totals) {
    ConfigVersion v = requireNonNull(store.find("edge", 1));
    agent(number, new RemoteStatus(v.hashBytes(), RemoteStatus.State.APPLIED, ""), totals);
  }
}
