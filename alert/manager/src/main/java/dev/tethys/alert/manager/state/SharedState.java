package dev.tethys.alert.manager.state;

import java.io.IOException;
import java.util.function.Consumer;

/** State that is replicated to all members. */
public interface SharedState {
  /** A larger record was sent to all members, and is not passed on. */
  int SPREAD_BYTES = 700;

  /** Encodes the complete state in its wire format. */
  byte[] encodeAll();

  /**
   * Merges the state of another member. New entries small enough to have arrived in a packet are
   * forwarded.
   *
   * @throws IOException if it is malformed, or could not be stored
   */
  void mergeEncoded(byte[] encoded) throws IOException;

  /** Passes each subsequent change on, in its wire format. */
  void onChange(Consumer<byte[]> to);
}
