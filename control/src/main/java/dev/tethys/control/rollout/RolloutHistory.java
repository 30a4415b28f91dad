package dev.tethys.control.rollout;

import dev.tethys.control.access.Actor;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.rollout.Rollout.Assignment;
import dev.tethys.control.rollout.Rollout.Given;
import dev.tethys.control.rollout.Rollout.State;
import dev.tethys.control.versions.AgentVersions;
import dev.tethys.control.versions.AgentVersions.Held;
import dev.tethys.control.versions.AgentVersions.Target;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Packages;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * History of rollouts with their assignments and changes of state. Each change is in the audit log
 * and on disk before agents see it in {@link #configurations} and {@link #packages}, which never
 * change, so that no agent waits for a disk. everything else is guarded by the lock of {@link
 * Rollouts}.
 */
final class RolloutHistory {
  private static final System.Logger LOG = JulLogger.of(RolloutHistory.class.getName());

  /** Number of rollouts kept in addition to those whose versions are active. */
  private static final int MAX_KEPT = 200;

  private final Scheduler clock;
  private final Fleet fleet;
  private final ConfigStore store;
  private final Packages packages;
  private final AuditLog audit;
  private final RolloutState file;
  private final Map<Long, Rollout> rollouts = new TreeMap<>();
  private final Assignments assignments = new Assignments();
  private final Map<UUID, Given> bases = new HashMap<>();

  /** Versions of rollouts that are not kept. */
  private final Set<Given> forgotten = new LinkedHashSet<>();

  private long nextId;
  private volatile AgentVersions ofConfigurations = AgentVersions.NONE;
  private volatile AgentVersions ofPackages = AgentVersions.NONE;

  RolloutHistory(
      Scheduler clock,
      Fleet fleet,
      ConfigStore store,
      Packages packages,
      AuditLog audit,
      RolloutState file)
      throws IOException {
    this.clock = clock;
    this.fleet = fleet;
    this.store = store;
    this.packages = packages;
    this.audit = audit;
    this.file = file;
    RolloutState.Loaded loaded = file.load(clock.nanos());
    loaded.rollouts().forEach(r -> rollouts.put(r.id, r));
    assignments.load(loaded.assignments());
    bases.putAll(loaded.bases());
    forgotten.addAll(loaded.forgotten());
    nextId = loaded.nextId();
    publish();
  }

  /** Returns the configuration versions of the agents. */
  AgentVersions configurations() {
    return ofConfigurations;
  }

  /** Packages of agents; the hash of an offer is {@link Rollout#offerHash}. */
  AgentVersions packages() {
    return ofPackages;
  }

  @Nullable ConfigVersion find(String configuration, int version) {
    return configuration.startsWith(Packages.PREFIX)
        ? packages.version(configuration.substring(Packages.PREFIX.length()), version)
        : store.find(configuration, version);
  }

  /** Rollouts in the order in which they began. */
  List<Rollout> all() {
    return List.copyOf(rollouts.values());
  }

  /** Returns the versions assigned to selectors. */
  Assignments assignments() {
    return assignments;
  }

  /** Returns a rollout; null if none. */
  @Nullable Rollout get(long id) {
    return rollouts.get(id);
  }

  long nextId() {
    return nextId;
  }

  /** Returns the active rollout of a configuration; null if none. */
  @Nullable Rollout active(String configuration) {
    for (Rollout r : rollouts.values()) {
      if (r.state.isActive() && r.configuration.equals(configuration)) {
        return r;
      }
    }
    return null;
  }

  /** Returns the active rollout that has reached an agent; null if none. */
  @Nullable Rollout activeOf(UUID uid) {
    for (Rollout r : rollouts.values()) {
      if (r.state.isActive() && r.reached.containsKey(uid)) {
        return r;
      }
    }
    return null;
  }

  /** Adds a rollout that has begun. */
  void add(Rollout r) throws IOException {
    audit.append(
        r.author,
        "rollout.start",
        "rollout/" + r.id,
        r.reason,
        Map.of("version", r.before == null ? "" : r.before.version() + ""),
        Map.of(
            "configuration",
            r.configuration,
            "version",
            r.version + "",
            "selector",
            r.selector.toString()));
    nextId = Math.max(nextId, r.id + 1);
    rollouts.put(r.id, r);
    try {
      save();
    } catch (IOException e) {
      rollouts.remove(r.id);
      throw e;
    }
  }

  /** Records the version that an agent runs before its first rollout. */
  void noteBase(AgentState a) {
    noteBase(a.uid(), AgentVersions.base(a, store, ofConfigurations));
  }

  private void noteBase(UUID uid, @Nullable ConfigVersion base) {
    if (base != null) {
      bases.put(uid, new Given(base.name(), base.number()));
    }
  }

  /** Records that a completed rollout gave an agent its version because its labels match. */
  boolean noteJoined(UUID uid, long rollout, @Nullable ConfigVersion base) {
    Rollout r = rollouts.get(rollout);
    if (r == null || r.state != State.DONE || r.reached.containsKey(uid)) {
      return false;
    }
    noteBase(uid, r.isPackage() ? null : base);
    return r.joined.add(uid);
  }

  /** Pauses or resumes a rollout. */
  void change(Rollout r, State to, String actor, String reason, boolean byGuard)
      throws IOException {
    audit.append(
        actor,
        to == State.PAUSED ? "rollout.pause" : "rollout.resume",
        "rollout/" + r.id,
        reason,
        Map.of("state", r.state.word()),
        Map.of("state", to.word()));
    r.state = to;
    r.stateReason = reason;
    r.pausedByGuard = byGuard;
    r.pausedBySilence = false;
    save();
  }

  /** Ends a rollout, or undoes one that has ended. */
  void end(Rollout r, State state, Actor by, String reason) throws IOException {
    audit.append(
        by.name(),
        "rollout." + state.word(),
        "rollout/" + r.id,
        reason,
        Map.of("state", r.state.word()),
        Map.of("state", state.word(), "agents", r.reached.size() + ""));
    set(r, state, by, reason);
    if (state == State.DONE) {
      assignments.add(new Assignment(r.configuration, r.version, r.selector, r.id));
    }
    forgetOld();
    save();
    LOG.log(
        state == State.UNDONE ? Level.WARNING : Level.INFO,
        "Rollout ended rollout={0} state={1} agents={2} reason=\"{3}\"",
        Long.toString(r.id),
        state.word(),
        r.reached.size(),
        reason);
    fleet.wakeAll();
  }

  /** Ends a rollout even if the disk rejects the entry: agents must not keep its version. */
  void endInMemory(Rollout r, State state, Actor by, String reason) {
    set(r, state, by, reason);
    publish();
    fleet.wakeAll();
  }

  private void set(Rollout r, State state, Actor by, String reason) {
    r.state = state;
    r.stateReason = reason;
    r.endedMillis = clock.millis();
    r.endedBy = by.cause();
    r.outputs.finish();
    if (state != State.DONE) {
      assignments.forget(r.id);
    }
  }

  /** Makes an assignment the latest one, with a version of the same text. */
  void renew(Assignment a, int version) {
    assignments.remove(a);
    assignments.add(new Assignment(a.configuration(), version, a.selector(), a.rollout()));
    Rollout r = rollouts.get(a.rollout());
    if (r == null) {
      forgotten.add(new Given(a.configuration(), a.version()));
    } else {
      r.versions.add(a.version());
      r.versions.add(version);
    }
  }

  /**
   * Removes all assignments of a configuration, and the record of the versions that agents ran
   * before its rollouts.
   */
  void withdraw(String configuration) {
    assignments
        .of(configuration)
        .forEach(a -> forgotten.add(new Given(configuration, a.version())));
    assignments.remove(configuration);
    bases.values().removeIf(b -> b.configuration().equals(configuration));
  }

  private void forgetOld() {
    Set<Long> kept = new HashSet<>();
    assignments.visible().forEach(a -> kept.add(a.rollout()));
    kept.addAll(undoneByUsers());
    boolean any = false;
    while (rollouts.size() > MAX_KEPT) {
      Rollout oldest = null;
      for (Rollout r : rollouts.values()) {
        if (!r.state.isActive() && !kept.contains(r.id)) {
          oldest = r;
          break;
        }
      }
      if (oldest == null) {
        break;
      }
      Rollout gone = oldest;
      rollouts.remove(gone.id);
      assignments.forget(gone.id);
      if (!gone.isPackage()) {
        gone.versions.forEach(v -> forgotten.add(new Given(gone.configuration, v)));
      }
      any = true;
    }
    if (any) {
      Set<UUID> known = new HashSet<>();
      rollouts
          .values()
          .forEach(
              r -> {
                known.addAll(r.reached.keySet());
                known.addAll(r.joined);
              });
      bases.keySet().retainAll(known);
    }
  }

  /**
   * Returns the last rollouts of latest versions that were ended by users: no rule rolls these out
   * again.
   */
  private Collection<Long> undoneByUsers() {
    Map<String, Long> out = new HashMap<>();
    for (Rollout r : rollouts.values()) {
      if (!r.state.stands()
          && r.endedBy == Actor.Cause.USER
          && !r.isPackage()
          && store.versions(r.configuration).size() == r.version) {
        out.put(r.configuration, r.id);
      }
    }
    return out.values();
  }

  void save() throws IOException {
    file.save(
        new RolloutState.Loaded(
            nextId, all(), assignments.all(), Map.copyOf(bases), List.copyOf(forgotten)));
    publish();
  }

  private void publish() {
    ofConfigurations = view(false);
    ofPackages = view(true);
  }

  private AgentVersions view(boolean isPackage) {
    Map<UUID, Target> active = new HashMap<>();
    Map<String, Target> gave = new HashMap<>();
    Set<String> undone = new HashSet<>();
    if (!isPackage) {
      for (Given g : forgotten) {
        ConfigVersion v = find(g.configuration(), g.version());
        if (v != null) {
          gave.put(v.hash(), new Target(v, 0));
          undone.add(v.hash());
        }
      }
    }
    for (Rollout r : rollouts.values()) {
      ConfigVersion v = find(r.configuration, r.version);
      if (v == null || r.isPackage() != isPackage) {
        continue;
      }
      if (r.state.isActive()) {
        Target t = new Target(v, r.id);
        r.reached.keySet().forEach(uid -> active.put(uid, t));
      }
      for (int number : r.versions) {
        ConfigVersion given = find(r.configuration, number);
        if (given != null) {
          String hash = isPackage ? Rollout.offerHash(given, r.id) : given.hash();
          Target t = new Target(given, r.id);
          if (r.state.stands()) {
            gave.putIfAbsent(hash, t);
          } else {
            gave.put(hash, t);
            undone.add(hash);
          }
        }
      }
    }
    Map<UUID, Target> reached = new HashMap<>();
    for (Assignment a : assignments.all()) {
      ConfigVersion v = find(a.configuration(), a.version());
      Rollout r = rollouts.get(a.rollout());
      if (v != null && r != null && r.isPackage() == isPackage) {
        Target t = new Target(v, r.id);
        r.reached.keySet().forEach(uid -> reached.put(uid, t));
        r.joined.forEach(uid -> reached.put(uid, t));
      }
    }
    List<Held> held = new ArrayList<>();
    for (Assignment a : assignments.visible()) {
      ConfigVersion v = find(a.configuration(), a.version());
      if (v != null && a.configuration().startsWith(Packages.PREFIX) == isPackage) {
        held.add(new Held(a.selector(), new Target(v, a.rollout())));
      }
    }
    Map<UUID, ConfigVersion> before = new HashMap<>();
    if (!isPackage) {
      bases.forEach(
          (uid, b) -> {
            ConfigVersion v = find(b.configuration(), b.version());
            if (v != null) {
              before.put(uid, v);
            }
          });
    }
    return new AgentVersions(active, held, reached, before, gave, undone);
  }

  /** Identifiers of active rollouts that agents are in. */
  Set<Long> keeping(List<AgentState> agents) {
    Set<Long> out = new TreeSet<>();
    for (AgentState a : agents) {
      Rollout r = a.connected() ? activeOf(a.uid()) : null;
      if (r != null) {
        out.add(r.id);
      }
    }
    return out;
  }
}
