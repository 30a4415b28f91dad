package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import java.time.Instant;
import java.util.List;

/**
 * A look at a group: the alerts in it, in order, those that fire without an end.
 *
 * @param groupId tells the group from those of the same labels before and after it
 * @param number which look at the group it is, counted from 1
 * @param at the moment that decides what is over and what is to be repeated
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

  /** As the log of what was sent knows a group. */
  static String groupKey(RoutingNode route, LabelSet group) {
    return route.key() + ":" + group;
  }
}
