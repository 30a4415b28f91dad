package dev.tethys.control.automation;

import dev.tethys.control.automation.StepLog.Step;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Last change of each alert, so that repeated and outdated messages are ignored. Bounded; the
 * alerts that changed first are forgotten first. Guarded by {@link Automation}.
 */
final class AlertChanges {
  /**
   * Last change of an alert.
   *
   * @param failed whether an action failed, so that a repetition of the message retries
   * @param done actions that a repetition omits, by id
   */
  record Change(Instant at, String status, boolean failed, Set<String> done) {
    /** Whether an alert is as of this change. */
    boolean isOf(Alert a) {
      return at.equals(a.changedAt()) && status.equals(a.status());
    }
  }

  private final StepLog steps;
  private final Map<String, Change> changes = RecentMap.of(); // by fingerprint
  private final Map<String, String> stale = RecentMap.of(); // last one left out, by fingerprint

  AlertChanges(StepLog steps) {
    this.steps = steps;
  }

  /** Returns the last change of an alert; null if unknown. */
  @Nullable Change last(Alert a) {
    return changes.get(a.fingerprint());
  }

  void note(Alert a, boolean failed, Set<String> done) {
    changes.remove(a.fingerprint()); // or the order would be that of the first change
    changes.put(a.fingerprint(), new Change(a.changedAt(), a.status(), failed, Set.copyOf(done)));
  }

  /** Records once for each rule that an alert from before the last change is ignored. */
  List<Step> noteStale(Alert a, Change last, List<AutomationRule> rules) throws IOException {
    List<Step> out = new ArrayList<>();
    String change = a.status() + " " + a.changedAt();
    if (change.equals(stale.put(a.fingerprint(), change))) {
      return out;
    }
    for (AutomationRule r : rules) {
      if (r.isTriggeredBy(a) || r.undo() && r.isFor(a) && !a.isFiring()) {
        String why =
            "%s since %s, which is before the last change: %s since %s"
                .formatted(a.status(), a.changedAt(), last.status, last.at);
        out.add(steps.skip(r.name(), a, "event", a.status(), why));
      }
    }
    return out;
  }
}
