package dev.tethys.app.delivery;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** A broker of messages with a JSON object a sample, a line each. */
abstract class MessagePeer implements ProcessPeer {
  @Override
  public boolean isHttp() {
    return false;
  }

  /** Adds what a message holds. */
  static void message(byte[] body, Found into) {
    new String(body, StandardCharsets.UTF_8)
        .lines()
        .forEach(
            line -> {
              JsonNode n = Found.json(line);
              Map<String, String> labels = new HashMap<>();
              n.path("labels")
                  .properties()
                  .forEach(l -> labels.put(l.getKey(), l.getValue().asString()));
              Labels series = Found.labels(n.path("name").asString(), labels);
              JsonNode v = n.path("value");
              into.sample(
                  series,
                  n.path("timestamp").asLong(),
                  v.isString() ? Found.notFinite(v.asString()) : v.asDouble());
            });
  }
}
