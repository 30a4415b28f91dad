package dev.tethys.control;

import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.config.Durations;
import dev.tethys.control.Rollout.Assignment;
import dev.tethys.control.Rollout.State;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Rollouts and the assignments that they leave: which version each agent must have.
 *
 * <p>The version of an agent is that of the active rollout that reached it; otherwise that of the
 * latest assignment that matches its labels. An agent whose last version belongs to a rollout that
 * was undone, and that no assignment matches, returns to the version that it had before the
 * rollout, and without one to its own configuration. State is guarded by this, and is on disk
 * before a change takes effect; offers read a view that never changes, so that no agent waits for a
 * disk.
 */
final class Rollouts {
  private static final System.Logger LOG = JulLogger.of(Rollouts.class.getName());

  /** Finished rollouts that are kept. */
  private static final int MAX_KEPT = 200;

  private static final int MAX_ACTIVE = 50;

  /** Assignments of one configuration that hold, each for other agents. */
  private static final int MAX_SELECTORS = 100;

  /** Actor of what the guard does. */
  private static final String GUARD = "guard";

  /** Hash of an agent's local configuration. */
  static final String OWN = Texts.sha256("");

  private final LimitedLog failures = new LimitedLog(LOG);
  private final Scheduler clock;
  private final Fleet fleet;
  private final ConfigStore store;
  private final AuditLog audit;
  private final RolloutState file;
  private final Packages packages;
  private final @Nullable GuardQueries queries;
  private final Map<Long, Rollout> rollouts = new TreeMap<>();
  private final Assignments assignments = new Assignments();
  private long nextId = 1;
  private volatile View view = View.NONE;
  private volatile View packageView = View.NONE;

  /** Version, and the rollout by which it came. */
  record Target(ConfigVersion version, long rollout) {}

  /** Version for the agents that a selector matches. */
  private record Assigned(Selector selector, Target target) {}

  /**
   * Versions of agents.
   *
   * @param reached by active rollouts
   * @param assigned the latest last
   * @param released hashes of versions that agents no longer run
   * @param returns versions that agents had before a rollout that was undone or cancelled
   */
  private record View(
      Map<UUID, Target> reached,
      List<Assigned> assigned,
      Set<String> released,
      Map<UUID, Target> returns) {
    static final View NONE = new View(Map.of(), List.of(), Set.of(), Map.of());
  }

  private void publish() {
    view = view(false);
    packageView = view(true);
  }

  private View view(boolean ofPackages) {
    Map<UUID, Target> reached = new HashMap<>();
    Set<String> released = new HashSet<>();
    Map<UUID, Target> returns = new HashMap<>();
    for (Rollout r : rollouts.values()) {
      ConfigVersion v = find(r.configuration, r.version);
      if (v == null || r.isPackage() != ofPackages) {
        continue;
      }
      if (r.state.isActive()) {
        r.reached.keySet().forEach(uid -> reached.put(uid, new Target(v, r.id)));
      } else if (r.state == State.UNDONE || r.state == State.CANCELLED) {
        released.add(ofPackages ? Rollout.offerHash(v, r.id) : v.hash());
        r.reached.forEach(
            (uid, x) -> {
              ConfigVersion had =
                  x.former == null ? null : find(x.former.configuration(), x.former.version());
              if (had == null) {
                returns.remove(uid);
              } else {
                returns.put(uid, new Target(had, r.id));
              }
            });
      }
    }
    List<Assigned> assigned = new ArrayList<>();
    for (Assignment a : assignments.visible()) {
      ConfigVersion v = find(a.configuration(), a.version());
      if (v != null && a.configuration().startsWith(Packages.PREFIX) == ofPackages) {
        assigned.add(new Assigned(a.selector(), new Target(v, a.rollout())));
      }
    }
    return new View(reached, assigned, released, returns);
  }

  private @Nullable ConfigVersion find(String configuration, int version) {
    return configuration.startsWith(Packages.PREFIX)
        ? packages.version(configuration.substring(Packages.PREFIX.length()), version)
        : store.find(configuration, version);
  }

