package dev.tethys.control.rollout;

import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.control.access.Actor;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.rollout.Rollout.Assignment;
import dev.tethys.control.rollout.Rollout.State;
import dev.tethys.control.versions.AgentVersions;
import dev.tethys.control.versions.AgentVersions.Target;
import dev.tethys.control.versions.AgentVersions.Wanted;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Packages;
import dev.tethys.control.versions.VersionHolds;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Commands for rollouts, and the resulting versions of agents, see {@link AgentVersions}. All state
 * is guarded by this.
 */
public final class Rollouts {
  private static final System.Logger LOG = JulLogger.of(Rollouts.class.getName());

  private static final int MAX_ACTIVE = 50;

  /** Assignments of one configuration that hold, each for other agents. */
  private static final int MAX_SELECTORS = 100;

  private final LimitedLog failures = new LimitedLog(LOG);
  private final Scheduler clock;
  private final Fleet fleet;
  private final ConfigStore store;
  private final AuditLog audit;
  private final RolloutHistory history;
  private final RolloutStages stages;

  /**
   * Agent that receives the version of a rollout because of its labels.
   *
   * @param base its previous version; null if unknown, or from a rollout
   */
  private record Joining(long rollout, @Nullable ConfigVersion base) {}

  /** Agents recorded by the next step. */
  private final Map<UUID, Joining> joining = new ConcurrentHashMap<>();

  /**
   * Reads the rollouts of a file.
   *
   * @param queries PromQL queries for guards; null without a Prometheus
   * @param holds times for which versions hold items on purpose
   */
  public Rollouts(
      Scheduler clock,
      Fleet fleet,
      ConfigStore store,
      AuditLog audit,
      RolloutState file,
      @Nullable GuardQueries queries,
      Packages packages,
      VersionHolds holds)
      throws IOException {
    this.clock = clock;
    this.fleet = fleet;
    this.store = store;
    this.audit = audit;
    history = new RolloutHistory(clock, fleet, store, packages, audit, file);
    stages = new RolloutStages(clock, fleet, history, queries, holds);
  }

  /**
   * Starts a rollout.
   *
   * @throws NotFoundException if there is no such version
   * @throws ConflictException if the configuration is being rolled out, or no agent matches
   */
  public synchronized Rollout start(
      String configuration,
      int version,
      Selector selector,
      Guard guard,
      Actor author,
      String reason)
      throws IOException {
    if (history.find(configuration, version) == null) {
      throw store.notFound(configuration, version);
    }
    Rollout other = history.active(configuration);
    if (other != null) {
      throw new ConflictException(
          "rollout "
              + other.id
              + " of configuration "
              + configuration
              + " is "
              + other.state.word()
              + "; cancel it first");
    }
    long active = history.all().stream().filter(r -> r.state.isActive()).count();
    if (active >= MAX_ACTIVE) {
      throw new ConflictException("there are " + active + " active rollouts, the limit");
    }
    List<Assignment> hold = history.assignments().visible(configuration);
    if (hold.size() >= MAX_SELECTORS
        && hold.stream().noneMatch(a -> a.selector().isWithin(selector))) {
      throw new ConflictException(
          "versions of configuration "
              + configuration
              + " hold for "
              + hold.size()
              + " selectors, the limit; roll one out to all of their agents");
    }
    noteJoined();
    Rollout r =
        new Rollout(
            history.nextId(),
            configuration,
            version,
            selector,
            guard,
            author,
            reason,
            clock.millis(),
            history.assignments().latest(configuration));
    List<UUID> first = stages.reachNext(r);
    if (first.isEmpty()) {
      throw none(r);
    }
    history.add(r);
    fleet.wake(first);
    return r;
  }

  /** Explains why a rollout reaches no agent. */
  private ConflictException none(Rollout r) {
    Set<Long> keeping = history.keeping(fleet.agents(r.selector));
    return new ConflictException(
        keeping.isEmpty()
            ? "no connected agent that accepts "
                + (r.isPackage() ? "packages" : "configurations")
                + " matches \""
                + r.selector
                + "\""
            : "all agents of \""
                + r.selector
                + "\" are in rollout "
                + keeping.stream().map(String::valueOf).collect(Collectors.joining(", "))
                + ", which is active; wait until it ends or cancel it");
  }

  /** Returns the version an agent should run, or the kind of another configuration. */
  public Wanted wanted(AgentState a) {
    return history.configurations().wanted(a);
  }

  /** Returns the version to offer, which delivers it to the agent. */
  public Wanted offered(AgentState a) {
    AgentVersions now = history.configurations();
    join(now, a);
    return now.wanted(a);
  }

