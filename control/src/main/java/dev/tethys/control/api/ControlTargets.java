package dev.tethys.control.api;

import dev.tethys.config.ConfigException;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.versions.Diff;
import dev.tethys.pipeline.processor.control.Control;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Agents of a control, grouped by whether they run the pipeline to which it moves items, as far as
 * known from their effective configurations.
 *
 * @param without connected agents that do not run it
 * @param with connected agents that run it, or for which that is unknown
 * @param pipelines pipelines of the signal at agents without it
 */
record ControlTargets(List<AgentState> without, int with, Set<String> pipelines) {
  private static final int MAX_NAMED = 10;

  static ControlTargets of(Control c, List<AgentState> agents) {
    List<AgentState> without = new ArrayList<>();
    Set<String> pipelines = new TreeSet<>();
    int with = 0;
    String target = c.target();
    if (!target.isEmpty()) {
      Map<String, @Nullable Set<String>> known = new HashMap<>(); // by text: most have the same
      String signal = target.split("/", 2)[0];
      for (AgentState a : agents) {
        if (!a.connected()) {
          continue;
        }
        Set<String> own = known.computeIfAbsent(a.config(), ControlTargets::pipelines);
        if (own == null || own.isEmpty() || own.contains(target)) {
          with++;
        } else {
          without.add(a);
          own.stream().filter(p -> p.split("/", 2)[0].equals(signal)).forEach(pipelines::add);
        }
      }
    }
    return new ControlTargets(without, with, pipelines);
  }

  private static @Nullable Set<String> pipelines(String config) {
    try {
      return config.isEmpty() ? Set.of() : Diff.pipelines(config);
    } catch (ConfigException e) {
      return Set.of();
    }
  }

  /**
   * Rejects a control that would move nothing.
   *
   * @throws ConflictException if agents are connected, and none runs the target
   */
  void require(Control c) {
    if (with == 0 && !without.isEmpty()) {
      throw new ConflictException(
          "no connected agent of the selector runs the pipeline "
              + c.target()
              + ", so nothing would be moved; pipelines there: "
              + String.join(", ", pipelines.stream().limit(MAX_NAMED).toList())
              + ". Roll out a version with "
              + c.target()
              + " first, or choose another target");
    }
  }
}