  /**
   * Reads the rollouts of a file.
   *
   * @param queries for guards with PromQL; null without a Prometheus
   */
  Rollouts(
      Scheduler clock,
      Fleet fleet,
      ConfigStore store,
      AuditLog audit,
      RolloutState file,
      @Nullable GuardQueries queries,
      Packages packages)
      throws IOException {
    this.packages = packages;
    this.queries = queries;
    this.clock = clock;
    this.fleet = fleet;
    this.store = store;
    this.audit = audit;
    this.file = file;
    RolloutState.Loaded loaded = file.load(clock.nanos());
    loaded.rollouts().forEach(r -> rollouts.put(r.id, r));
    assignments.load(loaded.assignments());
    nextId = loaded.nextId();
    publish();
  }

  /** A request that cannot be fulfilled in the present state. */
  static final class ConflictException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ConflictException(String message) {
      super(message);
    }
  }

  /** A rollout or version that does not exist. */
  static final class NotFoundException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotFoundException(String message) {
      super(message);
    }
  }

  /**
   * Starts a rollout.
   *
   * @throws NotFoundException when there is no such version
   * @throws ConflictException when the configuration is being rolled out, or no agent matches
   */
  synchronized Rollout start(
      String configuration,
      int version,
      Selector selector,
      Guard guard,
      String author,
      String reason)
      throws IOException {
    if (find(configuration, version) == null) {
      throw new NotFoundException("configuration " + configuration + " has no version " + version);
    }
    int active = 0;
    for (Rollout r : rollouts.values()) {
      active += r.state.isActive() ? 1 : 0;
      if (r.state.isActive() && r.configuration.equals(configuration)) {
        throw new ConflictException(
            "rollout "
                + r.id
                + " of configuration "
                + configuration
                + " is "
                + r.state.word()
                + "; cancel it first");
      }
    }
    if (active >= MAX_ACTIVE) {
      throw new ConflictException("there are " + active + " active rollouts, the limit");
    }
    List<Assignment> hold = assignments.visible(configuration);
    if (hold.size() >= MAX_SELECTORS
        && hold.stream().noneMatch(a -> a.selector().isWithin(selector))) {
      throw new ConflictException(
          "versions of configuration "
              + configuration
              + " hold for "
              + hold.size()
              + " selectors, the limit; roll one out to all of their agents");
    }
    Rollout r =
        new Rollout(
            nextId,
            configuration,
            version,
            selector,
            guard,
            author,
            reason,
            clock.millis(),
            assignments.latest(configuration));
    if (eligible(r).isEmpty()) {
      Set<Long> keeping = new java.util.TreeSet<>(); // agents are in one rollout at a time
      for (AgentState a : fleet.agents(selector)) {
        Rollout other = a.connected() ? rolloutOf(a.uid()) : null;
        if (other != null) {
          keeping.add(other.id);
        }
      }
      if (!keeping.isEmpty()) {
        throw new ConflictException(
            "all agents of \""
                + selector
                + "\" are in rollout "
                + keeping.stream().map(String::valueOf).collect(Collectors.joining(", "))
                + ", which is active; wait for its end or cancel it");
      }
      throw new ConflictException(
          "no connected agent that accepts "
              + (r.isPackage() ? "packages" : "configurations")
              + " matches \""
              + selector
              + "\"");
    }
    nextId++;
    audit.append(
        author,
        "rollout.start",
        "rollout/" + r.id,
        reason,
        Map.of("version", r.before == null ? "" : r.before.version() + ""),
        Map.of(
            "configuration",
            configuration,
            "version",
            version + "",
            "selector",
            selector.toString()));
    rollouts.put(r.id, r);
    List<UUID> first = reachNext(r);
    try {
      save();
    } catch (IOException e) {
      rollouts.remove(r.id);
      throw e;
    }
    fleet.wake(first);
    return r;
  }

  private List<AgentState> eligible(Rollout r) {
    List<AgentState> out = new ArrayList<>();
    for (AgentState a : fleet.agents(r.selector)) {
      boolean accepts = r.isPackage() ? a.acceptsPackages() : a.acceptsConfiguration();
      if (a.connected() && accepts && rolloutOf(a.uid()) == null) {
        out.add(a);
      }
    }
    return out;
  }

  private @Nullable Rollout rolloutOf(UUID uid) {
    for (Rollout r : rollouts.values()) {
      if (r.state.isActive() && r.reached.containsKey(uid)) {
        return r;
      }
    }
    return null;
  }

  /** Adds the agents of the present stage. */
  private List<UUID> reachNext(Rollout r) {
    List<UUID> out = new ArrayList<>();
    int size = Rollout.size(r.stage);
    for (AgentState a : eligible(r)) {
      if (r.reached.size() >= size) {
        break;
      }
      Rollout.Reached x = StageCheck.before(clock, fleet, r, a);
      x.former = r.isPackage() ? null : former(a);
      r.reached.put(a.uid(), x);
      out.add(a.uid());
    }
    r.othersLostBefore = StageCheck.others(fleet, r).lostShare();
    return out;
  }

  /** Version that an agent runs, also one that no assignment gives it; null for none of these. */
  private Rollout.@Nullable Former former(AgentState a) {
    ConfigVersion v = assignedVersion(a);
    String hash = a.configHash();
    if (v == null && !hash.isEmpty() && !hash.equals(OWN) && !isReleased(hash)) {
      v = store.find(hash);
    }
    return v == null ? null : new Rollout.Former(v.name(), v.number());
  }

  /** The version of an agent; null for none. */
  @Nullable ConfigVersion assignedVersion(AgentState a) {
    Target t = target(view, a);
    return t == null ? null : t.version;
  }

  /** What the agents of an assignment run, as they report it. */
  Holding holding(Assignment of) {
    View now = view;
    ConfigVersion wanted = find(of.configuration(), of.version());
    Map<String, Integer> others = new TreeMap<>();
    int agents = 0;
    int running = 0;
    int late = 0;
    int failed = 0;
    for (AgentState a : fleet.agents(of.selector())) {
      Target t = a.acceptsConfiguration() ? target(now, a) : null;
      if (t == null || wanted == null) {
        continue;
      }
      agents++;
      if (!t.version.hash().equals(wanted.hash())) {
        others.merge(
            t.version.name() + "/" + t.version.number() + " by rollout " + t.rollout,
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

  /** The package of an agent; null for none. */
  @Nullable Target assignedPackage(AgentState a) {
    return target(packageView, a);
  }

  private static @Nullable Target target(View now, AgentState a) {
    Target active = now.reached.get(a.uid());
    if (active != null) {
      return active;
    }
    for (Assigned s : now.assigned.reversed()) {
      if (s.selector.matches(a.labels())) {
        return s.target;
      }
    }
    // No assignment holds for it, such as after a change of its labels: it keeps what it had.
    Target had = now.returns.get(a.uid());
    String has = a.configHash();
    return had != null && (now.released.contains(has) || had.version.hash().equals(has))
        ? had
        : null;
  }

  /** Whether agents with an offer of packages return to their own version. */
  boolean isReleasedPackage(String offerHash) {
    return packageView.released.contains(offerHash);
  }

  /** Whether agents have a version, or are to have it. */
  synchronized boolean uses(String configuration, int version) {
    for (Rollout r : rollouts.values()) {
      if (r.state.isActive() && r.configuration.equals(configuration) && r.version == version) {
        return true;
      }
    }
    for (Assignment a : assignments.visible(configuration)) {
      if (a.version() == version) {
        return true;
      }
    }
    return false;
  }

  /** Whether agents with the hash return to their own configuration. */
  boolean isReleased(String hash) {
    return view.released.contains(hash);
  }

  /** Checks all active rollouts, and moves those on whose stage has passed. */
  synchronized void step() {
    for (Rollout r : List.copyOf(rollouts.values())) {
      if (r.state.isActive()) {
        try {
          step(r);
        } catch (IOException e) { // the next step tries again
          failures.failure(Level.ERROR, "Rollout not continued", "rollout " + r.id, e);
        }
      }
    }
  }

  private void step(Rollout r) throws IOException {
    ConfigVersion v = find(r.configuration, r.version);
    if (v == null) {
      return;
    }
    StageCheck check = new StageCheck(clock, fleet, r, v);
    if (!check.problem().isEmpty()) {
      undoByGuard(r, check.problem());
      return;
    }
    boolean complete = check.isReady() && check.undecided().isEmpty();
    String waiting = check.undecided();
    if (!r.guard.query().isEmpty() && !r.reached.isEmpty()) {
      GuardQueries.Answer answer =
          queries == null
              ? GuardQueries.Answer.error("there is no --prometheus.url", 0)
              : queries.answer(r.guard.query());
      long since = r.reached.values().iterator().next().sinceNanos;
      boolean fresh = answer.nanos() - since > 0; // or it may be of another rollout
      if (fresh && !answer.violation().isEmpty()) {
        undoByGuard(r, "the query of the guard has a result: " + answer.violation());
        return;
      }
      // Without an answer since the last agent applied it, no further agents are reached.
      complete &= answer.error().isEmpty() && answer.nanos() - StageCheck.lastApplied(r) > 0;
      if (!answer.error().isEmpty()) {
        waiting = "the query of the guard has no answer: " + answer.error();
      }
    }
    if (r.state == State.RUNNING) {
      r.stateReason = waiting.isEmpty() ? "" : "waiting: " + waiting;
      if (!check.undecided().isEmpty() && check.hasWaitedEnough()) {
        pauseByGuard(r, check.undecided());
      }
    }
    if (!complete || r.state != State.RUNNING) {
      return;
    }
    r.stage++;
    List<UUID> next = reachNext(r);
    if (next.isEmpty()) {
      finish(r, State.DONE, r.author, "");
    } else {
      LOG.log(
          Level.INFO,
          "Rollout stage started rollout={0} stage={1} agents={2}",
          Long.toString(r.id),
          r.stage,
          r.reached.size());
      save();
      fleet.wake(next);
    }
  }

  /** Stops a rollout whose stage could not be judged, until a user decides. */
  private void pauseByGuard(Rollout r, String undecided) throws IOException {
    String why =
        undecided
            + ", after "
            + Durations.format(r.guard.maxWait())
            + " (maxWait); resume continues with the next stage without them";
    change(r.id, State.RUNNING, State.PAUSED, GUARD, why, true);
    LOG.log(Level.WARNING, "Rollout paused rollout={0} reason=\"{1}\"", Long.toString(r.id), why);
  }

  /** Returns the agents even where the disk takes no entry: they must not keep the version. */
  private void undoByGuard(Rollout r, String problem) {
    r.undoneByGuard = true;
    try {
      finish(r, State.UNDONE, GUARD, problem);
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Rollout undone, and that is not on disk rollout=" + r.id, e);
      r.state = State.UNDONE;
      r.stateReason = problem;
      r.endedMillis = clock.millis();
      r.outputs.finish();
      publish();
      fleet.wakeAll();
    }
  }

  private void finish(Rollout r, State state, String actor, String reason) throws IOException {
    audit.append(
        actor,
        "rollout." + state.word(),
        "rollout/" + r.id,
        reason,
        Map.of("state", r.state.word()),
        Map.of("state", state.word(), "agents", r.reached.size() + ""));
    r.state = state;
    r.stateReason = reason;
    r.endedMillis = clock.millis();
    r.outputs.finish();
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

  private void forgetOld() {
    Set<Long> kept = new LinkedHashSet<>();
    assignments.visible().forEach(a -> kept.add(a.rollout()));
    while (rollouts.size() > MAX_KEPT) {
      Rollout oldest = null;
      for (Rollout r : rollouts.values()) {
        if (!r.state.isActive() && !kept.contains(r.id)) {
          oldest = r;
          break;
        }
      }
      if (oldest == null) {
        return;
      }
      rollouts.remove(oldest.id);
      assignments.forget(oldest.id);
    }
  }

  /** Stops a rollout from reaching further agents; its guard stays in force. */
  synchronized Rollout pause(long id, String actor, String reason) throws IOException {
    return change(id, State.RUNNING, State.PAUSED, actor, reason, false);
  }

  synchronized Rollout resume(long id, String actor, String reason) throws IOException {
    Rollout r = get(id);
    if (r.pausedByGuard) {
      r.acceptedStage = r.stage; // the user decided what the guard could not
    }
    return change(id, State.PAUSED, State.RUNNING, actor, reason, false);
  }

  private Rollout change(
      long id, State from, State to, String actor, String reason, boolean byGuard)
      throws IOException {
    Rollout r = get(id);
    if (r.state != from) {
      throw new ConflictException("rollout " + id + " is " + r.state.word());
    }
    audit.append(
        actor,
        to == State.PAUSED ? "rollout.pause" : "rollout.resume",
        "rollout/" + id,
        reason,
        Map.of("state", from.word()),
        Map.of("state", to.word()));
    r.state = to;
    r.stateReason = reason;
    r.pausedByGuard = byGuard;
    save();
    return r;
  }

  /** Ends an active rollout; the agents that it reached return to their former version. */
  synchronized Rollout cancel(long id, String actor, String reason) throws IOException {
    Rollout r = get(id);
    if (!r.state.isActive()) {
      throw new ConflictException("rollout " + id + " is " + r.state.word());
    }
    finish(r, State.CANCELLED, actor, reason);
    return r;
  }

  /** Returns the agents of a rollout to the version that they had before, all at once. */
  synchronized Rollout undo(long id, String actor, String reason) throws IOException {
    Rollout r = get(id);
    if (r.state.isActive()) {
      finish(r, State.UNDONE, actor, reason);
      return r;
    }
    Assignment own = null;
    for (Assignment a : assignments.visible(r.configuration)) {
      own = a.rollout() == id ? a : own;
    }
    if (r.state != State.DONE || own == null) {
      throw new ConflictException(
          "rollout "
              + id
              + " is "
              + r.state.word()
              + (r.state == State.DONE ? ", and a later rollout replaced it" : ""));
    }
    for (Rollout other : rollouts.values()) {
      if (other.state.isActive() && other.configuration.equals(r.configuration)) {
        throw new ConflictException("rollout " + other.id + " is active; cancel it first");
      }
    }
    assignments.remove(own); // those below it hold again
    finish(r, State.UNDONE, actor, reason);
    return r;
  }

  /**
   * Gives agents a version without stages where its text is the one that they have, or that they
   * had before: it has been rolled out to them already. A return is all at once, as {@link #undo}.
   * An active rollout that the new version replaces is undone before.
   *
   * @param own rollout that the same source started last; one of another source is not replaced
   * @return rollout by which the agents got the text; null where a rollout is required
   */
  synchronized @Nullable Long adopt(
      String configuration, int version, Selector selector, long own, String actor, String reason)
      throws IOException {
    ConfigVersion wanted = find(configuration, version);
    if (wanted == null) {
      return null;
    }
    for (Rollout r : rollouts.values()) {
      if (r.state.isActive() && r.configuration.equals(configuration)) {
        if (r.id != own) {
          return null;
        }
        finish(r, State.UNDONE, actor, "replaced: " + reason);
        break;
      }
    }
    for (Assignment a : assignments.of(configuration)) {
      ConfigVersion v = find(configuration, a.version());
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
   * Makes an assignment the latest again, and removes later ones of its configuration: those of the
   * same source, and those whose agents are within its own, or its own within theirs.
   */
  private void give(Assignment a, int version, long own, String actor, String reason)
      throws IOException {
    List<Assignment> hold = assignments.visible(a.configuration());
    List<Assignment> replaced = new ArrayList<>(); // the latest first
    for (Assignment x : assignments.of(a.configuration())) {
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
          actor,
          "configuration.adopt",
          "configuration/" + a.configuration() + "/" + version,
          reason,
          Map.of("version", a.version() + ""),
          Map.of("version", version + ""));
    }
    assignments.remove(a);
    assignments.add(new Assignment(a.configuration(), version, a.selector(), a.rollout()));
    replaced.forEach(assignments::remove);
    boolean saved = false;
    for (Assignment x : replaced) {
      Rollout r = rollouts.get(x.rollout());
      if (r != null && hold.contains(x)) {
        finish(r, State.UNDONE, actor, reason);
        saved = true;
      }
    }
    if (!saved) {
      save();
    }
  }

  /** Author of a version; "" where there is none. */
  String author(String configuration, int version) {
    ConfigVersion v = find(configuration, version);
    return v == null ? "" : v.author();
  }

  /** Reason of a version; "" where there is none. */
  String reason(String configuration, int version) {
    ConfigVersion v = find(configuration, version);
    return v == null ? "" : v.reason();
  }

  /**
   * Ends what the rollouts of a configuration left: agents that run one of its versions return to
   * what they had without it.
   */
  synchronized void withdraw(String configuration, String actor, String reason) throws IOException {
    List<Assignment> hold = assignments.visible(configuration);
    Assignment assigned = assignments.latest(configuration);
    audit.append(
        actor,
        "configuration.withdraw",
        "configuration/" + configuration,
        reason,
        Map.of("version", assigned == null ? "" : assigned.version() + ""),
        Map.of("version", ""));
    for (Rollout r : List.copyOf(rollouts.values())) {
      for (Rollout.Reached x : r.reached.values()) { // no undo returns an agent to it
        x.former =
            x.former != null && x.former.configuration().equals(configuration) ? null : x.former;
      }
      if (!r.configuration.equals(configuration)) {
        continue;
      }
      if (r.state.isActive()) {
        finish(r, State.CANCELLED, actor, reason);
      } else if (r.state == State.DONE) {
        r.state = State.UNDONE;
        r.stateReason = reason;
      }
    }
    for (Assignment x : hold) {
      Rollout of = rollouts.get(x.rollout());
      if (of != null && of.version == x.version()) {
        continue;
      }
      // A version that was adopted has no rollout of its own by which agents are known to have it.
      Rollout r =
          new Rollout(
              nextId++,
              configuration,
              x.version(),
              x.selector(),
              Guard.DEFAULT,
              actor,
              reason,
              clock.millis(),
              null);
      r.state = State.UNDONE;
      r.stateReason = reason;
      r.endedMillis = r.startedMillis;
      rollouts.put(r.id, r);
    }
    assignments.remove(configuration);
    save();
    fleet.wakeAll();
  }

  /** Why the guard rejected a version; "" where it did not, or agents took it later. */
  synchronized String rejection(String configuration, int version) {
    String out = "";
    for (Rollout r : rollouts.values()) {
      if (r.configuration.equals(configuration) && r.version == version) {
        if (r.undoneByGuard) {
          out = "the guard has undone it in rollout " + r.id + ": " + r.stateReason;
        } else if (r.state == State.DONE) {
          out = "";
        }
      }
    }
    return out;
  }

  /** Whether guards with a query can be checked. */
  boolean hasQueries() {
    return queries != null;
  }

  /** Agents for which versions of a configuration hold; empty where none holds. */
  synchronized List<Selector> assigned(String configuration) {
    return assignments.visible(configuration).stream().map(Assignment::selector).toList();
  }

  /** Agents that a rollout is for. */
  synchronized Selector selector(long id) {
    return get(id).selector;
  }

  /**
   * Version that a rollout gives.
   *
   * @throws ConflictException where it gives a package
   */
  synchronized ConfigVersion version(long id) {
    Rollout r = get(id);
    ConfigVersion v = r.isPackage() ? null : find(r.configuration, r.version);
    if (v == null) {
      throw new ConflictException("rollout " + id + " gives a package, not a configuration");
    }
    return v;
  }

  private Rollout get(long id) {
    Rollout r = rollouts.get(id);
    if (r == null) {
      throw new NotFoundException("there is no rollout " + id);
    }
    return r;
  }

  private void save() throws IOException {
    file.save(nextId, List.copyOf(rollouts.values()), assignments.all());
    publish();
  }

  /** Reads rollouts, and the assignments that hold, under the lock. */
  synchronized <T> T read(Reader<T> reader) {
    return reader.read(List.copyOf(rollouts.values()), assignments.visible());
  }

  /** Reader of the state. */
  interface Reader<T> {
    T read(List<Rollout> rollouts, List<Assignment> assignments);
  }
}
