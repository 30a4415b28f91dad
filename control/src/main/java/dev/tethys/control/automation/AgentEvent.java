package dev.tethys.control.automation;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** States of agents that can trigger a rule. */
enum AgentEvent {
  UNHEALTHY,
  DISCONNECTED,
  DROPPING;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the names of all states. */
  static List<String> words() {
    return Arrays.stream(values()).map(AgentEvent::word).toList();
  }
}
