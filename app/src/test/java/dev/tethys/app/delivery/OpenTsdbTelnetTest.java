package dev.tethys.app.delivery;

import java.io.IOException;

/** OpenTSDB's telnet protocol, by a double of the vendor's documentation. */
class OpenTsdbTelnetTest extends StoreContract {
  @Override
  Peer start() throws IOException {
    return new OpenTsdbPeer(new OpenTsdbDouble(false), true);
  }
}
