package dev.tethys.control;

import dev.tethys.config.ConfigException;
import dev.tethys.control.Rollouts.ConflictException;
import dev.tethys.control.mdai.HubEngine;
import dev.tethys.control.mdai.HubEvent;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Application of rules to alerts. A change of an alert is applied once: repeated messages about it
 * are left out. The controls of a rule end when its alert is resolved, also one that fired before
 * the control plane was started. Everything is guarded by this.
 *
 * <p>What an alert may not start within a cool-down waits for its end, and starts then with the
 * latest change of the alert, unless that no longer triggers the rule. What waits is not on disk.
 *
 * <p>An action that failed and may succeed later is tried again up to {@link #ATTEMPTS} times in
 * all, as long as its alert has not changed.
 */
final class Automation {
  private static final System.Logger LOG = JulLogger.of(Automation.class.getName());

  /** Alerts and starts that are remembered. */
  private static final int MAX_REMEMBERED = 10_000;

  private static final int MAX_STEPS = 1000;

  /** Pauses before further attempts of an action. */
  private static final Duration[] PAUSES = {
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(2),
    Duration.ofMinutes(10)
  };

  static final int ATTEMPTS = PAUSES.length + 1;

  private static final String COOLING_DOWN = "cooling down";
  private static final String SKIPPED = "skipped";

  /**
   * Result of one action for one alert.
   *
   * @param action {@code start} or {@code end} of a control, or another action
   * @param control id of the control, or target of the action
   * @param result {@code done}, {@code sending}, {@code started}, {@code dry run}, {@code cooling
   *     down}, {@code active}, {@code held}, {@code absent}, {@code hop limit}, {@code skipped} or
   *     {@code failed}
   * @param startsMillis when the cool-down ends for which it waits, or the next attempt of what
   *     failed begins, Unix milliseconds; else 0
   */
  record Step(
      long millis,
      String rule,
      String alert,
      String fingerprint,
      String action,
      String control,
      String result,
      String error,
      long startsMillis) {
    /** Whether it failed and is not tried again, unless its message is repeated. */
    private boolean isFailed() {
      return result.equals("failed") && startsMillis == 0;
    }
  }

  /**
   * Start that waits for the end of a cool-down.
   *
   * @param word name of the action
   * @param target what it reaches
   * @param due end of the cool-down, monotonic
   */
  private record Pending(AutomationRule rule, String word, String target, long due) {}

  /**
   * Last change of an alert with what it has not started yet.
   *
   * @param pending by the id of the control or action
   */
  private record Waiting(Alert alert, int hops, Map<String, Pending> pending) {}

  /**
   * Attempt of an action for an alert.
   *
   * @param undo whether it undoes the action
   * @param number from 1 on
   */
  private record Attempt(
      AutomationRule rule, int index, Alert alert, boolean undo, int hops, int number) {
    String id() {
      return rule.actionId(index, alert);
    }

    Attempt next() {
      return new Attempt(rule, index, alert, undo, hops, number + 1);
    }
  }

  /**
   * Attempt that is due after one that failed.
   *
   * @param due monotonic
   */
  private record Retry(Attempt attempt, String word, String target, String error, long due) {}

  /**
   * Last change of an alert.
   *
   * @param failed whether an action failed, so that a repetition of the message tries again
   * @param done actions that a repetition leaves out, by id
   */
  private record Change(Instant at, String status, boolean failed, Set<String> done) {}

  /**
   * Result of a message.
   *
   * @param skipped alerts that had not changed, or whose change is older than a known one
   */
  record Applied(int alerts, int skipped, List<Step> steps, List<HubEngine.Step> hubs) {}

  private final Controls controls;
  private final AuditLog audit;
  private final HubEngine engine;
  private final RuleActions actions;
  private final Scheduler clock;
  private final Map<String, Change> changes = bounded(); // of alerts, by fingerprint
  private final Map<String, Long> starts = bounded(); // nanoseconds, by id of control
  private final Map<String, Waiting> waiting = new LinkedHashMap<>(); // by fingerprint
  private final Map<String, Retry> retries = new LinkedHashMap<>(); // by id of the action
  private final Deque<Step> steps = new ArrayDeque<>(); // the latest first

  private List<AutomationRule> rules;

  Automation(
      List<AutomationRule> rules,
      Controls controls,
      AuditLog audit,
      HubEngine engine,
      RuleActions actions,
      Scheduler clock) {
    this.rules = rules;
    this.controls = controls;
    this.audit = audit;
    this.engine = engine;
    this.actions = actions;
    this.clock = clock;
    actions.define(rules);
  }

  /** Replaces the rules. */
  synchronized void define(List<AutomationRule> next) {
    rules = next;
    actions.define(next);
  }

  private static <V> Map<String, V> bounded() {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > MAX_REMEMBERED;
      }
    };
  }

  synchronized List<AutomationRule> rules() {
    return rules;
  }

  /** Results, the latest first. */
  synchronized List<Step> steps() {
    return List.copyOf(steps);
  }

  /**
   * Applies the rules to alerts.
   *
   * @throws IOException when a change is not on disk; a repetition of the message tries again
   */
  Applied apply(List<Alert> alerts, String user) throws IOException {
    return apply(alerts, user, 0);
  }

  /**
   * Applies the rules to alerts; exceptions as for the other.
   *
   * @param hops changes of variables that led to them
   */
  synchronized Applied apply(List<Alert> alerts, String user, int hops) throws IOException {
    List<Step> out = new ArrayList<>();
    List<HubEngine.Step> hubs = new ArrayList<>();
    int skipped = 0;
    for (Alert a : alerts) {
      Change before = changes.get(a.fingerprint());
      boolean known =
          before != null && before.at.equals(a.changedAt()) && before.status.equals(a.status());
      boolean stale = before != null && before.at.isAfter(a.changedAt());
      boolean waits = waiting.containsKey(a.fingerprint());
      if (stale || known && before != null && !before.failed && !waits) {
        skipped++;
        continue;
      }
      if (!known) {
        String correlation = clock.millis() + "-" + a.fingerprint();
        HubEvent event = a.event(engine.newId(), correlation);
        if (!event.hub().isEmpty()) {
          hubs.addAll(engine.handle(user, event));
        }
      }
      if (!known) {
        dropRetries(a.fingerprint(), "a later event took its place", out);
      }
      Waiting old = waiting.remove(a.fingerprint());
      try {
        applyRules(a, known ? before : null, hops, out);
        if (old != null && !known) {
          for (Pending p : old.pending.values()) {
            out.add(skip(p, old.alert, reason(old.alert, a)));
          }
        }
      } catch (IOException e) { // a repetition of the message finds what it found
        waiting.remove(a.fingerprint());
        if (old != null) {
          waiting.put(a.fingerprint(), old);
        }
        throw e;
      }
    }
    return new Applied(alerts.size(), skipped, out, hubs);
  }

  private static String reason(Alert old, Alert a) {
    return old.status().equals(a.status())
        ? "a later event took its place before the cool-down ended"
        : "it is " + a.status() + " before the cool-down ended";
  }

  /**
   * Applies the rules to a change of an alert.
   *
   * @param repeated what was known of the same change; null for a new one
   */
  private void applyRules(Alert a, @Nullable Change repeated, int hops, List<Step> out)
      throws IOException {
    int from = out.size();
    Set<String> done = repeated == null ? new HashSet<>() : new HashSet<>(repeated.done);
    for (AutomationRule r : rules) {
      if (r.isTriggeredBy(a)) {
        for (int i = 0; i < r.starts().size(); i++) {
          out.add(start(r, i, a, hops));
        }
        for (String id : r.ends()) {
          out.add(end(r, id, a, "alert " + a.name() + " is " + a.status()));
        }
        for (int i = 0; i < r.actions().size(); i++) {
          if (!done.contains(r.actionId(i, a))) {
            out.add(act(new Attempt(r, i, a, false, hops, 1), done));
          }
        }
      } else if (r.undo() && r.isFor(a) && !a.isFiring()) {
        for (int i = 0; i < r.starts().size(); i++) {
          if (controls.active(r.controlId(i, a)) != null) {
            out.add(end(r, r.controlId(i, a), a, "alert " + a.name() + " was resolved"));
          }
        }
        for (int i = 0; i < r.actions().size(); i++) {
          if (!done.contains(r.actionId(i, a)) && actions.canUndo(r, i, a)) {
            out.add(act(new Attempt(r, i, a, true, hops, 1), done));
          }
        }
      }
    }
    for (AutomationRule r : rules) {
      if (r.isFor(a) && !a.isFiring()) {
        actions.ended(r, a);
      }
    }
    boolean failed = out.subList(from, out.size()).stream().anyMatch(Step::isFailed);
    note(a, failed, done);
  }

  private void note(Alert a, boolean failed, Set<String> done) {
    changes.remove(a.fingerprint()); // or the order would be that of the first change
    changes.put(a.fingerprint(), new Change(a.changedAt(), a.status(), failed, Set.copyOf(done)));
  }

  /**
   * Starts what waited for a cool-down that has ended, and tries again what failed.
   *
   * @throws IOException when a change is not on disk; the next call tries again
   */
  synchronized void resume() throws IOException {
    for (Retry r : List.copyOf(retries.values())) {
      if (clock.nanos() - r.due >= 0) {
        retry(r);
      }
    }
    for (Waiting w : List.copyOf(waiting.values())) {
      if (w.pending.values().stream().anyMatch(this::isDue)) {
        resume(w);
      }
    }
  }

  private void retry(Retry r) throws IOException {
    Attempt was = r.attempt;
    Alert a = was.alert;
    AutomationRule now = null;
    for (AutomationRule rule : rules) {
      now = rule.name().equals(was.rule.name()) && rule.tree().equals(was.rule.tree()) ? rule : now;
    }
    Change c = changes.get(a.fingerprint());
    if (now == null || c == null || !isOf(c, a)) {
      skip(
          new Pending(was.rule, r.word, r.target, r.due),
          a,
          now == null
              ? "the rule has changed before the next attempt"
              : "the event is not known any more");
      retries.remove(was.id(), r);
      return;
    }
    retries.remove(was.id(), r);
    Set<String> done = new HashSet<>(c.done);
    boolean failed;
    try {
      failed = act(was, done).isFailed();
    } catch (IOException e) { // the next call tries again
      retries.putIfAbsent(was.id(), r);
      throw e;
    }
    note(a, c.failed || failed, done);
  }

  private static boolean isOf(Change c, Alert a) {
    return c.at.equals(a.changedAt()) && c.status.equals(a.status());
  }

  private void dropRetries(String fingerprint, String reason, List<Step> out) throws IOException {
    for (Retry r : List.copyOf(retries.values())) {
      if (r.attempt.alert.fingerprint().equals(fingerprint)) {
        out.add(
            skip(
                new Pending(r.attempt.rule, r.word, r.target, r.due),
                r.attempt.alert,
                reason + " before the next attempt"));
        retries.remove(r.attempt.id(), r);
      }
    }
  }

  private boolean isDue(Pending p) {
    return clock.nanos() - p.due >= 0;
  }

  private void resume(Waiting w) throws IOException {
    Alert a = w.alert;
    Change before = changes.get(a.fingerprint());
    boolean failed = before != null && before.failed;
    Set<String> done = before == null ? new HashSet<>() : new HashSet<>(before.done);
    for (AutomationRule r : rules) {
      if (!r.isTriggeredBy(a)) {
        continue;
      }
      for (int i = 0; i < r.starts().size(); i++) {
        String id = r.controlId(i, a);
        Pending p = w.pending.get(id);
        if (p != null && isDue(p)) {
          failed |= start(r, i, a, w.hops).isFailed();
          w.pending.remove(id, p); // unless it waits anew
        }
      }
      for (int i = 0; i < r.actions().size(); i++) {
        String id = r.actionId(i, a);
        Pending p = w.pending.get(id);
        if (p != null && isDue(p)) {
          failed |= act(new Attempt(r, i, a, false, w.hops, 1), done).isFailed();
          w.pending.remove(id, p);
          note(a, failed, done); // an error of a later one must not repeat it
        }
      }
    }
    note(a, failed, done);
    for (Map.Entry<String, Pending> e : List.copyOf(w.pending.entrySet())) {
      if (isDue(e.getValue())) {
        skip(e.getValue(), a, "the rule has changed before the cool-down ended");
        w.pending.remove(e.getKey());
      }
    }
    if (w.pending.isEmpty()) {
      waiting.remove(a.fingerprint());
    }
  }

  /**
   * Leaves out what an alert has waiting, since nothing says any longer whether it fires.
   *
   * @throws IOException when that is not audited; the alert waits then
   */
  synchronized void forget(String fingerprint) throws IOException {
    dropRetries(fingerprint, "what triggered it exists no longer", new ArrayList<>());
    actions.forget(fingerprint);
    Waiting w = waiting.get(fingerprint);
    if (w != null) {
      for (Pending p : w.pending.values()) {
        skip(p, w.alert, "what triggered it exists no longer");
      }
      waiting.remove(fingerprint);
    }
  }

  /** Variables that events of a rule hold, with the rule whose value each has. */
  Map<String, HeldActions.Held> holders(AutomationRule r) {
    return actions.holders(r);
  }

  /** What a rule has waiting, as the steps that it would have now. */
  synchronized List<Step> waiting(AutomationRule r) {
    List<Step> out = new ArrayList<>();
    for (Waiting w : waiting.values()) {
      for (Pending p : w.pending.values()) {
        if (p.rule.name().equals(r.name())) {
          out.add(made(p.rule, w.alert, p.word, p.target, COOLING_DOWN, "", starts(p.due)));
        }
      }
    }
    for (Retry x : retries.values()) {
      if (x.attempt.rule.name().equals(r.name())) {
        out.add(
            made(
                x.attempt.rule,
                x.attempt.alert,
                x.word,
                x.target,
                "failed",
                x.error,
                starts(x.due)));
      }
    }
    return out;
  }

  private long starts(long due) {
    return clock.millis() + Math.max(0, (due - clock.nanos()) / 1_000_000);
  }

  /** Keeps a start until the cool-down of its id ends. */
  private Step defer(
      AutomationRule r, Alert a, String id, String word, String target, long before, int hops)
      throws IOException {
    Pending p = new Pending(r, word, target, before + r.coolDown().toNanos());
    Waiting w = waiting.get(a.fingerprint());
    if (w == null && waiting.size() >= MAX_REMEMBERED) {
      return skip(p, a, MAX_REMEMBERED + " alerts wait for the end of a cool-down, the limit");
    }
    if (w == null) {
      w = new Waiting(a, hops, new LinkedHashMap<>());
      waiting.put(a.fingerprint(), w);
    }
    w.pending.put(id, p);
    return step(made(r, a, word, target, COOLING_DOWN, "", starts(p.due)));
  }

  private Step skip(Pending p, Alert a, String reason) throws IOException {
    audit.append(
        actor(p.rule),
        "automation.skipped",
        p.word.equals("start") ? "control/" + p.target : p.target,
        "alert " + a.name(),
        Map.of(),
        Map.of("action", p.word, "reason", reason));
    return step(p.rule, a, p.word, p.target, SKIPPED, reason);
  }

  /**
   * Runs an action, or what undoes it.
   *
   * @param done receives its id unless a repetition may try it again
   */
  private Step act(Attempt attempt, Set<String> done) throws IOException {
    AutomationRule r = attempt.rule;
    Alert a = attempt.alert;
    boolean undo = attempt.undo;
    String id = attempt.id();
    String word = undo ? "undo" : "action";
    String target = id;
    try {
      RuleAction action = r.action(attempt.index, a);
      word = (undo ? "undo " : "") + action.word();
      target = action.target();
      Long before = starts.get(id);
      if (!undo
          && attempt.number == 1
          && before != null
          && clock.nanos() - before < r.coolDown().toNanos()) {
        return defer(r, a, id, word, target, before, attempt.hops);
      }
      done.add(id);
      if (!undo) {
        starts.remove(id);
        starts.put(id, clock.nanos());
      }
      if (r.dryRun()) {
        audit.append(
            actor(r),
            "automation.dry_run",
            action.target(),
            "alert " + a.name(),
            Map.of(),
            Map.of("action", word));
        return step(r, a, word, action.target(), "dry run", "");
      }
      String noted = word;
      String result =
          actions.run(
              new RuleActions.Run(r, action, id, a, undo, attempt.hops),
              o -> finished(attempt, noted, action.target(), o));
      if (result.equals(RuleActions.HOP_LIMIT)) {
        return failed(r, a, word, action.target(), result, RuleActions.HOP_LIMIT_REACHED);
      }
      if (result.startsWith(RuleActions.HELD)) {
        String why = result.substring(RuleActions.HELD.length());
        return step(r, a, word, action.target(), "held", why);
      }
      return step(r, a, word, action.target(), result, "");
    } catch (ConflictException | Rollouts.NotFoundException | RuleCalls.BusyException e) {
      return tryLater(attempt, word, target, String.valueOf(e.getMessage()), done);
    } catch (ConfigException | IllegalArgumentException e) { // as wrong at a later time
      done.remove(id);
      starts.remove(id);
      return failed(r, a, word, id, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Notes a failed attempt, and keeps the next one for its time.
   *
   * @param done loses its id after the last attempt, so that a repeated message tries again
   */
  private Step tryLater(Attempt attempt, String word, String target, String error, Set<String> done)
      throws IOException {
    AutomationRule r = attempt.rule;
    boolean more = attempt.number < ATTEMPTS && retries.size() < MAX_REMEMBERED;
    String text = error + " (attempt " + attempt.number + " of " + ATTEMPTS + ")";
    if (!more) {
      done.remove(attempt.id());
      starts.remove(attempt.id());
      return failed(r, attempt.alert, word, target, text);
    }
    long due = clock.nanos() + PAUSES[attempt.number - 1].toNanos();
    Step s = failed(r, attempt.alert, word, target, "failed", text, starts(due));
    retries.put(attempt.id(), new Retry(attempt.next(), word, target, text, due));
    return s;
  }

  /** Notes the result of a request that was sent. */
  private void finished(Attempt attempt, String word, String target, RuleCalls.Outcome o) {
    AutomationRule r = attempt.rule;
    Alert a = attempt.alert;
    try {
      synchronized (this) {
        Change c = changes.get(a.fingerprint());
        boolean current = c != null && isOf(c, a);
        if (o.error().isEmpty()) {
          step(r, a, word, target, "done", "");
        } else if (o.retryable() && current && c != null) {
          Set<String> done = new HashSet<>(c.done);
          boolean failed = tryLater(attempt, word, target, o.error(), done).isFailed();
          note(a, c.failed || failed, done);
        } else {
          failed(r, a, word, target, o.error());
        }
      }
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Result of a request not audited rule=" + r.name(), e);
    }
  }

  /** Ends active controls of a rule that are of other events than those that fire. */
  synchronized void endOthers(AutomationRule r, List<Alert> firing) throws IOException {
    Set<String> kept = new HashSet<>();
    for (Alert a : firing) {
      for (int i = 0; i < r.starts().size(); i++) {
        kept.add(r.controlId(i, a));
      }
    }
    for (LiveControl c : controls.state().active) {
      String id = c.control().id();
      if (r.undo() && !r.dryRun() && r.starts(id) && !kept.contains(id)) {
        try {
          controls.end(id, actor(r), "the result of the query has ended");
        } catch (ConflictException | Rollouts.NotFoundException e) {
          LOG.log(Level.DEBUG, "Control ended meanwhile", e);
        }
      }
    }
  }

  private Step start(AutomationRule r, int action, Alert a, int hops) throws IOException {
    String id = r.controlId(action, a);
    Long before = starts.get(id);
    LiveControl active = controls.active(id);
    if (active != null) {
      return active(r, action, a, active);
    }
    if (before != null && clock.nanos() - before < r.coolDown().toNanos()) {
      return defer(r, a, id, "start", id, before, hops);
    }
    try {
      ControlRequest request = r.control(action, a);
      if (!r.dryRun()) {
        controls.start(request, actor(r));
      }
    } catch (ConfigException | IllegalArgumentException | ConflictException e) {
      return failed(r, a, "start", id, String.valueOf(e.getMessage()));
    }
    starts.remove(id);
    starts.put(id, clock.nanos());
    return r.dryRun() ? dryRun(r, a, "start", id) : step(r, a, "start", id, "done", "");
  }

  /**
   * Step of an action whose control is active already, which may be another one of that id. Its
   * owner is a text that any user can choose, and says nothing about that.
   */
  private Step active(AutomationRule r, int action, Alert a, LiveControl c) throws IOException {
    String id = c.control().id();
    try {
      ControlRequest wanted = r.control(action, a);
      boolean own =
          c.author().isEmpty() // of a file of before
              ? c.control().owner().equals(wanted.control().owner())
              : c.author().equals(actor(r));
      if (own) {
        return step(r, a, "start", id, "active", "");
      }
    } catch (ConfigException | IllegalArgumentException e) {
      return failed(r, a, "start", id, String.valueOf(e.getMessage()));
    }
    return failed(
        r,
        a,
        "start",
        id,
        "a " + c.control().action().word() + " of " + c.ownerAndAuthor() + " has this id; end it");
  }

  private Step end(AutomationRule r, String id, Alert a, String reason) throws IOException {
    if (controls.active(id) == null) {
      return step(r, a, "end", id, "absent", "");
    }
    if (r.dryRun()) {
      return dryRun(r, a, "end", id);
    }
    try {
      controls.end(id, actor(r), Texts.shortened(reason, 1000));
      return step(r, a, "end", id, "done", "");
    } catch (ConflictException | Rollouts.NotFoundException e) { // it ended meanwhile
      return step(r, a, "end", id, "absent", String.valueOf(e.getMessage()));
    }
  }

  static String actor(AutomationRule r) {
    return "automation:" + r.name();
  }

  private Step dryRun(AutomationRule r, Alert a, String action, String id) throws IOException {
    audit.append(
        actor(r),
        "automation.dry_run",
        "control/" + id,
        "alert " + a.name(),
        Map.of(),
        Map.of("action", action));
    return step(r, a, action, id, "dry run", "");
  }

  private Step failed(AutomationRule r, Alert a, String action, String id, String error)
      throws IOException {
    return failed(r, a, action, id, "failed", error);
  }

  private Step failed(
      AutomationRule r, Alert a, String action, String id, String result, String error)
      throws IOException {
    return failed(r, a, action, id, result, error, 0);
  }

  private Step failed(
      AutomationRule r,
      Alert a,
      String action,
      String id,
      String result,
      String error,
      long startsMillis)
      throws IOException {
    audit.append(
        actor(r),
        "automation.failed",
        action.equals("start") || action.equals("end") ? "control/" + id : id,
        "alert " + a.name(),
        Map.of(),
        Map.of("action", action, "error", error));
    LOG.log(
        Level.WARNING,
        "Action of automation failed rule={0} action={1} control={2} error=\"{3}\"",
        r.name(),
        action,
        id,
        error);
    return step(made(r, a, action, id, result, error, startsMillis));
  }

  private Step step(
      AutomationRule r, Alert a, String action, String id, String result, String error) {
    return step(made(r, a, action, id, result, error, 0));
  }

  private Step made(
      AutomationRule r,
      Alert a,
      String action,
      String id,
      String result,
      String error,
      long starts) {
    return new Step(
        clock.millis(),
        r.name(),
        Texts.shortened(a.name(), 256),
        Texts.shortened(a.fingerprint(), 64),
        action,
        id,
        result,
        Texts.shortened(error, 1000),
        starts);
  }

  private Step step(Step s) {
    if (steps.size() == MAX_STEPS) {
      steps.removeLast();
    }
    steps.addFirst(s);
    return s;
  }
}
