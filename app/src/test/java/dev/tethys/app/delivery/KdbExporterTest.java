package dev.tethys.app.delivery;

import static java.util.Objects.requireNonNull;

import dev.tethys.model.Labels;
import dev.tethys.testkit.KdbDouble;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** kdb+ by a double that speaks through KX's own client: a process with keyed tables. */
@Tag("contrib")
@Tag("slow")
class KdbExporterTest extends StoreContract {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  Peer start() throws IOException {
    KdbDouble kdb = KdbDouble.start("tethys:secret");
    return new Peer() {
      @Override
      public int port() {
        return kdb.port();
      }

      @Override
      public String exporter() {
        return "kdb";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: '127.0.0.1:"
            + at
            + "', mode: process, username: tethys, password: secret, symbol_labels: [job],"
            + " timeout: 3s, tls: {insecure: true}";
      }

      @Override
      public String store(int at) {
        return "{name: far, type: kdb, url: 'kdb://127.0.0.1:"
            + at
            + "', username: tethys, password: secret, symbol_labels: [job], insecure: true}";
      }

      @Override
      public String exporterKeys(int at, String name) {
        return exporterKeys(at) + ", table_prefix: '" + name + "'";
      }

      @Override
      public String store(int at, String name) {
        return store(at).replace("{name: far", "{name: " + name + ", table_prefix: " + name);
      }

      @Override
      public boolean isHttp() {
        return false;
      }

      @Override
      public Histograms histograms() {
        return Histograms.WHOLE;
      }

      @Override
      public void read(Found into) {
        Map<Object, Labels> series = new HashMap<>();
        for (Map<String, Object> row : kdb.all("series")) {
          Map<String, String> all = new HashMap<>();
          // KX's client knows no encoding of texts: a character is a byte.
          String json =
              new String(
                  new String((char[]) row.get("labels")).getBytes(StandardCharsets.ISO_8859_1),
                  StandardCharsets.UTF_8);
          for (Map.Entry<String, JsonNode> l : JSON.readTree(json).properties()) {
            all.put(l.getKey(), l.getValue().asString());
          }
          series.put(row.get("series"), Labels.of(all));
        }
        for (Map<String, Object> row : kdb.all("metrics")) {
          double v = (Double) requireNonNull(row.get("value"));
          boolean stale = (Boolean) requireNonNull(row.get("stale"));
          into.sample(
              requireNonNull(series.get(row.get("series"))),
              ((Instant) requireNonNull(row.get("ts"))).toEpochMilli(),
              stale ? Found.notFinite("stale") : v);
        }
        if (kdb.rows("histograms") < 0) {
          return;
        }
        for (Map<String, Object> row : kdb.all("histograms")) {
          into.histogram(
              requireNonNull(series.get(row.get("series"))),
              ((Instant) requireNonNull(row.get("ts"))).toEpochMilli(),
              (Double) requireNonNull(row.get("cnt")),
              (Double) requireNonNull(row.get("total")));
        }
      }

      @Override
      public boolean killAndRestart() throws IOException {
        kdb.reset(); // its connections end; what it has is in memory
        return true;
      }

      @Override
      public void close() throws IOException {
        kdb.close();
      }
    };
  }
}
