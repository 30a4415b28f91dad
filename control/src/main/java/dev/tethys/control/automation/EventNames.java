package dev.tethys.control.automation;

import java.util.List;

/** Names of events other than alerts, used by triggers and alerts without a name. */
public final class EventNames {
  /** Before the state of an agent. */
  static final String AGENT = "agent:";

  /** Before the name of a webhook. */
  public static final String WEBHOOK = "webhook:";

  /** Before the name of the rule. */
  static final String SCHEDULE = "schedule:";

  /** Before the name of the rule: events of a query. */
  static final String QUERY = "query:";

  /** Before the state of a rollout. */
  static final String ROLLOUT = "rollout:";

  /** Before the hub, a slash and the name of a variable. */
  static final String VARIABLE = "variable:";

  private static final List<String> EVENTS =
      List.of(AGENT, WEBHOOK, SCHEDULE, QUERY, ROLLOUT, VARIABLE);

  private EventNames() {}

  /** Whether a name is that of an event other than an alert. */
  static boolean isEvent(String name) {
    return EVENTS.stream().anyMatch(name::startsWith);
  }
}
