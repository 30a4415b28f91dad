package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.JsonObject;
import dev.tethys.alert.manager.receiver.NotifyException;
import dev.tethys.web.client.ClientRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** The calls of Jira's API for one notification. */
record JiraCalls(HttpSender http, String base, Duration limit) {
  /** Returns the first issue found by a query, or a missing node. */
  JsonNode search(String url, String jql) throws NotifyException, InterruptedException {
    JsonObject body =
        new JsonObject().put("fields", List.of("status")).put("jql", jql).put("maxResults", 2L);
    JsonNode issues = send("POST", url, body).path("issues");
    return issues.isEmpty() ? MissingNode.getInstance() : issues.get(0);
  }

  /** Calls a path below the API. */
  JsonNode call(String method, String path, @Nullable JsonObject body)
      throws NotifyException, InterruptedException {
    return send(method, base + path, body);
  }

  /** Moves an issue on by the transition of that name. */
  void transition(String key, String name) throws NotifyException, InterruptedException {
    String path = "issue/" + key + "/transitions";
    for (JsonNode t : call("GET", path, null).path("transitions")) {
      if (t.path("name").asString("").equals(name)) {
        String id = t.path("id").asString("");
        call("POST", path, new JsonObject().put("transition", Map.of("id", id)));
        return;
      }
    }
    throw NotifyException.lost("can't find transition " + name + " for issue " + key);
  }

  private JsonNode send(String method, String url, @Nullable JsonObject body)
      throws NotifyException, InterruptedException {
    ClientRequest call =
        new ClientRequest(
            method,
            HttpSender.uri(url),
            Map.of("Content-Type", "application/json", "Accept-Language", "en"),
            body == null ? null : body.text().getBytes(StandardCharsets.UTF_8),
            limit,
            null);
    String answer = http.send(call, limit).body();
    return answer.isBlank() ? MissingNode.getInstance() : HttpSender.json(answer);
  }
}
