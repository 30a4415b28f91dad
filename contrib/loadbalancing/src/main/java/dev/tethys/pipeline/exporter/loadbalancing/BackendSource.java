package dev.tethys.pipeline.exporter.loadbalancing;

import java.io.IOException;
import java.util.List;

/** Finds out which backends there are. */
interface BackendSource {
  /** Returns the name of the source, such as {@code dns}. */
  String name();

  /** Returns the address or name that it resolves, for messages. */
  String address();

  /**
   * Starts discovery. The listener receives the backends before this returns if they are known
   * immediately.
   *
   * @throws IOException if discovery cannot start
   */
  void start(Listener listener) throws IOException;

  void stop();

  /** Listener for backend lists. Calls are serialized. */
  interface Listener {
    /** Reports the current backends; names may be repeated. */
    void found(List<String> names);

    /** Reports that resolving failed; it is retried. */
    void failed(String reason);
  }
}
