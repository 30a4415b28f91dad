package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import java.time.Instant;
import java.util.List;

/**
 * Flush of a group: its alerts in order; firing ones have no end time.
 *
 * @param groupId distinguishes the group from earlier and later ones with the same labels
 * @param number sequence number of the group's flush, starting at 1
 * @param at time that decides which alerts are resolved and which notifications are repeated
 */
record Flush(
    RoutingNode route,
    LabelSet group,
    String groupId,
    long number,
    List<Alert> alerts,
    Instant at) {
  String groupKey() {
    return groupKey(route, group);
  }

  /** Returns the key of a group in the notification log. */
  static String groupKey(RoutingNode route, LabelSet group) {
    return route.key() + ":" + group;
  }
}
