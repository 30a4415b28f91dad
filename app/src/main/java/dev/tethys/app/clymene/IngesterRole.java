package dev.tethys.app.clymene;

import dev.tethys.app.collector.CollectorRole;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code tethys ingester}: reads Kafka topics and writes to any destination. With {@code --config}
 * it is a collector; else it takes the flags and variables of clymene-ingester.
 */
public final class IngesterRole {
  private static final String GRAPH = "CLYMENE_INGESTER_GRAPH";

  private IngesterRole() {}

  /** Runs until the process is told to stop. */
  public static int run(List<String> args) {
    Map<String, String> environment = System.getenv();
    boolean graph =
        args.stream().anyMatch(a -> a.equals("--config") || a.startsWith("--config="))
            || (!args.isEmpty() && !args.getFirst().startsWith("-"));
    if (graph) {
      return CollectorRole.run(args, environment);
    }
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(ClymeneFlags.help(ClymeneRole.INGESTER, environment));
      return 0;
    }
    Map<String, String> withGraph = new HashMap<>(environment);
    withGraph.put(
        GRAPH, ClymeneGraph.yaml(ClymeneFlags.read(ClymeneRole.INGESTER, args, environment)));
    return CollectorRole.run(List.of("--config=env:" + GRAPH), withGraph);
  }
}
