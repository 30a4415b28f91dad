package dev.tethys.pipeline.receiver.points;

import dev.tethys.pipeline.server.HttpServerEndpoint;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Protocol of points of a module outside the core, found by {@link ServiceLoader}. The server
 * serves it on its own port.
 */
public interface PointProtocol {
  /** Returns the type of the receiver with the same protocol. */
  String name();

  /** Adds its paths. */
  void addTo(HttpServerEndpoint endpoint, PointConsumer to);

  /** Returns the protocol with this name, or null if this build lacks it. */
  static @Nullable PointProtocol find(String name) {
    for (PointProtocol p : ServiceLoader.load(PointProtocol.class)) {
      if (p.name().equals(name)) {
        return p;
      }
    }
    return null;
  }
}
