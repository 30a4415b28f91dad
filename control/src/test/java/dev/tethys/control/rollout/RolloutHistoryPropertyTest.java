package dev.tethys.control.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.control.access.Actor;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.versions.AgentVersions;
import dev.tethys.control.versions.AgentVersions.Wanted;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Packages;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.AgentContract;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random sequences of rollouts, undos, failures, restarts of the control plane, and agents that
 * join, leave and change their labels, against a model: of the rollouts that stand, the last one
 * holds.
 */
@Tag("slow")
class RolloutHistoryPropertyTest {
  private static final int VERSIONS = 6;
  private static final int ZONES = 3;
  private static final Guard GUARD =
      new Guard(
          Duration.ofSeconds(15),
          Duration.ZERO,
          1,
          "",
          0,
          Duration.ofMinutes(5),
          0,
          0,
          Duration.ZERO);

  private static final class Clock implements Scheduler {
    private long nanos = 1;

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

  /** Agent with what it runs: a version, 0 for its own configuration, -1 for none. */
  private static final class Agent {
    private final UUID uid;
    private final boolean hasOwn;
    private int zone;
    private boolean connected = true;
    private byte[] hash = {};
    private RemoteStatus.State state = RemoteStatus.State.UNSET;
    private int runs;
    private long sequence;

    private Agent(int n, boolean hasOwn, int zone) {
      this.uid = new UUID(0, n);
      this.hasOwn = hasOwn;
      this.zone = zone;
      this.runs = hasOwn ? 0 : -1;
    }
  }

  /** Rollout as the model sees it. */
  private static final class Modelled {
    private final long id;
    private final int version;
    private final int zone; // -1 for all
    private boolean stands = true;
    private boolean done;
    private final Set<UUID> given = new HashSet<>();

    private Modelled(long id, int version, int zone) {
      this.id = id;
      this.version = version;
      this.zone = zone;
    }
  }

  @TempDir private Path folder;
  private final Clock clock = new Clock();

  @SuppressWarnings("NullAway.Init") // each seed has its own
  private Fleet fleet;

  @SuppressWarnings("NullAway.Init") // each seed has its own
  private ConfigStore store;

  @SuppressWarnings("NullAway.Init") // each seed has its own
  private AuditLog audit;

  @SuppressWarnings("NullAway.Init") // each seed has its own
  private Rollouts rollouts;

  private final List<Agent> agents = new ArrayList<>();
  private final List<Modelled> model = new ArrayList<>(); // in the order in which they were done
  private final List<String> steps = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // each seed has its own
  private Random random;

  private void open(Path in) throws IOException {
    fleet = new Fleet(clock, 100);
    store = new ConfigStore(in.resolve("configurations.jsonl"));
    audit = new AuditLog(in.resolve("audit.jsonl"), InstantSource.system());
    rollouts =
        new Rollouts(
            clock,
            fleet,
            store,
            audit,
            new RolloutState(in.resolve("rollouts.json")),
            null,
            new Packages(in),
            v -> null);
  }

  private void close() throws IOException {
    audit.close();
    store.close();
  }

  private void report(Agent a, boolean leaves) {
    TreeMap<String, String> labels = new TreeMap<>();
    labels.put("zone", "z" + a.zone);
    byte[] uid = new byte[16];
    uid[15] = (byte) a.uid.getLeastSignificantBits();
    fleet.receive(
        new AgentToServer(
            uid,
            a.sequence++,
            Capability.ACCEPTS_REMOTE_CONFIG | Capability.REPORTS_REMOTE_CONFIG,
            new Description(new LinkedHashMap<>(), labels),
            null,
            null,
            null,
            leaves,
            new RemoteStatus(a.hash, a.state, ""),
            false,
            null,
            null,
            a.hasOwn ? List.of(AgentContract.OWN_CONFIGURATION) : List.of()),
        "http",
        null);
  }

  private @Nullable AgentState state(Agent a) {
    return fleet.agent(a.uid);
  }

  /** Gives each agent its offer, which it applies. */
  private void deliver() {
    for (Agent a : agents) {
      AgentState s = state(a);
      if (!a.connected || s == null) {
        continue;
      }
      Wanted w = rollouts.offered(s);
      String hash = w.hash();
      if (hash == null || hash.equals(s.remoteHash())) {
        continue;
      }
      ConfigVersion v = w.version();
      if (v == null && s.remoteHash().isEmpty()) {
        continue; // it never had another one
      }
      a.hash = java.util.HexFormat.of().parseHex(hash);
      boolean fails = v != null && v.text().startsWith("bad");
      a.state = fails ? RemoteStatus.State.FAILED : RemoteStatus.State.APPLIED;
      if (!fails) {
        a.runs = v == null ? a.hasOwn ? 0 : -1 : v.number();
      }
      report(a, false);
    }
  }

  /** Time for agents and stages, until no rollout moves on. */
  private void settle() {
    for (int i = 0; i < 5; i++) {
      deliver();
      rollouts.step();
      deliver();
      clock.nanos += Duration.ofSeconds(6).toNanos();
      rollouts.step();
      rollouts.read(
          (all, assignments) -> {
            for (Rollout r : all) {
              follow(r);
            }
            return all;
          });
    }
    deliver();
    rollouts.step();
  }

