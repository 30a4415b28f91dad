package dev.tethys.app.delivery;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The API of InfluxDB 3, a double. */
@Tag("slow")
class InfluxV3ExporterTest extends StoreContract {
  @Override
  Peer start() throws Exception {
    return new InfluxApiPeer(Path.of(System.getProperty("java.io.tmpdir")), true);
  }
}
