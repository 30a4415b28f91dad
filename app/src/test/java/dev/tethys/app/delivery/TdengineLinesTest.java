package dev.tethys.app.delivery;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** TDengine 3 written by lines, a super table for each metric, by a double of its documentation. */
@Tag("contrib")
@Tag("slow")
class TdengineLinesTest extends StoreContract {
  @Override
  Peer start() throws IOException {
    return new TdenginePeer(true);
  }
}
