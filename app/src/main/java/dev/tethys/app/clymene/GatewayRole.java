package dev.tethys.app.clymene;

import java.util.List;

/**
 * {@code tethys gateway}: accepts pushes by gRPC and HTTP, and writes to any destination. With
 * {@code --config} or {@code --control} it is a collector; otherwise it accepts the flags and
 * variables of clymene-gateway, and on its ports everything that the {@code gateway} receiver
 * supports.
 */
public final class GatewayRole {
  private GatewayRole() {}

  /** Runs until the process is stopped. */
  public static int run(List<String> args) {
    return Shorthand.run(ClymeneRole.GATEWAY, args, ClymeneGraph::documentOfEverything);
  }
}
