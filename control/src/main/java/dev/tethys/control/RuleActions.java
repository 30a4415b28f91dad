package dev.tethys.control;

import dev.tethys.control.mdai.DataType;
import dev.tethys.control.mdai.HubEngine;
import dev.tethys.control.mdai.HubVariable;
import dev.tethys.control.mdai.ReplayRequest;
import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runner of the actions of rules that are not controls. */
final class RuleActions {
  /** Result of an action that too many changes of variables led to. */
  static final String HOP_LIMIT = "hop limit";

  static final String HOP_LIMIT_REACHED =
      HubEngine.HOP_LIMIT + " changes of variables led to this one, the limit";

  /**
   * Action to run.
   *
   * @param id of the action for the event
   * @param undo whether the event has ended
   * @param hops changes of variables that led to the event
   */
  record Run(
      AutomationRule rule, RuleAction action, String id, Alert event, boolean undo, int hops) {
    String actor() {
      return Automation.actor(rule);
    }

    /** Reason of a rollout, by which it is found when the event ends, also after a restart. */
    String reason() {
      return "alert " + Texts.shortened(event.name(), 200) + " (" + id + ")";
    }
  }

  private final HubEngine engine;
  private final Rollouts rollouts;
  private final ConfigStore store;
  private final Replays replays;
  private final RuleCalls calls;
  private final AuditLog audit;
  private final Scheduler clock;

  RuleActions(
      HubEngine engine,
      Rollouts rollouts,
      ConfigStore store,
      Replays replays,
      RuleCalls calls,
      AuditLog audit,
      Scheduler clock) {
    this.engine = engine;
    this.rollouts = rollouts;
    this.store = store;
    this.replays = replays;
    this.calls = calls;
    this.audit = audit;
    this.clock = clock;
  }

  /** Whether something is to be done when an event ends. */
  boolean canUndo(AutomationRule r, int index, Alert a) {
    Map<String, Object> tree = r.actions().get(index);
    return tree.containsKey("notify")
        || tree.get("set_variable") instanceof Map<?, ?> m && m.get("after") != null
        || tree.containsKey("roll_out")
            && started(Automation.actor(r), r.actionId(index, a)) != null;
  }

  /**
   * Runs an action.
   *
   * @param done receives the result of a request; only after "sending"
   * @return result
   * @throws IllegalArgumentException where it cannot run
   * @throws RuleCalls.BusyException where too many requests run
   * @throws IOException when a change is not on disk
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
        calls.send(w, run.event.event(engine.newId(), run.id).json().toString(), done);
        yield "sending";
      }
      case RuleAction.SetVariable v -> set(run, v);
      case RuleAction.RollOut o -> run.undo ? undo(run) : rollOut(run, o);
      case RuleAction.Replay p -> replay(run, p);
    };
  }

  private String set(Run run, RuleAction.SetVariable v) throws IOException {
    if (run.hops >= HubEngine.HOP_LIMIT) {
      return HOP_LIMIT;
    }
    Hub hub = engine.variables().now().manifests().hub(v.hub());
    HubVariable variable = hub == null ? null : hub.variable(v.variable());
    if (hub == null || variable == null) {
      throw new IllegalArgumentException(
          hub == null
              ? "there is no hub " + Texts.shortened(v.hub(), 80)
              : "hub " + v.hub() + " has no variable " + Texts.shortened(v.variable(), 80));
    }
    if (!variable.type().isScalar()) {
      throw new IllegalArgumentException(
          "variable " + v.target() + " has the type " + variable.type().word() + ", no scalar");
    }
    String value = run.undo ? String.valueOf(v.after()) : v.value();
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
    engine.change(run.actor(), hub, variable, true, data, run.hops + 1);
    return "done";
  }

  private String rollOut(Run run, RuleAction.RollOut o) throws IOException {
    int version = o.version() == 0 ? store.versions(o.configuration()).size() : o.version();
    if (version == 0) {
      throw new Rollouts.NotFoundException(
          "there is no configuration " + Texts.shortened(o.configuration(), 80));
    }
    ConfigVersion latest = store.find(o.configuration(), version);
    if (o.version() == 0
        && latest != null
        && !o.selector().isWithin(Selector.parse(latest.scope()))) {
      throw new Rollouts.ConflictException(
          "the latest version of "
              + o.configuration()
              + " was added by a token of "
              + latest.scope()
              + "; name the version");
    }
    rollouts.start(o.configuration(), version, o.selector(), o.guard(), run.actor(), run.reason());
    return "done";
  }

  private String undo(Run run) throws IOException {
    Rollout r = started(run.actor(), run.id);
    if (r == null) {
      return "absent";
    }
    rollouts.undo(r.id, run.actor(), "alert " + run.event.name() + " was resolved");
    return "done";
  }

  /** The last rollout of an action that was neither undone nor cancelled; null for none. */
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
    replays.start(q);
    return "done";
  }
}
