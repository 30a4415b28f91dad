package dev.tethys.control.automation;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.automation.ActionRetries.Attempt;
import dev.tethys.control.automation.ActionRetries.Retry;
import dev.tethys.control.automation.StepLog.Step;
import dev.tethys.control.mdai.HubEvent;
import dev.tethys.control.text.Texts;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Application of rules to alerts. A change of an alert is applied once: repeated messages about it
 * are omitted. The controls of a rule end when its alert is resolved, also one that fired before
 * the control plane was started. Everything is guarded by this.
 *
 * <p>What an alert may not start within a cool-down waits for its end in {@link CoolDowns}, and
 * starts then with the latest change of the alert, unless that no longer triggers the rule.
 *
 * <p>A failed action that may succeed later is retried as long as its alert has not changed; {@link
 * ActionRetries} keeps the pending ones, also over a restart.
 */
public final class Automation {
  private static final System.Logger LOG = JulLogger.of(Automation.class.getName());

  private static final String CHANGED_BEFORE_NEXT = "the rule has changed before the next attempt";

  /**
   * Result of processing one message.
   *
   * @param skipped alerts that had not changed, or whose change is older than a known one
   */
  public record Applied(int alerts, int skipped, List<Step> steps, List<HubRules.Step> hubs) {}

  private final RuleControls controls;
  private final HubRules hubRules;
  private final RuleActions actions;
  private final ActionRetries retries;
  private final StepLog steps;
  private final Scheduler clock;
  private final AlertChanges changes;
  private final CoolDowns coolDowns;
  private final FailedAttempts failures;

  @GuardedBy("this")
  private List<AutomationRule> rules;

  @GuardedBy("this")
  private boolean closed;

  private boolean restored; // whether the attempts of before a restart were taken

  public Automation(
      List<AutomationRule> rules,
      RuleControls controls,
      HubRules hubRules,
      RuleActions actions,
      ActionRetries retries,
      StepLog steps,
      Scheduler clock) {
    this.rules = rules;
    this.controls = controls;
    this.hubRules = hubRules;
    this.actions = actions;
    this.retries = retries;
    this.steps = steps;
    this.clock = clock;
    changes = new AlertChanges(steps);
    coolDowns = new CoolDowns(steps, clock);
    failures = new FailedAttempts(retries, coolDowns, steps, clock);
    actions.define(rules);
  }

  /** Replaces the rules. */
  synchronized void define(List<AutomationRule> next) {
    rules = next;
    actions.define(next);
  }

  public synchronized List<AutomationRule> rules() {
    return rules;
  }

  /** Returns the results, newest first. */
  public List<Step> steps() {
    return steps.all();
  }

  /**
   * Applies the rules to alerts.
   *
   * @throws IOException if a change is not on disk; a repetition of the message retries
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
    List<HubRules.Step> hubs = new ArrayList<>();
    int skipped = 0;
    for (Alert a : alerts) {
      AlertChanges.Change before = changes.last(a);
      boolean known = before != null && before.isOf(a);
      boolean waits = coolDowns.waits(a);
      if (before != null && before.at().isAfter(a.changedAt())) {
        skipped++;
        out.addAll(changes.noteStale(a, before, rules));
        continue;
      }
      if (known && before != null && !before.failed() && !waits) {
        skipped++;
        continue;
      }
      if (!known) {
        String correlation = clock.millis() + "-" + a.fingerprint();
        HubEvent event = a.event(actions.newId(), correlation);
        if (!event.hub().isEmpty()) {
          hubs.addAll(hubRules.handle(user, event));
        }
      }
      if (!known) {
        dropRetries(a.fingerprint(), "a later event took its place", out);
      }
      CoolDowns.Waiting old = coolDowns.take(a);
      try {
        applyRules(a, known ? before : null, hops, out);
        if (old != null && !known) {
          out.addAll(coolDowns.skip(old, reason(old.alert(), a)));
        }
      } catch (IOException e) { // a repetition of the message finds what it found
        coolDowns.restore(a, old);
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
   * @param repeated known state of the same change; null for a new one
   */
  @GuardedBy("this")
  private void applyRules(Alert a, AlertChanges.@Nullable Change repeated, int hops, List<Step> out)
      throws IOException {
    int from = out.size();
    Set<String> done = repeated == null ? new HashSet<>() : new HashSet<>(repeated.done());
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
    changes.note(a, failed, done);
  }

