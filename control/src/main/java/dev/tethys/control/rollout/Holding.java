package dev.tethys.control.rollout;

import dev.tethys.control.access.Selector;
import dev.tethys.control.text.Texts;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Agents to which a version was rolled out, by the version they run.
 *
 * @param selector rollout selector
 * @param agents matching agents that accept configurations
 * @param running connected agents that run the version
 * @param late connected agents that are still to apply it
 * @param failed connected agents that rejected it
 * @param others agents that are to run another version, by its name and rollout
 */
public record Holding(
    Selector selector, int agents, int running, int late, int failed, Map<String, Integer> others) {
  public Holding {
    others = java.util.Collections.unmodifiableMap(new TreeMap<>(others));
  }

  /** Whether agents have received another version in the meantime. */
  public boolean isReplaced() {
    return !others.isEmpty();
  }

  /** Whether agents rejected it, and none received another version. */
  public boolean isRefused() {
    return failed > 0 && others.isEmpty();
  }

  /** Whether no connected agent runs it, and none rejected it or received another version. */
  public boolean isWaiting() {
    return running == 0 && failed == 0 && others.isEmpty();
  }

  /** Whether all known agents run it, as far as connected. */
  public boolean isComplete() {
    return late == 0 && failed == 0 && others.isEmpty();
  }

  /** Describes how many agents run it, and the versions of the others. */
  public String text() {
    String of = selector.matchers().isEmpty() ? "" : " of " + selector;
    if (agents == 0) {
      return "no agent" + of + " is known";
    }
    int away = agents - running - late - failed - others.values().stream().mapToInt(n -> n).sum();
    if (away == agents) {
      return agents == 1
          ? "the agent" + of + " is not connected"
          : "none of " + agents + " agents" + of + " is connected";
    }
    String out =
        running
            + " of "
            + Texts.counted(agents, "agent")
            + of
            + (running == 1 ? " runs it" : " run it");
    if (late > 0) {
      out += ", " + Texts.counted(late, "agent") + (late == 1 ? " applies it" : " apply it");
    }
    if (away > 0) {
      out += ", " + Texts.counted(away, "agent") + (away == 1 ? " is" : " are") + " not connected";
    }
    if (failed > 0) {
      out += ", " + Texts.counted(failed, "agent") + " refused it";
    }
    if (!others.isEmpty()) {
      out +=
          others.entrySet().stream()
              .map(
                  e ->
                      ", "
                          + Texts.counted(e.getValue(), "agent")
                          + " had "
                          + e.getKey()
                          + " rolled out")
              .collect(Collectors.joining());
    }
    return out;
  }
}
