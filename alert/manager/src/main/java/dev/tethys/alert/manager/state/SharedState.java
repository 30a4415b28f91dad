package dev.tethys.alert.manager.state;

import java.io.IOException;
import java.util.function.Consumer;

/** State that is replicated to all members. */
public interface SharedState {
  /** A larger record was sent to all members, and is not passed on. */
  int SPREAD_BYTES = 700;

  /** All of it, as it goes over the wire. */
  byte[] encodeAll();

  /**
   * Takes in what another member knows. What was new, and is small enough to have come in a packet,
   * is spread.
   *
   * @throws IOException when it is malformed, or could not be stored
   */
  void mergeEncoded(byte[] encoded) throws IOException;

  /** Gives each change from now on, as it goes over the wire. */
  void onChange(Consumer<byte[]> to);
}
