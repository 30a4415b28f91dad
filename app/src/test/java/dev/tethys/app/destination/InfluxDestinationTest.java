package dev.tethys.app.destination;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A real InfluxDB 1. */
class InfluxDestinationTest extends DestinationContract {
  @Override
  Peer start() throws Exception {
    Path influxd = Shared.peer("influxd");
    Path folder = Files.createTempDirectory("influxd");
    int port = Ports.free();
    Path config =
        Files.writeString(
            folder.resolve("influxdb.conf"),
            """
            reporting-disabled = true
            bind-address = "127.0.0.1:%d"
            [meta]
              dir = "%s/meta"
            [data]
              dir = "%s/data"
              wal-dir = "%s/wal"
            [http]
              bind-address = "127.0.0.1:%d"
              log-enabled = false
            [monitor]
              store-enabled = false
            """
                .formatted(Ports.free(), folder, folder, folder, port));
    PeerProcess process =
        new PeerProcess(folder, port, List.of(influxd.toString(), "-config", config.toString()));
    try (HttpClient http = HttpClient.newHttpClient()) {
      http.send(
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + port + "/query?q=CREATE%20DATABASE%20far"))
              .POST(HttpRequest.BodyPublishers.noBody())
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
    return new Peer() {
      @Override
      public int port() {
        return port;
      }

      @Override
      public String exporter() {
        return "influxdb";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:"
            + at
            + "', v1_compatibility: {enabled: true, db: far}";
      }

      @Override
      public String store(int at) {
        return "{name: far, type: influxdb, url: 'http://127.0.0.1:" + at + "', database: far}";
      }

      @Override
      public void close() throws IOException {
        process.close();
      }
    };
  }
}
