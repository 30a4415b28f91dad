package dev.tethys.app.clymene;

import java.util.List;

/**
 * {@code tethys ingester}: reads Kafka topics and writes to any destination. With {@code --config}
 * it is a collector; otherwise it accepts the flags and variables of clymene-ingester.
 */
public final class IngesterRole {
  private IngesterRole() {}

  /** Runs until the process is stopped. */
  public static int run(List<String> args) {
    return Shorthand.run(ClymeneRole.INGESTER, args, ClymeneGraph::document);
  }
}
