package dev.tethys.control.automation;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.YamlDocument;
import dev.tethys.control.FleetCase;
import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.mdai.Manifests;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Events within the cool-down of a rule, after which no further message comes. */
@Timeout(60)
@Tag("slow")
class CoolDownTest extends FleetCase {
  /** Events must follow each other within cool-downs of seconds. */
  @Override
  public int speed() {
    return 1;
  }

  private static final String HUB =
      """
      apiVersion: hub.mydecisive.ai/v1
      kind: MdaiHub
      metadata: {name: shop}
      spec:
        variables:
          - {key: ping, type: manual, dataType: string, serializeAs: [{name: PING}]}
          - {key: pong, type: manual, dataType: string, serializeAs: [{name: PONG}]}
          - {key: hook, type: manual, dataType: string, serializeAs: [{name: HOOK}]}
      """;

  private static final String RULES =
      """
      rules:
        - name: up
          trigger: {promql: {expr: errors > 1, interval: 1s}}
          cool_down: 6s
          start_controls:
            - {action: mute, attributes: {service.name: cart}}
        - name: follow
          trigger: {variable: shop/ping}
          cool_down: 3s
          actions:
            - set_variable: {hub: shop, variable: pong, value: '${trigger:payload.labels.value}'}
        - name: hooked
          trigger: {webhook: deploy}
          cool_down: 3s
          actions:
            - set_variable: {hub: shop, variable: hook, value: '${trigger:payload.labels.v}'}
      """;

  private volatile boolean fires;
  private final HttpServer prometheus = prometheusServer();

  private HttpServer prometheusServer() {
    try {
      HttpServer s =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      s.createContext(
          "/",
          q -> {
            String result = fires ? "{\"metric\":{\"job\":\"a\"},\"value\":[1,\"42\"]}" : "";
            byte[] bytes =
                ("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
                        + result
                        + "]}}")
                    .getBytes(StandardCharsets.UTF_8);
            q.sendResponseHeaders(200, bytes.length);
            q.getResponseBody().write(bytes);
            q.close();
          });
      s.start();
      return s;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void stopPrometheus() {
    prometheus.stop(0);
  }

  @Override
  public URI prometheus() {
    return URI.create("http://127.0.0.1:" + prometheus.getAddress().getPort());
  }

  @Override
  public Manifests manifests() {
    return ManifestReader.parse("hub.yaml", HUB);
  }

  @Override
  public List<AutomationRule> rules() {
    return AutomationRule.read(YamlDocument.parse("a.yaml", null, RULES));
  }

  private void set(String variable, String value) throws Exception {
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + port + "/variables/hub/shop/var/" + variable))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"data\":\"" + value + "\"}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).isEqualTo(201);
  }

  private String variable(String name) throws Exception {
    for (JsonNode hub : get("/mdai").path("resources")) {
      for (JsonNode v : hub.path("variables")) {
        if (v.path("key").asString("").equals(name)) {
          return v.path("value").asString("");
        }
      }
    }
    return "";
  }

  /** Results of a rule, the earliest first. */
  private List<String> results(String rule) throws Exception {
    List<String> out = new ArrayList<>();
    for (JsonNode s : get("/automation").path("steps")) {
      if (s.path("rule").asString().equals(rule)) {
        out.addFirst(s.path("action").asString() + " " + s.path("result").asString());
      }
    }
    return out;
  }

  private JsonNode waiting(String rule) throws Exception {
    for (JsonNode r : get("/automation").path("rules")) {
      if (r.path("name").asString().equals(rule)) {
        return r.path("waiting");
      }
    }
    throw new AssertionError("no rule " + rule);
  }

  private int active() throws Exception {
    return get("/controls?state=active").size();
  }

  @Test
  void persistentQueryStartsItsControlAfterTheCoolDown() throws Exception {
    fires = true;
    until(() -> active() == 1);
    fires = false;
    until(() -> active() == 0);
    fires = true;
    until(() -> results("up").contains("start cooling down"));
    assertThat(active()).isZero();
    assertThat(waiting("up").get(0).path("startsMillis").asLong()).isGreaterThan(clock.millis());
    until(() -> active() == 1);
    assertThat(results("up"))
        .containsExactly("start done", "end done", "start cooling down", "start done");
    assertThat(waiting("up").isMissingNode()).isTrue();
  }

  @Test
  void queryThatEndsBeforeTheCoolDownStartsNothing() throws Exception {
    fires = true;
    until(() -> active() == 1);
    fires = false;
    until(() -> active() == 0);
    fires = true;
    until(() -> results("up").contains("start cooling down"));
    fires = false;
    until(() -> results("up").contains("start skipped"));
    assertThat(get("/audit").get(0).toString())
        .contains("automation.skipped", "it is resolved before the cool-down ended");
    assertThat(waiting("up").isMissingNode()).isTrue();
  }

  @Test
  void latestVariableValueCountsAfterTheCoolDown() throws Exception {
    set("ping", "a");
    until(() -> variable("pong").equals("a"));
    set("ping", "b");
    set("ping", "c");
    until(() -> variable("pong").equals("c"));
    assertThat(results("follow"))
        .containsExactly(
            "set variable done",
            "set variable cooling down",
            "set variable cooling down",
            "set variable skipped",
            "set variable done");
    assertThat(get("/audit").toString()).contains("a later event took its place");
  }

  @Test
  void webhookReportsItsWaitAndStartsOnceWithTheLatestEvent() throws Exception {
    JsonNode first = hook("x");
    assertThat(first.get(0).path("result").asString()).isEqualTo("done");
    assertThat(first.get(0).has("startsMillis")).isFalse();
    long now = clock.millis();
    JsonNode second = hook("y");
    assertThat(second.get(0).path("result").asString()).isEqualTo("cooling down");
    assertThat(second.get(0).path("startsMillis").asLong()).isBetween(now, now + 3_000);
    until(() -> variable("hook").equals("y"));
    assertThat(results("hooked"))
        .containsExactly("set variable done", "set variable cooling down", "set variable done");
  }

  private JsonNode hook(String value) throws Exception {
    return done(post("/automation/webhooks/deploy", body().set("labels", body().put("v", value))));
  }
}
