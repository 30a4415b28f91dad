package dev.tethys.control.automation;

import dev.tethys.config.ConfigException;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.automation.ActionRetries.Attempt;
import dev.tethys.control.automation.ActionRetries.Retry;
import dev.tethys.control.automation.StepLog.Step;
import dev.tethys.control.mdai.HubEngine;
import dev.tethys.control.mdai.HubEvent;
import dev.tethys.control.text.Texts;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Application of rules to alerts. A change of an alert is applied once: repeated messages about it
 * are left out. The controls of a rule end when its alert is resolved, also one that fired before
 * the control plane was started. Everything is guarded by this.
 *
 * <p>What an alert may not start within a cool-down waits for its end, and starts then with the
 * latest change of the alert, unless that no longer triggers the rule. What waits is not on disk.
 *
 * <p>A failed action that may succeed later is retried as long as its alert has not changed; {@link
 * ActionRetries} keeps the pending ones, also over a restart.
 */
public final class Automation {
  private static final System.Logger LOG = JulLogger.of(Automation.class.getName());

  /** Alerts and starts that are remembered. */
  private static final int MAX_REMEMBERED = 10_000;

  /** Prefix of the actor of a rule's actions. */
  static final String ACTOR = "automation:";

  private static final String COOLING_DOWN = "cooling down";

  /**
   * Start that waits for the end of a cool-down.
   *
   * @param word name of the action
   * @param target target of the action
   * @param due end of the cool-down, monotonic
   */
  private record Pending(AutomationRule rule, String word, String target, long due) {}

  /**
   * Last change of an alert with its actions that are not started yet.
   *
   * @param pending actions by the ID of the control or action
   */
  private record Waiting(Alert alert, int hops, Map<String, Pending> pending) {}

  /**
   * Last change of an alert.
   *
   * @param failed whether an action failed, so that a repetition of the message tries again
   * @param done actions that a repetition leaves out, by id
   */
  private record Change(Instant at, String status, boolean failed, Set<String> done) {}

  /** End of the error of a rollout that waits for its version, while a state lasts. */
  private static final String AWAITED = "; it is rolled out once it exists, while the event lasts";

  private static final String CHANGED_BEFORE_NEXT = "the rule has changed before the next attempt";

  /**
   * Result of a message.
   *
   * @param skipped alerts that had not changed, or whose change is older than a known one
   */
  public record Applied(int alerts, int skipped, List<Step> steps, List<HubEngine.Step> hubs) {}

  private final RuleControls controls;
  private final HubEngine engine;
  private final RuleActions actions;
  private final ActionRetries retries;
  private final StepLog steps;
  private final Scheduler clock;
  private final Map<String, Change> changes = bounded(); // of alerts, by fingerprint
  private final Map<String, Long> starts = bounded(); // nanoseconds, by id of control
  private final Map<String, String> stale = bounded(); // last one left out, by fingerprint
  private final Map<String, Waiting> waiting = new LinkedHashMap<>(); // by fingerprint

  private List<AutomationRule> rules;
  private boolean closed;
  private boolean restored; // whether the attempts of before a restart were taken

