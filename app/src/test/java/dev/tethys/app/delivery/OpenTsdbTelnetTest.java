package dev.tethys.app.delivery;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** OpenTSDB's telnet protocol, by a double of the vendor's documentation. */
@Tag("contrib")
@Tag("slow")
class OpenTsdbTelnetTest extends StoreContract {
  @Override
  Peer start() throws IOException {
    return new OpenTsdbPeer(new OpenTsdbDouble(false), true);
  }
}
