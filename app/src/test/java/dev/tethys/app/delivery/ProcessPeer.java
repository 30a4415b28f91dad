package dev.tethys.app.delivery;

import java.io.IOException;

/** A peer in its own process, which can be restarted with its data. */
interface ProcessPeer extends Peer {
  PeerProcess process();

  @Override
  default int port() {
    return process().port();
  }

  @Override
  default boolean killAndRestart() throws Exception {
    process().killAndRestart();
    return true;
  }

  @Override
  default void close() throws IOException {
    process().close();
  }
}
