package dev.tethys.alert.manager.recorder;

import java.io.IOException;

/** Configured output; an equal one need not be reopened. */
public interface OutputConfig {
  /** Returns the name in metrics and logs, without secrets. */
  String name();

  /**
   * Opens it.
   *
   * @throws IOException if that cannot be done
   */
  EventOutput open(OutputContext context) throws IOException;
}
