package dev.tethys.app.delivery;

import java.io.IOException;

/** TDengine 3 written by SQL into one super table, by a double of its documentation. */
class TdengineSqlTest extends StoreContract {
  @Override
  Peer start() throws IOException {
    return new TdenginePeer(false);
  }
}
