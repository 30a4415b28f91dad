package dev.tethys.app.delivery;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** TDengine 3 written by SQL into one super table, by a double of its documentation. */
@Tag("contrib")
@Tag("slow")
class TdengineSqlTest extends StoreContract {
  @Override
  Peer start() throws IOException {
    return new TdenginePeer(false);
  }
}
