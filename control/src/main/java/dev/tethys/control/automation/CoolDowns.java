package dev.tethys.control.automation;

import dev.tethys.control.automation.StepLog.Step;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cool-downs of controls and actions, and the starts that wait for their ends. What waits is not on
 * disk. Guarded by {@link Automation}.
 */
final class CoolDowns {
  private static final String COOLING_DOWN = "cooling down";

  /**
   * Start of a control or an action.
   *
   * @param id ID of the control or action
   * @param word name of the action
   * @param target affected agents
   */
  record Start(AutomationRule rule, Alert alert, String id, String word, String target) {}

  /**
   * Start action waiting for the end of a cool-down.
   *
   * @param due end of the cool-down, monotonic
   */
  record Pending(AutomationRule rule, String word, String target, long due) {}

  /**
   * Last change of an alert, with the starts that are still pending.
   *
   * @param pending pending starts by control or action ID
   */
  record Waiting(Alert alert, int hops, Map<String, Pending> pending) {}

  private final StepLog steps;
  private final Scheduler clock;
  private final Map<String, Long> starts = RecentMap.of(); // nanoseconds, by id
  private final Map<String, Waiting> waiting = new LinkedHashMap<>(); // by fingerprint

  CoolDowns(StepLog steps, Scheduler clock) {
    this.steps = steps;
    this.clock = clock;
  }

  /** Whether a control or an action has started too recently to start again. */
  boolean isCoolingDown(AutomationRule r, String id) {
    Long before = starts.get(id);
    return before != null && clock.nanos() - before < r.coolDown().toNanos();
  }

  /** Starts the cool-down of a control or an action. */
  void begin(String id) {
    end(id); // or the order would be that of the first start
    starts.put(id, clock.nanos());
  }

  /** Ends a cool-down early. */
  void end(String id) {
    starts.remove(id);
  }

  /** Delays a start until the cool-down of its id ends. */
  Step defer(Start s, int hops) throws IOException {
    AutomationRule r = s.rule;
    Alert a = s.alert;
    long began = starts.getOrDefault(s.id, clock.nanos());
    Pending p = new Pending(r, s.word, s.target, began + r.coolDown().toNanos());
    Waiting w = waiting.get(a.fingerprint());
    if (w == null && waiting.size() >= RecentMap.MAX) {
      return steps.skip(
          r.name(),
          a,
          s.word,
          s.target,
          RecentMap.MAX + " alerts wait for the end of a cool-down, the limit");
    }
    if (w == null) {
      w = new Waiting(a, hops, new LinkedHashMap<>());
      waiting.put(a.fingerprint(), w);
    }
    w.pending.put(s.id, p);
    return steps.note(steps.made(r.name(), a, s.word, s.target, COOLING_DOWN, "", startsAt(p.due)));
  }

  /** Whether an alert has starts that wait. */
  boolean waits(Alert a) {
    return waiting.containsKey(a.fingerprint());
  }

  /** Removes the waiting event of an alert; null if none. */
  @Nullable Waiting take(Alert a) {
    return waiting.remove(a.fingerprint());
  }

  /** Restores the earlier wait of an alert, and drops its present one. */
  void restore(Alert a, @Nullable Waiting before) {
    waiting.remove(a.fingerprint());
    if (before != null) {
      waiting.put(a.fingerprint(), before);
    }
  }

  /** Records that starts are omitted. */
  List<Step> skip(Waiting w, String why) throws IOException {
    List<Step> out = new ArrayList<>();
    for (Pending p : w.pending.values()) {
      out.add(steps.skip(p.rule.name(), w.alert, p.word, p.target, why));
    }
    return out;
  }

  /**
   * Discards waiting starts of an alert.
   *
   * @throws IOException if that is not audited; the alert waits then
   */
  void forget(String fingerprint, String why) throws IOException {
    Waiting w = waiting.get(fingerprint);
    if (w != null) {
      skip(w, why);
      waiting.remove(fingerprint);
    }
  }

  /** Returns the alerts with a start whose cool-down has ended. */
  List<Waiting> due() {
    return waiting.values().stream()
        .filter(w -> w.pending.values().stream().anyMatch(this::isDue))
        .toList();
  }

  /** Returns the start with an ID if its cool-down has ended; null otherwise. */
  @Nullable Pending due(Waiting w, String id) {
    Pending p = w.pending.get(id);
    return p != null && isDue(p) ? p : null;
  }

  /** Removes a start that was resumed, unless it is waiting again. */
  void resumed(Waiting w, String id, Pending p) {
    w.pending.remove(id, p);
  }

  /** Skips the starts of an alert that no rule has resumed. */
  void skipDue(Waiting w) throws IOException {
    for (Map.Entry<String, Pending> e : List.copyOf(w.pending.entrySet())) {
      if (isDue(e.getValue())) {
        Pending p = e.getValue();
        steps.skip(
            p.rule.name(),
            w.alert,
            p.word,
            p.target,
            "the rule has changed before the cool-down ended");
        w.pending.remove(e.getKey());
      }
    }
    if (w.pending.isEmpty()) {
      waiting.remove(w.alert.fingerprint());
    }
  }

  /** Returns a rule's pending starts as steps. */
  List<Step> steps(AutomationRule r) {
    List<Step> out = new ArrayList<>();
    for (Waiting w : waiting.values()) {
      for (Pending p : w.pending.values()) {
        if (p.rule.name().equals(r.name())) {
          out.add(
              steps.made(r.name(), w.alert, p.word, p.target, COOLING_DOWN, "", startsAt(p.due)));
        }
      }
    }
    return out;
  }

  private boolean isDue(Pending p) {
    return clock.nanos() - p.due >= 0;
  }

  /** Converts a monotonic due time to Unix milliseconds. */
  private long startsAt(long due) {
    return clock.millis() + Math.max(0, (due - clock.nanos()) / 1_000_000);
  }
}
