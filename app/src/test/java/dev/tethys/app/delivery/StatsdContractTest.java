package dev.tethys.app.delivery;

import java.io.IOException;

/**
 * DogStatsD's lines with times over TCP: gauges, of which each line can be told from the others.
 */
class StatsdContractTest extends ExporterContract {
  @Override
  Peer start() throws IOException {
    return new StatsdPeer();
  }
}
