package dev.tethys.app.delivery;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** DogStatsD's lines with times over TCP: gauges, each of whose lines is distinct. */
@Tag("contrib")
@Tag("slow")
class StatsdContractTest extends ExporterContract {
  @Override
  Peer start() throws IOException {
    return new StatsdPeer();
  }
}