  public Automation(
      List<AutomationRule> rules,
      RuleControls controls,
      HubEngine engine,
      RuleActions actions,
      ActionRetries retries,
      StepLog steps,
      Scheduler clock) {
    this.rules = rules;
    this.controls = controls;
    this.engine = engine;
    this.actions = actions;
    this.retries = retries;
    this.steps = steps;
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

  public synchronized List<AutomationRule> rules() {
    return rules;
  }

  /** Results, the latest first. */
  public List<Step> steps() {
    return steps.all();
  }

  /**
   * Applies the rules to alerts.
   *
   * @throws IOException when a change is not on disk; a repetition of the message tries again
   */
  public Applied apply(List<Alert> alerts, String user) throws IOException {
    return apply(alerts, user, 0);
  }

  /**
   * Applies the rules to alerts; exceptions as for the other.
   *
   * @param hops changes of variables that led to them
   */
  public synchronized Applied apply(List<Alert> alerts, String user, int hops) throws IOException {
    restore();
    List<Step> out = new ArrayList<>();
    List<HubEngine.Step> hubs = new ArrayList<>();
    int skipped = 0;
    for (Alert a : alerts) {
      Change before = changes.get(a.fingerprint());
      boolean known =
          before != null && before.at.equals(a.changedAt()) && before.status.equals(a.status());
      boolean stale = before != null && before.at.isAfter(a.changedAt());
      boolean waits = waiting.containsKey(a.fingerprint());
      if (before != null && stale) {
        skipped++;
        noteStale(a, before, out);
        continue;
      }
      if (known && before != null && !before.failed && !waits) {
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
            out.add(steps.skip(p.rule.name(), old.alert, p.word, p.target, reason(old.alert, a)));
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

  /** Notes for each rule that an alert of before the last change is left out, once for each. */
  private void noteStale(Alert a, Change last, List<Step> out) throws IOException {
    String change = a.status() + " " + a.changedAt();
    if (change.equals(stale.put(a.fingerprint(), change))) {
      return;
    }
    for (AutomationRule r : rules) {
      if (r.isTriggeredBy(a) || r.undo() && r.isFor(a) && !a.isFiring()) {
        String why =
            "%s since %s, which is before the last change: %s since %s"
                .formatted(a.status(), a.changedAt(), last.status, last.at);
        out.add(steps.skip(r.name(), a, "event", a.status(), why));
      }
    }
  }

  private static String reason(Alert old, Alert a) {
    return old.status().equals(a.status())
        ? "a later event took its place before the cool-down ended"
        : "it is " + a.status() + " before the cool-down ended";
  }

  /**
   * Applies the rules to a change of an alert.
   *
   * @param repeated known state of the same change; null for a new one
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
          out.add(controls.end(r, id, a, "alert " + a.name() + " is " + a.status()));
        }
        for (int i = 0; i < r.actions().size(); i++) {
          if (!done.contains(r.actionId(i, a))) {
            out.add(act(new Attempt(r, i, a, false, hops, 1), done));
          }
        }
      } else if (r.undo() && r.isFor(a) && !a.isFiring()) {
        for (int i = 0; i < r.starts().size(); i++) {
          if (controls.isActive(r.controlId(i, a))) {
            out.add(controls.end(r, r.controlId(i, a), a, "alert " + a.name() + " was resolved"));
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
    boolean failed = out.subList(from, out.size()).stream().anyMatch(Step::failed);
    note(a, failed, done);
  }

  private void note(Alert a, boolean failed, Set<String> done) {
    changes.remove(a.fingerprint()); // or the order would be that of the first change
    changes.put(a.fingerprint(), new Change(a.changedAt(), a.status(), failed, Set.copyOf(done)));
  }

  /**
   * Starts actions whose cool-down has ended, and retries failed ones.
   *
   * @throws IOException when a change is not on disk; the next call tries again
   */
  synchronized void resume() throws IOException {
    restore();
    for (Retry r : retries.all()) {
      Long due = r.due();
      if (due != null && clock.nanos() - due >= 0 && !isAwaited(r)) {
        retry(r);
      }
    }
    for (Waiting w : List.copyOf(waiting.values())) {
      if (w.pending.values().stream().anyMatch(this::isDue)) {
        resume(w);
      }
    }
  }

  /** Whether a rollout still waits for its version. */
  private boolean isAwaited(Retry r) {
    Attempt a = r.attempt();
    if (!r.error().endsWith(AWAITED) || current(a.rule()) == null) {
      return false;
    }
    try {
      return a.rule().action(a.index(), a.alert()) instanceof RuleAction.RollOut o
          && !actions.exists(o);
    } catch (ConfigException | IllegalArgumentException e) { // the attempt says what is wrong
      return false;
    }
  }

  /** The rule that is as another one was; null for none. */
  private @Nullable AutomationRule current(AutomationRule was) {
    AutomationRule now = null;
    for (AutomationRule rule : rules) {
      now = rule.name().equals(was.name()) && rule.tree().equals(was.tree()) ? rule : now;
    }
    return now;
  }

  /** Takes the attempts of before a restart: their alerts are known, and repeated by none. */
  private void restore() throws IOException {
    if (restored) {
      return;
    }
    for (Retry r : retries.restore(rules)) {
      Alert a = r.attempt().alert();
      Set<String> done = new HashSet<>();
      for (AutomationRule rule : rules) {
        for (int i = 0; rule.isFor(a) && i < rule.actions().size(); i++) {
          done.add(rule.actionId(i, a));
        }
      }
      note(a, false, done);
    }
    for (ActionRetries.Former f : retries.takeOthers()) {
      steps.skip(f.rule(), f.alert(), f.word(), f.target(), CHANGED_BEFORE_NEXT);
    }
    retries.save();
    restored = true;
  }

  private void retry(Retry r) throws IOException {
    Attempt was = r.attempt();
    Alert a = was.alert();
    AutomationRule now = current(was.rule());
    Change c = changes.get(a.fingerprint());
    if (now == null || c == null || !isOf(c, a)) {
      steps.skip(
          was.rule().name(),
          a,
          r.word(),
          r.target(),
          now == null ? CHANGED_BEFORE_NEXT : "the event is no longer known");
      retries.remove(was);
      return;
    }
    Set<String> done = new HashSet<>(c.done);
    boolean failed =
        (was.number() > ActionRetries.ATTEMPTS
                ? giveUp(was, r.word(), r.target(), r.error(), done)
                : act(was, done))
            .failed();
    note(a, c.failed || failed, done);
  }

  private static boolean isOf(Change c, Alert a) {
    return c.at.equals(a.changedAt()) && c.status.equals(a.status());
  }

  /** Drops the attempts that are due later; a request in progress is not interrupted. */
  private void dropRetries(String fingerprint, String reason, List<Step> out) throws IOException {
    for (Retry r : retries.all()) {
      Alert a = r.attempt().alert();
      if (r.due() != null && a.fingerprint().equals(fingerprint)) {
        out.add(
            steps.skip(
                r.attempt().rule().name(),
                a,
                r.word(),
                r.target(),
                reason + " before the next attempt"));
        retries.remove(r.attempt());
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
          failed |= start(r, i, a, w.hops).failed();
          w.pending.remove(id, p); // unless it waits anew
        }
      }
      for (int i = 0; i < r.actions().size(); i++) {
        String id = r.actionId(i, a);
        Pending p = w.pending.get(id);
        if (p != null && isDue(p)) {
          failed |= act(new Attempt(r, i, a, false, w.hops, 1), done).failed();
          w.pending.remove(id, p);
          note(a, failed, done); // an error of a later one must not repeat it
        }
      }
    }
    note(a, failed, done);
    for (Map.Entry<String, Pending> e : List.copyOf(w.pending.entrySet())) {
      if (isDue(e.getValue())) {
        Pending p = e.getValue();
        steps.skip(
            p.rule.name(), a, p.word, p.target, "the rule has changed before the cool-down ended");
        w.pending.remove(e.getKey());
      }
    }
    if (w.pending.isEmpty()) {
      waiting.remove(a.fingerprint());
    }
  }

  /**
   * Drops the pending actions of an alert, since nothing reports any longer whether it fires.
   *
   * @throws IOException if that is not audited; the alert keeps waiting then
   */
  synchronized void forget(String fingerprint) throws IOException {
    dropRetries(fingerprint, "its trigger no longer exists", new ArrayList<>());
    actions.forget(fingerprint);
    Waiting w = waiting.get(fingerprint);
    if (w != null) {
      for (Pending p : w.pending.values()) {
        steps.skip(p.rule.name(), w.alert, p.word, p.target, "its trigger no longer exists");
      }
      waiting.remove(fingerprint);
    }
  }

  /** Variables that events of a rule hold, with the rule whose value each has. */
  public Map<String, HeldActions.Held> holders(AutomationRule r) {
    return actions.holders(r);
  }

  /** Pending actions of a rule, as the steps that they would be now. */
  public synchronized List<Step> waiting(AutomationRule r) {
    List<Step> out = new ArrayList<>();
    for (Waiting w : waiting.values()) {
      for (Pending p : w.pending.values()) {
        if (p.rule.name().equals(r.name())) {
          out.add(steps.made(r.name(), w.alert, p.word, p.target, COOLING_DOWN, "", starts(p.due)));
        }
      }
    }
    for (Retry x : retries.all()) {
      Long due = x.due();
      if (due != null && x.attempt().rule().name().equals(r.name())) {
        out.add(
            steps.made(
                r.name(),
                x.attempt().alert(),
                x.word(),
                x.target(),
                "failed",
                x.error(),
                x.error().endsWith(AWAITED) ? 0 : starts(due)));
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
      return steps.skip(
          r.name(),
          a,
          word,
          target,
          MAX_REMEMBERED + " alerts wait for the end of a cool-down, the limit");
    }
    if (w == null) {
      w = new Waiting(a, hops, new LinkedHashMap<>());
      waiting.put(a.fingerprint(), w);
    }
    w.pending.put(id, p);
    return steps.note(steps.made(r.name(), a, word, target, COOLING_DOWN, "", starts(p.due)));
  }

  /**
   * Runs an action, or its reversal.
   *
   * @param done receives its ID unless it may be retried
   */
  private Step act(Attempt attempt, Set<String> done) throws IOException {
    AutomationRule r = attempt.rule();
    Alert a = attempt.alert();
    boolean undo = attempt.undo();
    String id = attempt.id();
    String word = undo ? "undo" : "action";
    String target = id;
    try {
      RuleAction action = r.action(attempt.index(), a);
      word = (undo ? "undo " : "") + action.word();
      target = action.target();
      Long before = starts.get(id);
      if (!undo
          && attempt.number() == 1
          && before != null
          && clock.nanos() - before < r.coolDown().toNanos()) {
        return defer(r, a, id, word, target, before, attempt.hops());
      }
      done.add(id);
      if (!undo) {
        starts.remove(id);
        starts.put(id, clock.nanos());
      }
      if (r.dryRun()) {
        return steps.dryRun(r.name(), a, word, target);
      }
      if (action.isRequest()) { // or a restart would lose it while it is under way
        retries.put(new Retry(attempt, word, target, "", null));
      }
      String noted = word;
      String result =
          actions.run(
              new RuleActions.Run(r, action, id, word, a, undo, attempt.hops()),
              o -> finished(attempt, noted, action.target(), o));
      if (!action.isRequest()) {
        retries.remove(attempt);
      }
      if (result.equals(RuleActions.HOP_LIMIT)) {
        return steps.fail(r.name(), a, word, target, result, RuleActions.HOP_LIMIT_REACHED, 0);
      }
      if (result.startsWith(RuleActions.HELD)) {
        String why = result.substring(RuleActions.HELD.length());
        return steps.note(r.name(), a, word, target, "held", why);
      }
      return steps.note(r.name(), a, word, target, result, "");
    } catch (ConflictException | NotFoundException | RuleCalls.BusyException e) {
      return tryLater(attempt, word, target, String.valueOf(e.getMessage()), done);
    } catch (RuleActions.AbsentException e) {
      return a.isFiring() && RuleActions.isState(a) && retries.hasRoom(id)
          ? awaitVersion(attempt, word, target, e.getMessage() + AWAITED)
          : giveUp(attempt, word, id, String.valueOf(e.getMessage()), done);
    } catch (ConfigException | IllegalArgumentException e) { // as wrong at a later time
      done.remove(id);
      starts.remove(id);
      retries.remove(attempt);
      return steps.fail(r.name(), a, word, id, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Notes a failed attempt, and keeps the next one for its time.
   *
   * @param done loses its id after the last attempt, so that a repeated message tries again
   */
  private Step tryLater(Attempt attempt, String word, String target, String error, Set<String> done)
      throws IOException {
    Duration pause = ActionRetries.pause(attempt.number());
    String text = error + " (attempt " + attempt.number() + " of " + ActionRetries.ATTEMPTS + ")";
    if (pause == null || !retries.hasRoom(attempt.id())) {
      return giveUp(attempt, word, target, text, done);
    }
    long due = clock.nanos() + pause.toNanos();
    retries.put(new Retry(attempt.next(), word, target, text, due));
    return steps.fail(
        attempt.rule().name(), attempt.alert(), word, target, "failed", text, starts(due));
  }

  /** Notes that a version to roll out is absent, and keeps the attempt until it exists. */
  private Step awaitVersion(Attempt attempt, String word, String target, String error)
      throws IOException {
    Attempt next = attempt.number() == 1 ? attempt.next() : attempt; // in the same cool-down
    retries.put(new Retry(next, word, target, error, clock.nanos()));
    return steps.fail(attempt.rule().name(), attempt.alert(), word, target, error);
  }

  /** Notes that an action is not tried again. */
  private Step giveUp(Attempt attempt, String word, String target, String error, Set<String> done)
      throws IOException {
    done.remove(attempt.id());
    starts.remove(attempt.id());
    retries.remove(attempt);
    return steps.fail(attempt.rule().name(), attempt.alert(), word, target, error);
  }

  /** Notes the result of a request that was sent. */
  private void finished(Attempt attempt, String word, String target, RuleCalls.Outcome o) {
    String rule = attempt.rule().name();
    Alert a = attempt.alert();
    try {
      synchronized (this) {
        if (closed) {
          return; // the next start sends it again
        }
        Change c = changes.get(a.fingerprint());
        boolean current = c != null && isOf(c, a);
        if (o.error().isEmpty()) {
          retries.remove(attempt);
          steps.sent(rule, a, word, target);
        } else if (o.retryable() && current && c != null) {
          Set<String> done = new HashSet<>(c.done);
          boolean failed = tryLater(attempt, word, target, o.error(), done).failed();
          note(a, c.failed || failed, done);
        } else {
          retries.remove(attempt);
          steps.fail(rule, a, word, target, o.error());
        }
      }
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Result of a request not noted rule=" + rule, e);
    }
  }

  /**
   * Notes how the replay of a rule ended.
   *
   * @param error "" where it is complete
   * @throws IOException when that is not audited
   */
  public void replayEnded(Replays.Origin o, String replay, String error, long items)
      throws IOException {
    steps.noteReplay(o, replay, error, Texts.counted(items, "item") + " replayed");
  }

  /** Ends controls of a rule, and undoes held actions, of events other than the firing ones. */
  synchronized void endOthers(AutomationRule r, List<Alert> firing) throws IOException {
    controls.endOthers(r, firing);
    Set<String> present = new HashSet<>();
    firing.forEach(a -> present.add(a.fingerprint()));
    for (String ended : actions.holders(r.name())) {
      if (!present.contains(ended)) {
        Map<String, String> labels = new TreeMap<>(r.labels());
        labels.put("alertname", r.alert());
        String now = Instant.ofEpochMilli(clock.millis()).toString();
        apply(List.of(new Alert("resolved", labels, Map.of(), now, ended)), "automation");
      }
    }
  }

  /** Notes nothing from now on. */
  public synchronized void close() {
    closed = true;
  }

  private Step start(AutomationRule r, int action, Alert a, int hops) throws IOException {
    String id = r.controlId(action, a);
    Long before = starts.get(id);
    if (controls.isActive(id)) {
      return controls.noteActive(r, action, a);
    }
    if (before != null && clock.nanos() - before < r.coolDown().toNanos()) {
      return defer(r, a, id, "start", id, before, hops);
    }
    Step s = controls.start(r, action, a);
    if (!s.failed()) {
      starts.remove(id);
      starts.put(id, clock.nanos());
    }
    return s;
  }

  static String actor(AutomationRule r) {
    return ACTOR + r.name();
  }
}
