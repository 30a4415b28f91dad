package dev.tethys.app.delivery;

import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A real Prometheus, written by remote write, read by its own queries and by remote read. */
@Tag("slow")
class PrometheusExporterTest extends StoreContract {
  @TempDir Path folder;

  @Override
  Peer start() throws Exception {
    return startIn(folder);
  }

  @Override
  Peer startIn(Path in) throws Exception {
    Path program = Shared.peer("prometheus");
    Path own = Files.createTempDirectory(in, "prometheus");
    Path config = Files.writeString(own.resolve("prometheus.yml"), "{}");
    int port = Ports.free();
    PeerProcess process =
        new PeerProcess(
            own,
            port,
            "/-/ready", // it listens, and refuses what it is sent, while it opens its database
            List.of(
                program.toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + own.resolve("data"),
                "--storage.tsdb.retention.time=100y",
                "--web.listen-address=127.0.0.1:" + port,
                "--web.enable-remote-write-receiver",
                "--enable-feature=native-histograms",
                "--storage.remote.read-sample-limit=0"));
    return new ProcessPeer() {
      @Override
      public PeerProcess process() {
        return process;
      }

      @Override
      public String exporter() {
        return "prometheus_remote_write";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "/api/v1/write'";
      }

      @Override
      public String store(int at) {
        return "{name: far, read_recent: true, url: 'http://127.0.0.1:" + at + "/api/v1/read'}";
      }

      @Override
      public String storeKey() {
        return "remote_read";
      }

      @Override
      public Histograms histograms() {
        return Histograms.WHOLE;
      }

      /** Its queries omit the marks of series that end. */
      @Override
      public boolean shows(double value) {
        return !Samples.isStale(value);
      }

      @Override
      public void read(Found into) throws Exception {
        long end = (KnownSamples.START + 3_600_000) / 1000;
        String query = "/api/v1/query?time=" + end + "&query=%7B__name__%3D~%22.%2B%22%7D%5B2h%5D";
        JsonNode answer;
        try (HttpClient http = HttpClient.newHttpClient()) {
          answer =
              Found.json(
                  http.send(
                          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + query))
                              .build(),
                          HttpResponse.BodyHandlers.ofString())
                      .body());
        }
        if (!answer.path("status").asString().equals("success")) {
          throw new AssertionError(answer.toString());
        }
        for (JsonNode series : answer.path("data").path("result")) {
          Map<String, String> labels = new HashMap<>();
          series
              .path("metric")
              .properties()
              .forEach(l -> labels.put(l.getKey(), l.getValue().asString()));
          Labels all = Labels.of(labels);
          for (JsonNode v : series.path("values")) {
            into.sample(all, millis(v.get(0)), value(v.get(1).asString()));
          }
          for (JsonNode h : series.path("histograms")) {
            into.histogram(
                all,
                millis(h.get(0)),
                value(h.get(1).path("count").asString()),
                value(h.get(1).path("sum").asString()));
          }
        }
      }

      private long millis(JsonNode seconds) {
        return new BigDecimal(seconds.asString()).movePointRight(3).longValueExact();
      }

      private double value(String text) {
        return switch (text) {
          case "NaN", "+Inf", "-Inf" -> Found.notFinite(text);
          default -> Double.parseDouble(text);
        };
      }
    };
  }
}
