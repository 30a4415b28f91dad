package dev.tethys.control.automation;

import dev.tethys.config.ConfigException;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.ControlRequest;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.automation.StepLog.Step;
import dev.tethys.control.live.Controls;
import dev.tethys.control.live.LiveControl;
import dev.tethys.control.text.Texts;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Starts and ends live controls for rules. Guarded by its owner. */
public final class RuleControls {
  private static final System.Logger LOG = JulLogger.of(RuleControls.class.getName());

  private final Controls controls;
  private final StepLog steps;

  public RuleControls(Controls controls, StepLog steps) {
    this.controls = controls;
    this.steps = steps;
  }

  boolean isActive(String id) {
    return controls.active(id) != null;
  }

  /** Starts a control that is not active, and notes the result. */
  Step start(AutomationRule r, int action, Alert a) throws IOException {
    String id = r.controlId(action, a);
    try {
      ControlRequest request = r.control(action, a);
      if (!r.dryRun()) {
        controls.start(request, r.actor());
      }
    } catch (ConfigException | IllegalArgumentException | ConflictException e) {
      return steps.fail(r.name(), a, "start", id, String.valueOf(e.getMessage()));
    }
    return r.dryRun()
        ? steps.dryRun(r.name(), a, "start", id)
        : steps.note(r.name(), a, "start", id, "done", "");
  }

  /**
   * Records that the control of an action is already active; it may be a different one with the
   * same ID. Its owner is text that any user can choose, and proves nothing.
   */
  Step noteActive(AutomationRule r, int action, Alert a) throws IOException {
    String id = r.controlId(action, a);
    LiveControl c = controls.get(id);
    try {
      ControlRequest wanted = r.control(action, a);
      boolean own =
          c.author().isEmpty() // of a file of before
              ? c.control().owner().equals(wanted.control().owner())
              : c.author().equals(r.actor());
      if (own) {
        return steps.note(r.name(), a, "start", id, "active", "");
      }
    } catch (ConfigException | IllegalArgumentException e) {
      return steps.fail(r.name(), a, "start", id, String.valueOf(e.getMessage()));
    }
    return steps.fail(
        r.name(),
        a,
        "start",
        id,
        "a " + c.control().action().word() + " of " + c.ownerAndAuthor() + " has this id; end it");
  }

  /** Ends a control if it is active, and records the result. */
  Step end(AutomationRule r, String id, Alert a, String reason) throws IOException {
    if (!isActive(id)) {
      return steps.note(r.name(), a, "end", id, "absent", "");
    }
    if (r.dryRun()) {
      return steps.dryRun(r.name(), a, "end", id);
    }
    try {
      controls.end(id, r.actor(), Texts.shortened(reason, 1000));
      return steps.note(r.name(), a, "end", id, "done", "");
    } catch (ConflictException | NotFoundException e) { // it ended meanwhile
      return steps.note(r.name(), a, "end", id, "absent", String.valueOf(e.getMessage()));
    }
  }

  /** Ends active controls of a rule for events that no longer fire. */
  void endOthers(AutomationRule r, List<Alert> firing) throws IOException {
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
          controls.end(id, r.actor(), "the result of the query has ended");
        } catch (ConflictException | NotFoundException e) {
          LOG.log(Level.DEBUG, "Control has already ended", e);
        }
      }
    }
  }
}
