package dev.tethys.app.delivery;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Tag;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Grafana Cloud's intake of Graphite ("Graphite HTTP API", "Adding new data") by a double, whose
 * requests Jackson takes apart.
 */
@Tag("contrib")
@Tag("slow")
class HostedGraphiteContractTest extends ExporterContract {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String WHO =
      "Basic "
          + Base64.getEncoder().encodeToString("123456:a-token".getBytes(StandardCharsets.UTF_8));

  private static HttpIntake.Reply judge(HttpExchange x, byte[] body) {
    if (!WHO.equals(x.getRequestHeaders().getFirst("Authorization"))) {
      return new HttpIntake.Reply(401, "{\"message\":\"invalid token\"}");
    }
    if (!"application/json".equals(x.getRequestHeaders().getFirst("Content-Type"))) {
      return new HttpIntake.Reply(400, "unknown content-type");
    }
    int n = 0;
    for (JsonNode point : JSON.readTree(body)) {
      if (point.path("interval").asInt(0) != 30 || point.path("name").asString("").isEmpty()) {
        return new HttpIntake.Reply(400, "unable to parse request body");
      }
      n++;
    }
    return new HttpIntake.Reply(200, "{\"invalid\":0,\"published\":" + n + "}");
  }

  @Override
  Peer start() throws IOException {
    HttpIntake grafana = new HttpIntake("/graphite/metrics", HostedGraphiteContractTest::judge);
    return new CarbonPeer() {
      @Override
      public int port() {
        return grafana.port();
      }

      @Override
      public String exporterKeys(int at) {
        return "format: json, timeout: 2s, http: {endpoint: 'http://127.0.0.1:"
            + at
            + "/graphite/metrics', username: '123456', password: a-token, interval: 30s}";
      }

      @Override
      public void read(Found into) {
        grafana
            .bodies()
            .forEach(
                body -> {
                  for (JsonNode point : JSON.readTree(body)) {
                    StringBuilder path = new StringBuilder(point.path("name").asString(""));
                    point.path("tags").forEach(t -> path.append(';').append(t.asString("")));
                    point(
                        path.toString(),
                        point.path("value").asDouble(Double.NaN),
                        point.path("time").asLong(0),
                        into);
                  }
                });
      }

      @Override
      public boolean killAndRestart() throws InterruptedException {
        grafana.restart();
        return true;
      }

      @Override
      public void close() {
        grafana.close();
      }
    };
  }
}
