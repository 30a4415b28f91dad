package dev.tethys.app.destination;

import java.io.IOException;

/** OpenTSDB's telnet protocol, by a double of the vendor's documentation. */
class OpenTsdbTelnetTest extends DestinationContract {
  @Override
  Peer start() throws IOException {
    return OpenTsdbDestinationTest.peer(new OpenTsdbDouble(false), true);
  }

  @Override
  boolean isHttp() {
    return false;
  }
}
