package dev.tethys.app.delivery;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/**
 * Carbon's lines over TCP with labels as tags, by a double that reads to the end of a connection as
 * carbon does. {@link CarbonExporterTest} compares the result of a real server.
 */
@Tag("slow")
@Tag("contrib")
class CarbonContractTest extends ExporterContract {
  @Override
  Peer start() throws IOException {
    LineIntake carbon = new LineIntake();
    return new CarbonPeer() {
      @Override
      public int port() {
        return carbon.port();
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: '127.0.0.1:" + at + "', timeout: 2s";
      }

      @Override
      public boolean isHttp() {
        return false;
      }

      @Override
      public void read(Found into) {
        for (String line : carbon.lines()) {
          String[] parts = line.split(" ", -1);
          point(parts[0], Double.parseDouble(parts[1]), Long.parseLong(parts[2]), into);
        }
      }

      @Override
      public boolean killAndRestart() throws IOException, InterruptedException {
        carbon.restart();
        return true;
      }

      @Override
      public void close() throws IOException {
        carbon.close();
      }
    };
  }
}
