package dev.tethys.app.destination;

import java.nio.file.Path;

/** A real InfluxDB 1. */
class InfluxDestinationTest extends StoreContract {
  @Override
  Peer start() throws Exception {
    return startIn(Path.of(System.getProperty("java.io.tmpdir")));
  }

  @Override
  Peer startIn(Path folder) throws Exception {
    return new InfluxPeer(folder);
  }
}
