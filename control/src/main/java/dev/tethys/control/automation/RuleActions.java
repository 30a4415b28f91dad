package dev.tethys.control.automation;

import dev.tethys.control.access.Actor;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.mdai.DataType;
import dev.tethys.control.mdai.HubVariable;
import dev.tethys.control.mdai.Hubs;
import dev.tethys.control.mdai.ReplayRequest;
import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.text.Texts;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runner of the actions of rules that are not controls. */
public final class RuleActions {
  /** Result of an action that too many changes of variables led to. */
  static final String HOP_LIMIT = "hop limit";

  /** Start of the result of an end after which another event holds the variable. */
  static final String HELD = "held: ";

  static final String HOP_LIMIT_REACHED =
      HubRules.HOP_LIMIT + " changes of variables led to this one, the limit";

  /** A version to roll out that does not exist. */
  static final class AbsentException extends RuntimeException {
    private static final long serialVersionUID = 1;

    AbsentException(String message) {
      super(message);
    }
  }

  /** Whether an event is a persistent state, whose messages are not repeated. */
  static boolean isState(Alert a) {
    return a.name().matches("(agent|schedule|query):.*");
  }

  /** Whether the version exists that an action rolls out. */
  boolean exists(RuleAction.RollOut o) {
    return o.version() == 0
        ? !store.versions(o.configuration()).isEmpty()
        : store.find(o.configuration(), o.version()) != null;
  }

  /**
   * Action to run.
   *
   * @param id ID of the action for this event
   * @param word name of the action's step
   * @param undo whether the event has ended
   * @param hops changes of variables that led to the event
   */
  record Run(
      AutomationRule rule,
      RuleAction action,
      String id,
      String word,
      Alert event,
      boolean undo,
      int hops) {
    String actor() {
      return rule.actor();
    }

    /**
     * Returns the reason recorded for a rollout, by which it is found when the event ends, also
     * after a restart.
     */
    String reason() {
      return "alert " + Texts.shortened(event.name(), 200) + " (" + id + ")";
    }
  }

  private final Hubs hubs;
  private final Rollouts rollouts;
  private final ConfigStore store;
  private final Replays replays;
  private final RuleCalls calls;
  private final HeldActions held;
  private volatile Set<String> rules = Set.of();
  private final AuditLog audit;
  private final Scheduler clock;

  public RuleActions(
      Hubs hubs,
      Rollouts rollouts,
      ConfigStore store,
      Replays replays,
      RuleCalls calls,
      HeldActions held,
      AuditLog audit,
      Scheduler clock) {
    this.hubs = hubs;
    this.rollouts = rollouts;
    this.store = store;
    this.replays = replays;
    this.calls = calls;
    this.held = held;
    this.audit = audit;
    this.clock = clock;
  }

  /** Returns the ID of a new hub event. */
  String newId() {
    return hubs.newId();
  }

  /** Whether any action follows the end of an event. */
  boolean canUndo(AutomationRule r, int index, Alert a) {
    Map<String, Object> tree = r.actions().get(index);
    return tree.containsKey("notify")
        || tree.get("set_variable") instanceof Map<?, ?> m && m.get("after") != null
        || tree.containsKey("roll_out") && started(r.actor(), r.actionId(index, a)) != null;
  }

  /**
   * Runs an action.
   *
   * @param done receives the result of a request; only after "sending"
   * @return result
   * @throws IllegalArgumentException if it cannot run
   * @throws AbsentException if the version to roll out does not exist
   * @throws RuleCalls.BusyException if too many requests run
   * @throws IOException if a change is not on disk
   */
  String run(Run run, Consumer<RuleCalls.Outcome> done) throws IOException {
    return switch (run.action) {
      case RuleAction.Notify n -> {
        Instant now = Instant.ofEpochMilli(clock.millis());
        Instant end = run.undo ? now : now.plus(n.duration());
        Instant start = run.undo ? now.minusSeconds(1) : now;
        calls.notify(n, run.rule.name(), start, end, done);
        yield "sending";
      }
      case RuleAction.Webhook w -> {
        calls.send(w, run.event.event(hubs.newId(), run.id).json().toString(), done);
        yield "sending";
      }
      case RuleAction.SetVariable v -> set(run, v);
      case RuleAction.RollOut o -> run.undo ? undo(run) : rollOut(run, o);
      case RuleAction.Replay p -> replay(run, p);
    };
  }