  private void join(AgentVersions now, AgentState a) {
    long rollout = now.unnoted(a);
    if (rollout > 0) {
      joining.compute(
          a.uid(),
          (uid, was) ->
              new Joining(rollout, was == null ? AgentVersions.base(a, store, now) : was.base));
    }
  }

  /** Returns the package for an agent; null if none. */
  public @Nullable Target offeredPackage(AgentState a) {
    AgentVersions now = history.packages();
    join(now, a);
    return now.given(a);
  }

  /** Whether agents with an offer of packages return to their own version. */
  public boolean isReleasedPackage(String offerHash) {
    return history.packages().gave().containsKey(offerHash);
  }

  /** Records which agents received a version because of their labels. */
  private void noteJoined() {
    boolean any = false;
    for (Map.Entry<UUID, Joining> e : joining.entrySet()) {
      Joining j = e.getValue();
      any |= history.noteJoined(e.getKey(), j.rollout, j.base);
      joining.remove(e.getKey(), j);
    }
    if (any) {
      try {
        history.save();
      } catch (IOException e) { // they are in memory, and on disk with the next change
        failures.failure(Level.ERROR, "Agents of rollouts not noted", "rollouts", e);
      }
    }
  }

  /** Returns the versions reported by the agents of an assignment. */
  public Holding holding(Assignment of) {
    AgentVersions now = history.configurations();
    ConfigVersion wanted = history.find(of.configuration(), of.version());
    Map<String, Integer> others = new TreeMap<>();
    int agents = 0;
    int running = 0;
    int late = 0;
    int failed = 0;
    for (AgentState a : fleet.agents(of.selector())) {
      Target t = a.acceptsConfiguration() ? now.given(a) : null;
      if (t == null || wanted == null) {
        continue;
      }
      agents++;
      if (!t.version().hash().equals(wanted.hash())) {
        others.merge(
            t.version().name() + "/" + t.version().number() + " by rollout " + t.rollout(),
            1,
            Integer::sum);
      } else if (a.connected()) {
        boolean answered = wanted.hash().equals(a.configHash());
        if (answered && a.configState() == RemoteStatus.State.APPLIED) {
          running++;
        } else if (answered && a.configState() == RemoteStatus.State.FAILED) {
          failed++;
        } else {
          late++;
        }
      }
    }
    return new Holding(of.selector(), agents, running, late, failed, others);
  }

  /** Whether agents have a version, or are to have it. */
  public synchronized boolean uses(String configuration, int version) {
    Rollout active = history.active(configuration);
    return active != null && active.version == version
        || history.assignments().visible(configuration).stream()
            .anyMatch(a -> a.version() == version);
  }

  /** Checks all active rollouts, and moves those on whose stage has passed. */
  public synchronized void step() {
    noteJoined();
    stages.step();
  }

  /**
   * Stops a rollout from reaching further agents; its guard stays in force. One that is paused
   * until silent agents return stays paused when they do.
   */
  public synchronized Rollout pause(long id, String actor, String reason) throws IOException {
    State from = get(id).pausedBySilence ? State.PAUSED : State.RUNNING;
    return change(id, from, State.PAUSED, actor, reason);
  }

  public synchronized Rollout resume(long id, String actor, String reason) throws IOException {
    Rollout r = get(id);
    if (r.pausedBySilence) {
      r.reached.values().forEach(x -> x.excused |= !x.heard);
    } else if (r.pausedByGuard) {
      r.acceptedStage = r.stage; // the user decided what the guard could not
    }
    return change(id, State.PAUSED, State.RUNNING, actor, reason);
  }

  private Rollout change(long id, State from, State to, String actor, String reason)
      throws IOException {
    Rollout r = get(id);
    if (r.state != from) {
      throw new ConflictException("rollout " + id + " is " + r.state.word());
    }
    history.change(r, to, actor, reason, false);
    return r;
  }

  /** Ends an active rollout; the agents that it reached return to their previous version. */
  public synchronized Rollout cancel(long id, Actor actor, String reason) throws IOException {
    Rollout r = get(id);
    if (!r.state.isActive()) {
      throw new ConflictException("rollout " + id + " is " + r.state.word());
    }
    history.end(r, State.CANCELLED, actor, reason);
    return r;
  }

  /**
   * Undoes a rollout, in any order with others: each of its agents gets the version that {@link
   * AgentVersions} determines without it.
   */
  public synchronized Rollout undo(long id, Actor actor, String reason) throws IOException {
    Rollout r = get(id);
    if (!r.state.stands()) {
      throw new ConflictException("rollout " + id + " is " + r.state.word() + " already");
    }
    noteJoined();
    history.end(r, State.UNDONE, actor, reason);
    return r;
  }

