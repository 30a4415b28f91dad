package dev.tethys.control;

import dev.tethys.pipeline.processor.control.Control;

/**
 * Live control of the fleet: a control and the agents that it is for.
 *
 * @param selector agents, those that connect later included
 * @param endedMillis 0 while it is active
 * @param endedBy "" while it is active; {@code clock} at its end time
 */
record LiveControl(
    Control control,
    Selector selector,
    long startedMillis,
    long endedMillis,
    String endedBy,
    String endReason) {
  boolean isActive() {
    return endedMillis == 0;
  }

  LiveControl ended(long millis, String by, String reason) {
    return new LiveControl(control, selector, startedMillis, millis, by, reason);
  }
}
