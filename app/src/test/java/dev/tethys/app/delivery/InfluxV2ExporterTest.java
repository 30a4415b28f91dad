package dev.tethys.app.delivery;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The API of InfluxDB 2, a double. */
@Tag("slow")
class InfluxV2ExporterTest extends StoreContract {
  @Override
  Peer start() throws Exception {
    return new InfluxApiPeer(Path.of(System.getProperty("java.io.tmpdir")), false);
  }
}