  /** Returns the known agents with the version of a rollout. */
  public synchronized List<AgentState> agents(Rollout r) {
    List<AgentState> out = new ArrayList<>();
    List<UUID> uids = new ArrayList<>(r.reached.keySet());
    uids.addAll(r.joined);
    for (UUID uid : uids) {
      AgentState a = fleet.agent(uid);
      if (a != null) {
        out.add(a);
      }
    }
    return out;
  }

  /**
   * Assigns a version to agents without stages if its text equals their current or a previous
   * version, because that text has already been rolled out to them. A rollback reaches all agents
   * in one step, as with {@link #undo}. An active rollout that the new version replaces is undone
   * before.
   *
   * @param own rollout that the same source started last; one of another source is not replaced
   * @return rollout by which the agents got the text; null if a rollout is required
   */
  public synchronized @Nullable Long adopt(
      String configuration, int version, Selector selector, long own, Actor actor, String reason)
      throws IOException {
    ConfigVersion wanted = history.find(configuration, version);
    if (wanted == null) {
      return null;
    }
    Rollout active = history.active(configuration);
    if (active != null) {
      if (active.id != own) {
        return null;
      }
      history.end(active, State.UNDONE, actor, "replaced: " + reason);
    }
    for (Assignment a : history.assignments().of(configuration)) {
      ConfigVersion v = history.find(configuration, a.version());
      if (v != null
          && v.text().equals(wanted.text())
          && a.selector().toString().equals(selector.toString())) {
        give(a, version, own, actor, reason);
        return a.rollout();
      }
    }
    return null;
  }

  /**
   * Makes an assignment the latest again, and undoes later ones of its configuration: those of the
   * same source, and those whose agents are a subset or a superset of its agents.
   */
  private void give(Assignment a, int version, long own, Actor actor, String reason)
      throws IOException {
    List<Assignment> replaced = new ArrayList<>(); // the latest first
    for (Assignment x : history.assignments().of(a.configuration())) {
      if (x.equals(a)) {
        break;
      }
      if (x.rollout() == own
          || x.selector().isWithin(a.selector())
          || a.selector().isWithin(x.selector())) {
        replaced.add(x);
      }
    }
    if (replaced.isEmpty() && a.version() == version) {
      return;
    }
    if (replaced.isEmpty()) {
      audit.append(
          actor.name(),
          "configuration.adopt",
          "configuration/" + a.configuration() + "/" + version,
          reason,
          Map.of("version", a.version() + ""),
          Map.of("version", version + ""));
    }
    history.renew(a, version);
    for (Assignment x : replaced) {
      Rollout r = history.get(x.rollout());
      if (r == null) {
        history.assignments().remove(x);
      } else if (r.state == State.DONE) {
        history.end(r, State.UNDONE, actor, reason);
      }
    }
    history.save();
    fleet.wakeAll();
  }

  /** Returns the author of a version; "" if there is none. */
  public String author(String configuration, int version) {
    ConfigVersion v = history.find(configuration, version);
    return v == null ? "" : v.author();
  }

  /** Returns the reason given for a version; "" if there is none. */
  public String reason(String configuration, int version) {
    ConfigVersion v = history.find(configuration, version);
    return v == null ? "" : v.reason();
  }

  /**
   * Removes the assignments of a configuration: agents that run one of its versions return to their
   * configuration without it.
   */
  public synchronized void withdraw(String configuration, Actor actor, String reason)
      throws IOException {
    Assignment assigned = history.assignments().latest(configuration);
    audit.append(
        actor.name(),
        "configuration.withdraw",
        "configuration/" + configuration,
        reason,
        Map.of("version", assigned == null ? "" : assigned.version() + ""),
        Map.of("version", ""));
    noteJoined();
    history.withdraw(configuration);
    for (Rollout r : history.all()) {
      if (!r.configuration.equals(configuration)) {
        continue;
      }
      if (r.state.isActive()) {
        history.end(r, State.CANCELLED, actor, reason);
      } else if (r.state == State.DONE) {
        r.state = State.UNDONE;
        r.stateReason = reason;
        r.endedBy = actor.cause();
      }
    }
    history.save();
    fleet.wakeAll();
  }

  /**
   * Returns the reason why the guard rejected a version; "" if it did not, or agents applied it
   * later.
   */
  public synchronized String rejection(String configuration, int version) {
    String out = "";
    for (Rollout r : history.all()) {
      if (r.configuration.equals(configuration) && r.version == version) {
        if (r.endedBy == Actor.Cause.GUARD) {
          out = "the guard has undone it in rollout " + r.id + ": " + r.stateReason;
        } else if (r.state == State.DONE) {
          out = "";
        }
      }
    }
    return out;
  }