  /**
   * Starts actions whose cool-down has ended and retries failed ones.
   *
   * @throws IOException if a change is not on disk; the next call retries
   */
  synchronized void resume() throws IOException {
    restore();
    for (Retry r : retries.all()) {
      Long due = r.due();
      if (due != null && clock.nanos() - due >= 0 && !isAwaited(r)) {
        retry(r);
      }
    }
    for (CoolDowns.Waiting w : coolDowns.due()) {
      resume(w);
    }
  }

  /** Whether a rollout still waits for its version. */
  @GuardedBy("this")
  private boolean isAwaited(Retry r) {
    Attempt a = r.attempt();
    if (!r.error().endsWith(FailedAttempts.AWAITED) || current(a.rule()) == null) {
      return false;
    }
    try {
      return a.rule().action(a.index(), a.alert()) instanceof RuleAction.RollOut o
          && !actions.exists(o);
    } catch (ConfigException | IllegalArgumentException e) { // the attempt says what is wrong
      return false;
    }
  }

  /** Returns the current rule equal to a previous one; null if none. */
  @GuardedBy("this")
  private @Nullable AutomationRule current(AutomationRule was) {
    AutomationRule now = null;
    for (AutomationRule rule : rules) {
      now = rule.name().equals(was.name()) && rule.tree().equals(was.tree()) ? rule : now;
    }
    return now;
  }

