package dev.tethys.app.clymene;

import java.util.List;
import java.util.Map;

/**
 * {@code tethys agent} as a collector, or as clymene-agent: with {@code --config} or {@code
 * --control} it is a collector; with {@code STORAGE_TYPE}, which names where samples go,
 * clymene-agent.
 */
public final class ClymeneAgentRole {
  private ClymeneAgentRole() {}

  /** Whether arguments and variables select this role, not Prometheus's agent mode. */
  public static boolean isAskedFor(List<String> args, Map<String, String> environment) {
    return Shorthand.isGraph(args)
        || environment.containsKey("STORAGE_TYPE")
        || environment.containsKey("TS_STORAGE_TYPE");
  }

  /** Runs until the process is stopped. */
  public static int run(List<String> args) {
    return Shorthand.run(ClymeneRole.AGENT, args, ClymeneGraph::document);
  }
}
