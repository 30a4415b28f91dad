package dev.tethys.pipeline.exporter.loadbalancing;

import java.io.IOException;
import java.util.List;

/** Finds out which backends there are. */
interface BackendSource {
  /** How it is called: {@code dns}. */
  String name();

  /** The address or name that it resolves, for messages. */
  String address();

  /**
   * Begins to look. Tells the listener of backends before it returns, where they can be found out
   * at once.
   *
   * @throws IOException when it cannot even begin
   */
  void start(Listener listener) throws IOException;

  void stop();

  /** Listener for backend lists. Calls come one by one. */
  interface Listener {
    /** These are the backends now; names may come more than once. */
    void found(List<String> names);

    /** They could not be found out; it is tried again. */
    void failed(String reason);
  }
}
