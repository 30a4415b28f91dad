package dev.tethys.alert.manager.recorder;

import java.io.IOException;

/** An output as it is configured; equal ones need not be opened anew. */
public interface OutputConfig {
  /** As metrics and the log name it, without secrets. */
  String name();

  /**
   * Opens it.
   *
   * @throws IOException when that cannot be done
   */
  EventOutput open(OutputContext context) throws IOException;
}
