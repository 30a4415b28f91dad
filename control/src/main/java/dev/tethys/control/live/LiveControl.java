package dev.tethys.control.live;

import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.Totals;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import dev.tethys.pipeline.processor.control.Control;

/**
 * Live control of the fleet: a control and the agents that it is for.
 *
 * @param selector agents, those that connect later included
 * @param author user, rule or source that started or last changed it; its owner is a text of the
 *     author. "" in files of before
 * @param endedMillis 0 while it is active
 * @param endedBy "" while it is active; {@code clock} at its end time
 */
public record LiveControl(
    Control control,
    Selector selector,
    String author,
    long startedMillis,
    long endedMillis,
    String endedBy,
    String endReason) {
  public boolean isActive() {
    return endedMillis == 0;
  }

  /** Returns the stated owner, and the author if different. */
  public String ownerAndAuthor() {
    String owner = control.owner();
    return author.isEmpty() || author.equals(owner)
        ? owner
        : owner + " (started by " + author + ")";
  }

  /** Returns the counts of the control among those of an agent. */
  public PipelineAccounts.Control countsIn(Totals totals) {
    return totals.control(control.id(), control.startMillis());
  }

  LiveControl ended(long millis, String by, String reason) {
    return new LiveControl(control, selector, author, startedMillis, millis, by, reason);
  }
}
