package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import java.time.Instant;
import java.util.List;

/**
 * A look at a group: the alerts in it, in order, those that fire without an end.
 *
 * @param at the moment that decides what is over and what is to be repeated
 */
record Flush(Route route, LabelSet group, List<Alert> alerts, Instant at) {
  String groupKey() {
    return route.key() + ":" + group;
  }
}
