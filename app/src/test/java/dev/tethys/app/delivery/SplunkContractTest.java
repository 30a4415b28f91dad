package dev.tethys.app.delivery;

import com.sun.net.httpserver.HttpExchange;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Splunk's HTTP Event Collector by a double of its documentation ("Format events for HTTP Event
 * Collector", "Get metrics in from other sources"), which judges events one by one.
 */
@Tag("contrib")
@Tag("slow")
class SplunkContractTest extends ExporterContract {
  static final String TOKEN = "00000000-0000-0000-0000-000000000001";
  private static final String NAME = "metric_name:";

  static HttpIntake.Reply judge(HttpExchange x, byte[] body) {
    if (!("Splunk " + TOKEN).equals(x.getRequestHeaders().getFirst("Authorization"))) {
      return new HttpIntake.Reply(403, "{\"text\":\"Invalid token\",\"code\":4}");
    }
    if (x.getRequestMethod().equals("GET")) {
      return new HttpIntake.Reply(200, "{\"text\":\"HEC is healthy\",\"code\":17}");
    }
    int n = 0;
    for (String line : new String(body, StandardCharsets.UTF_8).split("\n")) {
      if (!isEvent(line)) {
        return new HttpIntake.Reply(
            400,
            "{\"text\":\"Invalid data format\",\"code\":6,\"invalid-event-number\":" + n + "}");
      }
      n++;
    }
    return new HttpIntake.Reply(200, "{\"text\":\"Success\",\"code\":0}");
  }

  private static boolean isEvent(String line) {
    try {
      JsonNode e = Found.json(line).path("event");
      // "Event field cannot be blank": a text that is not empty, or an object
      return ((e.isString() && !e.asString().isEmpty()) || e.isObject())
          && (!e.asString("").equals("metric")
              || Found.json(line)
                      .path("fields")
                      .propertyStream()
                      .filter(f -> f.getKey().startsWith(NAME))
                      .count()
                  == 1);
    } catch (JacksonException e) {
      return false;
    }
  }

  private static void event(JsonNode e, Found into) {
    Map<String, String> labels = new HashMap<>();
    String name = "";
    double value = 0;
    for (Map.Entry<String, JsonNode> f : e.path("fields").properties()) {
      if (f.getKey().startsWith(NAME)) {
        name = f.getKey().substring(NAME.length());
        value = f.getValue().asDouble();
      } else {
        labels.put(f.getKey(), f.getValue().asString());
      }
    }
    long time = new BigDecimal(e.path("time").asString()).movePointRight(3).longValueExact();
    into.sample(Found.labels(name, labels), time, value);
  }

  @Override
  Peer start() throws IOException {
    HttpIntake splunk = new HttpIntake("/services/collector", SplunkContractTest::judge);
    return new Peer() {
      @Override
      public int port() {
        return splunk.port();
      }

      @Override
      public String exporter() {
        return "splunk_hec";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "', token: " + TOKEN;
      }

      @Override
      public @Nullable String refusal(Labels labels, double value) {
        return !Double.isFinite(value)
            ? "not_finite"
            : labels.has("metric_type") || labels.has("metric_timestamp") ? "reserved_field" : null;
      }

      @Override
      public boolean isIdempotent() {
        return false;
      }

      @Override
      public void read(Found into) {
        splunk
            .bodies()
            .forEach(
                body ->
                    new String(body, StandardCharsets.UTF_8)
                        .lines()
                        .forEach(line -> event(Found.json(line), into)));
      }

      @Override
      public boolean killAndRestart() throws InterruptedException {
        splunk.restart();
        return true;
      }

      @Override
      public void close() {
        splunk.close();
      }
    };
  }
}
