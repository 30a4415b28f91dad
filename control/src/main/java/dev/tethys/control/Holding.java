package dev.tethys.control;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Agents for which a version was rolled out, by what they run.
 *
 * @param selector of the rollout
 * @param agents that it matches, and that take configurations
 * @param running connected agents that run the version
 * @param late connected agents that have it on its way
 * @param failed connected agents that refused it
 * @param others agents that are to run another version, by its name and rollout
 */
record Holding(
    Selector selector, int agents, int running, int late, int failed, Map<String, Integer> others) {
  Holding {
    others = java.util.Collections.unmodifiableMap(new TreeMap<>(others));
  }

  /** Whether agents were given another version meanwhile. */
  boolean isReplaced() {
    return !others.isEmpty();
  }

  /** Whether agents refused it, and none was given another version. */
  boolean isRefused() {
    return failed > 0 && others.isEmpty();
  }

  /** Whether all known agents run it, as far as they are connected. */
  boolean isComplete() {
    return late == 0 && failed == 0 && others.isEmpty();
  }

  /** Number of agents that run it, and what the others run. */
  String text() {
    String of = selector.matchers().isEmpty() ? "" : " of " + selector;
    if (agents == 0) {
      return "no agent" + of + " is known";
    }
    String out = running + " of " + counted(agents) + of + " run it";
    if (late > 0) {
      out += ", " + counted(late) + " apply it";
    }
    if (failed > 0) {
      out += ", " + counted(failed) + " refused it";
    }
    if (!others.isEmpty()) {
      out +=
          others.entrySet().stream()
              .map(e -> ", " + counted(e.getValue()) + " had " + e.getKey() + " rolled out")
              .collect(Collectors.joining());
    }
    return out;
  }

  private static String counted(int n) {
    return n == 1 ? "1 agent" : n + " agents";
  }
}