  /**
   * Returns the reason why no rule may roll out a version: a user undid it. "" if none did, or one
   * has rolled it out since then.
   */
  public synchronized String refusal(String configuration, int version) {
    Rollout undone = null;
    for (Rollout r : history.all()) {
      boolean ended = r.state == State.UNDONE || r.state == State.CANCELLED;
      if (r.configuration.equals(configuration)
          && r.version == version
          && ended
          && r.endedBy == Actor.Cause.USER
          && (undone == null || r.endedMillis >= undone.endedMillis)) {
        undone = r;
      }
    }
    if (undone == null) {
      return "";
    }
    for (Rollout r : history.all()) {
      if (r.configuration.equals(configuration)
          && r.version == version
          && r.startedBy == Actor.Cause.USER
          && r.id > undone.id
          && r.startedMillis >= undone.endedMillis) {
        return "";
      }
    }
    return "a user has "
        + undone.state.word()
        + " rollout "
        + undone.id
        + " of version "
        + version
        + " of "
        + configuration
        + (undone.stateReason.isEmpty() ? "" : " (" + undone.stateReason + ")");
  }

  /**
   * Returns the reason why a version is not used unless it is named: the guard or a user undid it,
   * and no user selected it later. "" for a version that may be used, such as one whose rollout was
   * only cancelled: that is how a user changes the agents or the guard of a rollout.
   */
  public synchronized String undone(String configuration, int version) {
    String rejected = rejection(configuration, version);
    boolean byUser =
        history.all().stream()
            .anyMatch(
                r ->
                    r.configuration.equals(configuration)
                        && r.version == version
                        && r.state == State.UNDONE
                        && r.endedBy == Actor.Cause.USER);
    return !rejected.isEmpty() || !byUser ? rejected : refusal(configuration, version);
  }

  /**
   * Returns the last rollout of a version that is not used unless it is named, see {@link
   * #undone(String, int)}; null for a version that may be used.
   */
  public synchronized @Nullable Rollout lastUndone(String configuration, int version) {
    if (undone(configuration, version).isEmpty()) {
      return null;
    }
    Rollout out = null;
    for (Rollout r : history.all()) {
      boolean is = r.configuration.equals(configuration) && r.version == version;
      boolean judged = r.endedBy == Actor.Cause.GUARD || r.endedBy == Actor.Cause.USER;
      out = is && judged && !r.state.stands() ? r : out;
    }
    return out;
  }

  /**
   * Whether a rollout delivered a version.
   *
   * @param id 0 if none
   */
  public synchronized boolean gave(long id, String configuration, int version) {
    Rollout r = history.get(id);
    return r != null && r.configuration.equals(configuration) && r.version == version;
  }

  /**
   * Returns the versions that were rolled back, each with the reason given by {@link
   * #undone(String, int)}.
   */
  public synchronized Map<Integer, String> undone(String configuration) {
    Map<Integer, String> out = new TreeMap<>();
    for (Rollout r : history.all()) {
      if (r.configuration.equals(configuration)
          && !r.state.stands()
          && !out.containsKey(r.version)) {
        String why = undone(configuration, r.version);
        if (!why.isEmpty()) {
          out.put(r.version, why);
        }
      }
    }
    return out;
  }

  /** Whether guards with a query can be checked. */
  public boolean hasQueries() {
    return stages.hasQueries();
  }

  /**
   * Returns the selectors for which versions of a configuration are active; empty if none is
   * active.
   */
  public synchronized List<Selector> assigned(String configuration) {
    return history.assignments().visible(configuration).stream().map(Assignment::selector).toList();
  }

  /** Returns the selector of a rollout. */
  public synchronized Selector selector(long id) {
    return get(id).selector;
  }

  /**
   * Returns the version delivered by a rollout.
   *
   * @throws ConflictException if it delivers a package
   */
  public synchronized ConfigVersion version(long id) {
    Rollout r = get(id);
    ConfigVersion v = r.isPackage() ? null : store.find(r.configuration, r.version);
    if (v == null) {
      throw new ConflictException("rollout " + id + " delivers a package, not a configuration");
    }
    return v;
  }

  private Rollout get(long id) {
    Rollout r = history.get(id);
    if (r == null) {
      throw new NotFoundException("unknown rollout " + id);
    }
    return r;
  }

  /** Reads rollouts, and the assignments that hold, under the lock. */
  public synchronized <T> T read(Reader<T> reader) {
    return reader.read(history.all(), history.assignments().visible());
  }

  /** Reads from the rollout state. */
  public interface Reader<T> {
    T read(List<Rollout> rollouts, List<Assignment> assignments);
  }
}
