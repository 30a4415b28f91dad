package dev.tethys.control.automation;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.state.StateFile;
import dev.tethys.control.text.Texts;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Results of the actions of rules, the last {@link RecentSteps#MAX}; failures, successful requests,
 * dry runs and skipped actions are in the audit log as well. Guarded by this.
 *
 * <p>They are on disk from the next {@link #save} on. Format of the file, which is replaced as a
 * whole: a JSON object with {@code format} (1) and {@code steps}, the latest first.
 */
public final class StepLog {
  private static final System.Logger LOG = JulLogger.of(StepLog.class.getName());

  /**
   * Result of one action for one alert.
   *
   * @param action {@code start} or {@code end} of a control, or another action
   * @param control id of the control, or target of the action
   * @param result {@code done}, {@code sending}, {@code started}, {@code dry run}, {@code cooling
   *     down}, {@code active}, {@code held}, {@code absent}, {@code hop limit}, {@code skipped} or
   *     {@code failed}
   * @param detail details of the result, such as the items of a replay; "" for none
   * @param startsMillis end of the cool-down that it waits for, or time of the next attempt after a
   *     failure, Unix milliseconds; otherwise 0
   */
  public record Step(
      long millis,
      String rule,
      String alert,
      String fingerprint,
      String action,
      String control,
      String result,
      String error,
      String detail,
      long startsMillis) {
    /** Whether it failed and is not tried again, unless its message is repeated. */
    boolean failed() {
      return result.equals("failed") && startsMillis == 0;
    }

    private Step with(String text) {
      return new Step(
          millis, rule, alert, fingerprint, action, control, result, error, text, startsMillis);
    }

    private boolean isOf(Step o) {
      return rule.equals(o.rule)
          && fingerprint.equals(o.fingerprint)
          && action.equals(o.action)
          && control.equals(o.control);
    }
  }

  private final AuditLog audit;
  private final Scheduler clock;
  private final StateFile file;
  private final RecentSteps<Step> steps = new RecentSteps<>();

  @GuardedBy("this")
  private boolean saved = true;

  /**
   * Reads the results of before.
   *
   * @throws IOException if the file cannot be read or is damaged
   */
  public StepLog(Path file, AuditLog audit, Scheduler clock) throws IOException {
    this.audit = audit;
    this.clock = clock;
    this.file = new StateFile(file, "remove it: it has results of former actions only");
    this.file.load(
        n -> {
          for (JsonNode x : n.path("steps")) {
            steps.addOldest(JsonMapper.shared().treeToValue(x, Step.class));
          }
        });
  }

  /** Writes new results, if any; after a failure the next call writes them. */
  public synchronized void save() {
    if (saved) {
      return;
    }
    ObjectNode content = StateFile.content();
    ArrayNode all = content.putArray("steps");
    steps.all().forEach(s -> all.add(JsonMapper.shared().<JsonNode>valueToTree(s)));
    try {
      file.write(content);
      saved = true;
    } catch (IOException e) {
      LOG.log(Level.WARNING, "Results of automation not written", e);
    }
  }

  /** Returns the results, newest first. */
  synchronized List<Step> all() {
    return steps.all();
  }

  /** Creates a step without recording it. */
  Step made(
      String rule, Alert a, String action, String id, String result, String error, long starts) {
    return new Step(
        clock.millis(),
        rule,
        Texts.shortened(a.name(), 256),
        Texts.shortened(a.fingerprint(), 64),
        action,
        id,
        result,
        Texts.shortened(error, 1000),
        "",
        starts);
  }

  Step note(String rule, Alert a, String action, String id, String result, String error) {
    return note(made(rule, a, action, id, result, error, 0));
  }

  synchronized Step note(Step s) {
    steps.add(s);
    saved = false;
    return s;
  }

  /**
   * Records the outcome of a replay, replacing the step of its start if that still exists.
   *
   * @param error "" if it is complete
   * @throws IOException if that is not audited
   */
  void noteReplay(Replays.Origin o, String replay, String error, String detail) throws IOException {
    boolean done = error.isEmpty();
    Step s = made(o.rule(), o.event(), o.word(), o.target(), done ? "done" : "failed", error, 0);
    if (done) {
      audit.append(
          o.actor(),
          "replay.done",
          "replay/" + replay,
          "alert " + o.event().name(),
          Map.of(),
          Map.of("result", detail));
    } else {
      auditFailure(s, "replay/" + replay);
    }
    noteEnd(s.with(replay + ": " + detail));
  }

  private synchronized void noteEnd(Step ended) {
    for (Step s : steps.all()) {
      if (s.isOf(ended) && s.result.equals("started")) {
        steps.remove(s);
        break;
      }
    }
    note(ended);
  }

  /**
   * Records an action that is not started.
   *
   * @throws IOException if that is not audited
   */
  Step skip(String rule, Alert a, String action, String target, String reason) throws IOException {
    audit.append(
        AutomationRule.actor(rule),
        "automation.skipped",
        target(action, target),
        "alert " + a.name(),
        Map.of(),
        Map.of("action", action, "reason", reason));
    return note(rule, a, action, target, "skipped", reason);
  }

  /**
   * Records a request that succeeded.
   *
   * @throws IOException if that is not audited
   */
  Step sent(String rule, Alert a, String action, String target) throws IOException {
    audit.append(
        AutomationRule.actor(rule),
        "automation.sent",
        target(action, target),
        "alert " + a.name(),
        Map.of(),
        Map.of("action", action));
    return note(rule, a, action, target, "done", "");
  }

  /**
   * Records an action of a dry run.
   *
   * @throws IOException if that is not audited
   */
  Step dryRun(String rule, Alert a, String action, String id) throws IOException {
    audit.append(
        AutomationRule.actor(rule),
        "automation.dry_run",
        target(action, id),
        "alert " + a.name(),
        Map.of(),
        Map.of("action", action));
    return note(rule, a, action, id, "dry run", "");
  }

  Step fail(String rule, Alert a, String action, String id, String error) throws IOException {
    return fail(rule, a, action, id, "failed", error, 0);
  }

  /**
   * Records a failed action.
   *
   * @param starts time of the next attempt; 0 if none
   * @throws IOException if that is not audited
   */
  Step fail(
      String rule, Alert a, String action, String id, String result, String error, long starts)
      throws IOException {
    Step s = made(rule, a, action, id, result, error, starts);
    auditFailure(s, target(action, id));
    return note(s);
  }

  /**
   * Writes a failure to the audit log.
   *
   * @throws IOException if it is not on disk
   */
  void auditFailure(Step s, String target) throws IOException {
    audit.append(
        AutomationRule.actor(s.rule),
        "automation.failed",
        target,
        "alert " + s.alert,
        Map.of(),
        Map.of("action", s.action, "error", s.error));
    LOG.log(
        Level.WARNING,
        "Action of automation failed rule={0} action={1} control={2} error=\"{3}\"",
        s.rule,
        s.action,
        s.control,
        s.error);
  }

  private static String target(String action, String id) {
    return action.equals("start") || action.equals("end") ? "control/" + id : id;
  }
}