  private String set(Run run, RuleAction.SetVariable v) throws IOException {
    if (run.hops >= HubRules.HOP_LIMIT) {
      return HOP_LIMIT;
    }
    Hub hub = hubs.variables().now().manifests().hub(v.hub());
    HubVariable variable = hub == null ? null : hub.variable(v.variable());
    if (hub == null || variable == null) {
      throw new IllegalArgumentException(
          hub == null
              ? "unknown hub " + Texts.shortened(v.hub(), 80)
              : "hub " + v.hub() + " has no variable " + Texts.shortened(v.variable(), 80));
    }
    if (!variable.type().isScalar()) {
      throw new IllegalArgumentException(
          "variable "
              + v.target()
              + " has the type "
              + variable.type().word()
              + ", which is not a scalar");
    }
    HeldActions.Held before = lasting(run);
    if (before != null
        && before.target().equals(v.target())
        && before.value().equals(v.value())
        && v.after() != null) {
      return "active"; // it is the value of that variable, or a later event has set another
    }
    List<HeldActions.Held> others = // other events and rules that hold it
        holding(v.target()).stream().filter(h -> !h.id().equals(run.id)).toList();
    HeldActions.Held next = run.undo && !others.isEmpty() ? others.getLast() : null;
    String value = next != null ? next.value() : run.undo ? String.valueOf(v.after()) : v.value();
    JsonNode data;
    try {
      data =
          variable.type() == DataType.STRING
              ? JsonMapper.shared().valueToTree(value)
              : JsonMapper.shared().readTree(value);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "\"" + Texts.shortened(value, 80) + "\" is no " + variable.type().word(), e);
    }
    List<HeldActions.Held> all = holding(v.target());
    boolean unchanged = next != null && all.getLast().equals(next); // a later one set it
    if (!unchanged) {
      hubs.change(run.actor(), hub, variable, true, data, run.hops + 1);
    }
    if (run.undo) {
      held.remove(run.id);
    } else if (v.after() != null && run.rule.undo() && run.event.isFiring()) {
      held.add(held(run, v.target(), v.value()));
    }
    return next == null
        ? "done"
        : HELD + "rule " + next.rule() + " holds " + v.target() + " at " + value;
  }

  /** Replaces the names of the rules that exist: others hold nothing. */
  void define(List<AutomationRule> all) {
    rules = all.stream().map(AutomationRule::name).collect(Collectors.toUnmodifiableSet());
  }

  private List<HeldActions.Held> holding(String target) {
    return held.of(target).stream().filter(h -> rules.contains(h.rule())).toList();
  }

  private static HeldActions.Held held(Run run, String target, String value) {
    Alert e = run.event;
    return new HeldActions.Held(
        run.id, run.rule.name(), e.fingerprint(), target, value, e.changed());
  }

  /** Records that an event has ended; its rollout may be repeated by the next one. */
  void ended(AutomationRule r, Alert a) throws IOException {
    for (int i = 0; i < r.actions().size(); i++) {
      if (r.actions().get(i).containsKey("roll_out")) {
        held.remove(r.actionId(i, a));
      }
    }
  }

  /** Records that it is no longer known whether an event fires. */
  void forget(String fingerprint) throws IOException {
    held.forget(fingerprint);
  }

  /** Fingerprints of events for which the actions of a rule are active. */
  Set<String> holders(String rule) {
    Set<String> out = new TreeSet<>();
    held.ofRule(rule).forEach(h -> out.add(h.fingerprint()));
    return out;
  }

  /** Variables set by events of a rule, with the rule that determines each value. */
  Map<String, HeldActions.Held> holders(AutomationRule r) {
    Map<String, HeldActions.Held> out = new TreeMap<>();
    for (HeldActions.Held h : held.ofRule(r.name())) {
      List<HeldActions.Held> all = h.value().isEmpty() ? List.of() : holding(h.target());
      if (!all.isEmpty()) {
        out.put(h.target(), all.getLast());
      }
    }
    return out;
  }

  private String rollOut(Run run, RuleAction.RollOut o) throws IOException {
    if (lasting(run) != null) {
      return "active";
    }
    int version = o.version() == 0 ? store.versions(o.configuration()).size() : o.version();
    if (version == 0) {
      throw new AbsentException("unknown configuration " + Texts.shortened(o.configuration(), 80));
    }
    String rejected = o.version() == 0 ? rollouts.rejection(o.configuration(), version) : "";
    if (!rejected.isEmpty()) {
      throw new IllegalArgumentException(
          "the latest version of "
              + o.configuration()
              + " is "
              + version
              + ", and "
              + rejected
              + "; name a version in the rule, or add a new one");
    }
    String refused = rollouts.refusal(o.configuration(), version);
    if (!refused.isEmpty()) {
      throw new IllegalArgumentException(
          refused + "; a rule rolls out another version, or this one after a user has done so");
    }
    ConfigVersion latest = store.find(o.configuration(), version);
    if (o.version() == 0
        && latest != null
        && !o.selector().isWithin(Selector.parse(latest.scope()))) {
      throw new IllegalArgumentException(
          "the latest version of "
              + o.configuration()
              + " was added by a token of "
              + latest.scope()
              + "; name the version");
    }
    try {
      rollouts.start(
          o.configuration(),
          version,
          o.selector(),
          o.guard(),
          Actor.rule(run.actor()),
          run.reason());
    } catch (NotFoundException e) {
      throw new AbsentException(String.valueOf(e.getMessage()));
    }
    if (run.event.isFiring()) {
      held.add(held(run, o.configuration(), ""));
    }
    return "done";
  }

  /**
   * Returns an action held since before the control plane started, if its event persists; otherwise
   * null. Persistent states and series fire again after a start; an alert has its own time.
   */
  private HeldActions.@Nullable Held lasting(Run run) {
    HeldActions.Held before = run.undo ? null : held.ofBefore(run.id);
    return before != null
            && run.event.isFiring()
            && (run.event.changed().equals(before.since()) || isState(run.event))
        ? before
        : null;
  }

  private String undo(Run run) throws IOException {
    Rollout r = started(run.actor(), run.id);
    if (r == null) {
      return "absent";
    }
    rollouts.undo(r.id, Actor.rule(run.actor()), "alert " + run.event.name() + " was resolved");
    return "done";
  }

  /** Returns an action's last rollout that was neither undone nor cancelled; null if none. */
  private @Nullable Rollout started(String actor, String id) {
    Optional<Rollout> found =
        rollouts.read(
            (all, assignments) -> {
              for (Rollout r : all.reversed()) {
                if (r.author.equals(actor) && r.reason.endsWith(" (" + id + ")")) {
                  return r.state.isActive() || r.state == Rollout.State.DONE
                      ? Optional.of(r)
                      : Optional.empty();
                }
              }
              return Optional.empty();
            });
    return found.orElse(null);
  }

  private String replay(Run run, RuleAction.Replay p) throws IOException {
    Instant now = Instant.ofEpochMilli(clock.millis());
    ReplayRequest q = p.request(run.id + "-" + Long.toString(clock.millis() / 1000, 36), now);
    replays.check(q);
    audit.append(
        run.actor(),
        "replay.start",
        "replay/" + q.name(),
        "alert " + run.event.name(),
        Map.of(),
        Map.of(
            "bucket", q.spec().bucket(),
            "from", q.spec().start(),
            "to", q.spec().end(),
            "destination", q.spec().destination()));
    replays.start(
        q,
        new Replays.Origin(run.rule.name(), run.event, run.word, run.action.target(), run.actor()));
    return "started"; // a step says how it ended
  }
}
