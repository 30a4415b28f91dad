package dev.tethys.pipeline.receiver.pyroscope;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.server.HttpServerEndpoint;

/** Endpoints that Pyroscope's agents and SDKs send profiles to: {@code /ingest} and the pusher. */
public final class PyroscopeProtocol {
  private PyroscopeProtocol() {}

  /**
   * Adds the endpoints.
   *
   * @param prefix prefix of the paths, or "" for none
   */
  public static void addTo(
      HttpServerEndpoint endpoint, String prefix, Consumer to, Scheduler clock) {
    new IngestProtocol(endpoint, to, clock).addTo(prefix);
    new PushProtocol(endpoint, to).addTo(prefix);
  }
}