  /**
   * Restores the attempts from before a restart: their alerts are known and will not be repeated.
   */
  @GuardedBy("this")
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
      changes.note(a, false, done);
    }
    for (ActionRetries.Former f : retries.takeOthers()) {
      steps.skip(f.rule(), f.alert(), f.word(), f.target(), CHANGED_BEFORE_NEXT);
    }
    retries.save();
    restored = true;
  }

  @GuardedBy("this")
  private void retry(Retry r) throws IOException {
    Attempt was = r.attempt();
    Alert a = was.alert();
    AutomationRule now = current(was.rule());
    AlertChanges.Change c = changes.last(a);
    if (now == null || c == null || !c.isOf(a)) {
      steps.skip(
          was.rule().name(),
          a,
          r.word(),
          r.target(),
          now == null ? CHANGED_BEFORE_NEXT : "the event is no longer known");
      retries.remove(was);
      return;
    }
    Set<String> done = new HashSet<>(c.done());
    boolean failed =
        (was.number() > ActionRetries.ATTEMPTS
                ? failures.giveUp(was, r.word(), r.target(), r.error(), done)
                : act(was, done))
            .failed();
    changes.note(a, c.failed() || failed, done);
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

  @GuardedBy("this")
  private void resume(CoolDowns.Waiting w) throws IOException {
    Alert a = w.alert();
    AlertChanges.Change before = changes.last(a);
    boolean failed = before != null && before.failed();
    Set<String> done = before == null ? new HashSet<>() : new HashSet<>(before.done());
    for (AutomationRule r : rules) {
      if (!r.isTriggeredBy(a)) {
        continue;
      }
      for (int i = 0; i < r.starts().size(); i++) {
        CoolDowns.Pending p = coolDowns.due(w, r.controlId(i, a));
        if (p != null) {
          failed |= start(r, i, a, w.hops()).failed();
          coolDowns.resumed(w, r.controlId(i, a), p);
        }
      }
      for (int i = 0; i < r.actions().size(); i++) {
        CoolDowns.Pending p = coolDowns.due(w, r.actionId(i, a));
        if (p != null) {
          failed |= act(new Attempt(r, i, a, false, w.hops(), 1), done).failed();
          coolDowns.resumed(w, r.actionId(i, a), p);
          changes.note(a, failed, done); // an error of a later one must not repeat it
        }
      }
    }
    changes.note(a, failed, done);
    coolDowns.skipDue(w);
  }

  /**
   * Drops the pending actions of an alert, since nothing reports any longer whether it fires.
   *
   * @throws IOException if that is not audited; the alert keeps waiting then
   */
  synchronized void forget(String fingerprint) throws IOException {
    dropRetries(fingerprint, "its trigger no longer exists", new ArrayList<>());
    actions.forget(fingerprint);
    coolDowns.forget(fingerprint, "what triggered it exists no longer");
  }

  /** Variables set by events of a rule, with the rule that determines each value. */
  public Map<String, HeldActions.Held> holders(AutomationRule r) {
    return actions.holders(r);
  }

  /** Returns the pending actions of a rule as steps. */
  public synchronized List<Step> waiting(AutomationRule r) {
    List<Step> out = coolDowns.steps(r);
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
                x.error().endsWith(FailedAttempts.AWAITED) ? 0 : failures.starts(due)));
      }
    }
    return out;
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
      if (!undo && attempt.number() == 1 && coolDowns.isCoolingDown(r, id)) {
        return coolDowns.defer(new CoolDowns.Start(r, a, id, word, target), attempt.hops());
      }
      done.add(id);
      if (!undo) {
        coolDowns.begin(id);
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
      return failures.tryLater(attempt, word, target, String.valueOf(e.getMessage()), done);
    } catch (RuleActions.AbsentException e) {
      return a.isFiring() && RuleActions.isState(a) && retries.hasRoom(id)
          ? failures.awaitVersion(attempt, word, target, e.getMessage() + FailedAttempts.AWAITED)
          : failures.giveUp(attempt, word, id, String.valueOf(e.getMessage()), done);
    } catch (ConfigException | IllegalArgumentException e) { // as wrong at a later time
      done.remove(id);
      coolDowns.end(id);
      retries.remove(attempt);
      return steps.fail(r.name(), a, word, id, String.valueOf(e.getMessage()));
    }
  }

  /** Records the result of a request that was sent. */
  private void finished(Attempt attempt, String word, String target, RuleCalls.Outcome o) {
    String rule = attempt.rule().name();
    Alert a = attempt.alert();
    try {
      synchronized (this) {
        if (closed) {
          return; // the next start sends it again
        }
        AlertChanges.Change c = changes.last(a);
        boolean current = c != null && c.isOf(a);
        if (o.error().isEmpty()) {
          retries.remove(attempt);
          steps.sent(rule, a, word, target);
        } else if (o.retryable() && current && c != null) {
          Set<String> done = new HashSet<>(c.done());
          boolean failed = failures.tryLater(attempt, word, target, o.error(), done).failed();
          changes.note(a, c.failed() || failed, done);
        } else {
          retries.remove(attempt);
          steps.fail(rule, a, word, target, o.error());
        }
      }
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Result of a request not recorded rule=" + rule, e);
    }
  }

  /**
   * Records how the replay of a rule ended.
   *
   * @param error "" where it is complete
   * @throws IOException if that is not audited
   */
  public void replayEnded(Replays.Origin o, String replay, String error, long items)
      throws IOException {
    steps.noteReplay(o, replay, error, Texts.counted(items, "item") + " replayed");
  }

  /** Ends controls of a rule, and undoes active actions, except those of the firing events. */
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

  /** Records nothing from now on. */
  public synchronized void close() {
    closed = true;
  }

  private Step start(AutomationRule r, int action, Alert a, int hops) throws IOException {
    String id = r.controlId(action, a);
    if (controls.isActive(id)) {
      return controls.noteActive(r, action, a);
    }
    if (coolDowns.isCoolingDown(r, id)) {
      return coolDowns.defer(new CoolDowns.Start(r, a, id, "start", id), hops);
    }
    Step s = controls.start(r, action, a);
    if (!s.failed()) {
      coolDowns.begin(id);
    }
    return s;
  }
}
