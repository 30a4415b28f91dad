package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Roles of tokens and their scopes. */
@Timeout(120)
class RolesTest extends FleetCase {
  private static final String AGENT = "agent-token-0123456789";
  private static final String OLGA = "operator-token-0123456789";
  private static final String TEST = "operator-token-of-test-01";
  private static final String EVE = "viewer-token-0123456789";
  private static final String ADA = "admin-token-0123456789";

  @Override
  @BeforeEach
  void start() throws IOException {
    Path file = folder.resolve("tokens");
    Files.writeString(
        file,
        String.join(
            "\n",
            "agent a " + AGENT,
            "operator olga " + OLGA,
            "operator tom " + TEST + " env=test",
            "viewer eve " + EVE + " env=~te.*",
            "admin ada " + ADA));
    start(0, Tokens.read(file));
  }

  private HttpResponse<String> call(String token, String method, String path, String body)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Authorization", "Bearer " + token)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode data(String token, String method, String path, String body) throws Exception {
    HttpResponse<String> r = call(token, method, path, body);
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return JsonMapper.shared().readTree(r.body()).path("data");
  }

  private void agent(String env) throws IOException {
    agents.add(
        new TestCollector(port, folder.resolve(env), OWN, Map.of("env", env, "name", env), AGENT));
  }

  @Test
  void scopeLimitsWhatATokenSeesAndChanges() throws Exception {
    agent("prod");
    agent("test");
    until(() -> data(OLGA, "GET", ControlApi.ROOT + "/agents", "").size() == 2);
    assertThat(data(EVE, "GET", ControlApi.ROOT + "/agents", "").size()).isEqualTo(1);
    assertThat(data(TEST, "GET", ControlApi.ROOT + "/agents?selector=env%3Dprod", "")).isEmpty();
    for (JsonNode a : data(OLGA, "GET", ControlApi.ROOT + "/agents", "")) {
      boolean test = a.path("labels").path("env").asString().equals("test");
      String path = ControlApi.ROOT + "/agents/" + a.path("uid").asString();
      assertThat(call(EVE, "GET", path, "").statusCode()).isEqualTo(test ? 200 : 404);
    }
    String mute = "{\"action\":\"mute\",\"attributes\":{\"service.name\":\"x\"}}";
    String controls = ControlApi.ROOT + "/controls";
    assertThat(call(EVE, "POST", controls, mute).statusCode()).isEqualTo(403);
    JsonNode ofTest = data(TEST, "POST", controls, mute);
    assertThat(ofTest.path("selector").asString()).isEqualTo("env=test");
    String all = data(OLGA, "POST", controls, mute).path("id").asString();
    HttpResponse<String> refused = call(TEST, "DELETE", controls + "/" + all, "{}");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("outside of the scope");
    data(TEST, "DELETE", controls + "/" + ofTest.path("id").asString(), "{}");
    String v = "{\"name\":\"e\",\"text\":\"" + OWN.replace("\n", "\\n") + "\"}";
    data(TEST, "POST", ControlApi.ROOT + "/configurations", v);
    String rollouts = ControlApi.ROOT + "/rollouts";
    JsonNode r = data(TEST, "POST", rollouts, "{\"configuration\":\"e\"}");
    assertThat(r.path("selector").asString()).isEqualTo("env=test");
    data(TEST, "POST", rollouts + "/" + r.path("id").asInt() + "/cancel", "{}");
    JsonNode wide = data(OLGA, "POST", rollouts, "{\"configuration\":\"e\"}");
    String change = rollouts + "/" + wide.path("id").asInt() + "/cancel";
    assertThat(call(TEST, "POST", change, "{}").statusCode()).isEqualTo(403);
    data(OLGA, "POST", change, "{}");
  }

  @Test
  void anAdminReloadsAndExports() throws Exception {
    data(
        OLGA,
        "POST",
        ControlApi.ROOT + "/configurations",
        "{\"name\":\"e\",\"text\":\"" + OWN.replace("\n", "\\n") + "\"}");
    assertThat(call(OLGA, "POST", "/-/reload", "").statusCode()).isEqualTo(403);
    assertThat(call(ADA, "POST", "/-/reload", "").statusCode()).isEqualTo(200);
    String export = ControlApi.ROOT + "/audit/export";
    assertThat(call(OLGA, "GET", export, "").statusCode()).isEqualTo(403);
    Path copy = folder.resolve("copy.jsonl");
    Files.writeString(copy, call(ADA, "GET", export, "").body());
    AuditLog.Verification verified = AuditLog.verify(copy);
    assertThat(verified.problem()).isEmpty();
    assertThat(verified.entries()).isEqualTo(1);
  }

  @Test
  void wrongLinesAreRefused() throws Exception {
    for (String wrong :
        new String[] {
          "admin a " + ADA + " env=prod", "viewer v " + EVE + " env", "root r " + ADA
        }) {
      Path file = folder.resolve("wrong");
      Files.writeString(file, wrong);
      assertThatThrownBy(() -> Tokens.read(file))
          .as(wrong)
          .isInstanceOf(IOException.class)
          .hasMessageContaining(":1: ");
    }
  }
}