  private void follow(Rollout r) {
    Modelled m = model.stream().filter(x -> x.id == r.id).findFirst().orElseThrow();
    m.given.addAll(r.reached.keySet());
    if (r.state == Rollout.State.DONE && !m.done) {
      m.done = true;
      model.remove(m);
      model.add(m);
    }
    if (r.state == Rollout.State.UNDONE && r.endedBy == Actor.Cause.GUARD) {
      m.stands = false;
    }
  }

  /** What an agent runs by the model, which notes that it was given it. */
  private int expected(Agent a) {
    for (Modelled m : model) {
      if (m.stands && !m.done && m.given.contains(a.uid)) {
        return m.version;
      }
    }
    Modelled found = null;
    for (Modelled m : model.reversed()) {
      boolean matches = m.zone < 0 || m.zone == a.zone;
      if (m.stands && m.done && matches) {
        found = m;
        break;
      }
    }
    for (Modelled m : model.reversed()) {
      if (found == null && m.stands && m.done && m.given.contains(a.uid)) {
        found = m;
      }
    }
    if (found != null) {
      found.given.add(a.uid);
      return found.version;
    }
    return a.hasOwn ? 0 : a.runs; // without one of its own it keeps the last
  }

  private void check() {
    for (Agent a : agents) {
      if (a.connected) {
        int wanted = expected(a);
        assertThat(a.runs).as(() -> "agent " + a.uid + " after " + steps).isEqualTo(wanted);
        AgentState s = state(a);
        if (s != null && !a.hasOwn && a.runs > 0 && !steps.isEmpty()) {
          assertThat(rollouts.wanted(s).kind())
              .as(() -> "agent " + a.uid + " after " + steps)
              .isIn(AgentVersions.Kind.VERSION, AgentVersions.Kind.KEPT);
        }
      }
    }
  }

  private void step() throws IOException {
    int zone = random.nextInt(ZONES);
    switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> {
        int version = 1 + random.nextInt(VERSIONS);
        int to = random.nextInt(3) == 0 ? -1 : zone;
        try {
          Rollout r =
              rollouts.start(
                  "edge",
                  version,
                  to < 0 ? Selector.ALL : Selector.parse("zone=z" + to),
                  GUARD,
                  Actor.user("me"),
                  "");
          model.add(new Modelled(r.id, version, to));
          steps.add(r.id + ": v" + version + " to " + to);
          if (random.nextInt(4) == 0) {
            deliver();
            rollouts.step();
            follow(r);
            if (r.state == Rollout.State.RUNNING) {
              rollouts.pause(r.id, "me", "");
              steps.add("pause " + r.id);
            }
          }
        } catch (ConflictException e) { // no agent, or one that is paused
          steps.add("refused: " + e.getMessage());
        }
      }
      case 4, 5, 6 -> {
        List<Modelled> standing = model.stream().filter(m -> m.stands).toList();
        if (!standing.isEmpty()) {
          Modelled m = standing.get(random.nextInt(standing.size()));
          rollouts.undo(m.id, Actor.user("me"), "");
          m.stands = false;
          steps.add("undo " + m.id);
        }
      }
      case 7 -> {
        steps.add("restart");
        close();
        open(folder.resolve("s"));
        for (Agent a : agents) {
          if (a.connected) {
            report(a, false);
          }
        }
      }
      case 8 -> {
        if (agents.size() < 12) {
          Agent a = new Agent(agents.size() + 1, random.nextInt(3) > 0, zone);
          agents.add(a);
          report(a, false);
          steps.add("join " + a.uid.getLeastSignificantBits() + " in " + zone);
        }
      }
      default -> {
        Agent a = agents.get(random.nextInt(agents.size()));
        if (!a.connected || random.nextBoolean()) {
          a.connected = true;
          a.zone = zone;
          report(a, false);
          steps.add("agent " + a.uid.getLeastSignificantBits() + " is in " + zone);
        } else {
          a.connected = false;
          report(a, true);
          steps.add("agent " + a.uid.getLeastSignificantBits() + " leaves");
        }
      }
    }
  }

  private void run(int seed) throws IOException {
    random = new Random(seed);
    Path in = java.nio.file.Files.createDirectory(folder.resolve("s"));
    open(in);
    for (int v = 1; v <= VERSIONS; v++) {
      String text = v == VERSIONS ? "bad" : "text " + v;
      store.add(
          "edge", text, new ConfigVersion.Author("me", ""), "", "valid", 0, (x, before) -> {});
    }
    for (int i = 1; i <= 5; i++) {
      Agent a = new Agent(i, i != 3, i % ZONES);
      agents.add(a);
      report(a, false);
    }
    for (int i = 0; i < 40; i++) {
      step();
      settle();
      check();
    }
    close();
  }

  @Test
  void agentsRunTheVersionOfTheLastActiveRollout() throws IOException {
    for (int seed = 0; seed < 100; seed++) {
      agents.clear();
      model.clear();
      steps.clear();
      steps.add("seed " + seed);
      run(seed);
      try (var all = java.nio.file.Files.walk(folder.resolve("s"))) {
        all.sorted(java.util.Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
      }
    }
  }
}
