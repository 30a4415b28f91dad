package dev.tethys.app.delivery;

import java.io.IOException;

/** DogStatsD's lines with times over TCP: gauges, each of whose lines is distinct. */
class StatsdContractTest extends ExporterContract {
  @Override
  Peer start() throws IOException {
    return new StatsdPeer();
  }
}
