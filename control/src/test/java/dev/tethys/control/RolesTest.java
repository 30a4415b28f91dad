package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.control.access.Tokens;
import dev.tethys.control.api.ControlApi;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.FleetVolumes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Roles of tokens and their scopes. */
@Timeout(120)
@Tag("slow")
class RolesTest extends FleetCase {
  private static final String WHY = "{\"reason\":\"test\"}";
  private static final String AGENT = "agent-token-0123456789";
  private static final String OLGA = "operator-token-0123456789";
  private static final String TEST = "operator-token-of-test-01";
  private static final String EVE = "viewer-token-0123456789";
  private static final String ADA = "admin-token-0123456789";

  @Override
  public @BeforeEach void start() throws IOException {
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
        new TestCollector(
            clock, port, folder.resolve(env), OWN, Map.of("env", env, "name", env), AGENT));
  }

  @Test
  void scopeLimitsTokenReadsAndChanges() throws Exception {
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
    String mute =
        "{\"reason\":\"test\",\"action\":\"mute\",\"attributes\":{\"service.name\":\"x\"}}";
    String controls = ControlApi.ROOT + "/controls";
    assertThat(call(EVE, "POST", controls, mute).statusCode()).isEqualTo(403);
    JsonNode ofTest = data(TEST, "POST", controls, mute);
    assertThat(ofTest.path("selector").asString()).isEqualTo("env=test");
    String all = data(OLGA, "POST", controls, mute).path("id").asString();
    HttpResponse<String> refused = call(TEST, "DELETE", controls + "/" + all, "{}");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("outside of the scope");
    data(TEST, "DELETE", controls + "/" + ofTest.path("id").asString(), WHY);
    String v = "{\"reason\":\"test\",\"name\":\"e\",\"text\":\"" + OWN.replace("\n", "\\n") + "\"}";
    data(TEST, "POST", ControlApi.ROOT + "/configurations", v);
    String rollouts = ControlApi.ROOT + "/rollouts";
    JsonNode r = data(TEST, "POST", rollouts, "{\"reason\":\"test\",\"configuration\":\"e\"}");
    assertThat(r.path("selector").asString()).isEqualTo("env=test");
    data(TEST, "POST", rollouts + "/" + r.path("id").asInt() + "/cancel", WHY);
    JsonNode wide = data(OLGA, "POST", rollouts, "{\"reason\":\"test\",\"configuration\":\"e\"}");
    String change = rollouts + "/" + wide.path("id").asInt() + "/cancel";
    assertThat(call(TEST, "POST", change, "{}").statusCode()).isEqualTo(403);
    data(OLGA, "POST", change, WHY);
  }

  /** Routes with their least role; those of agents, probes and pages are omitted. */
  private static final String ROUTES =
      """
      GET /api/v1/control/agents viewer
      GET /api/v1/control/agents/01900000-0000-7000-8000-000000000000 viewer
      GET /api/v1/control/volumes viewer
      GET /api/v1/control/configurations viewer
      POST /api/v1/control/configurations operator
      GET /api/v1/control/configurations/x viewer
      GET /api/v1/control/configurations/x/1 viewer
      GET /api/v1/control/diff/x viewer
      GET /api/v1/control/rollouts viewer
      POST /api/v1/control/rollouts operator
      POST /api/v1/control/rollouts/1/undo operator
      GET /api/v1/control/rollouts/1/keys operator
      GET /api/v1/control/audit viewer
      GET /api/v1/control/audit/export admin
      GET /api/v1/control/audit/verify viewer
      GET /api/v1/control/controls viewer
      POST /api/v1/control/controls operator
      POST /api/v1/control/controls/preview operator
      GET /api/v1/control/controls/x viewer
      DELETE /api/v1/control/controls/x operator
      GET /api/v1/control/quotas viewer
      GET /api/v1/control/tap operator
      GET /api/v1/control/follow operator
      GET /api/v1/control/nodes operator
      GET /api/v1/control/recommendations operator
      GET /api/v1/control/findings operator
      GET /api/v1/control/automation viewer
      POST /api/v1/control/automation/webhooks/x operator
      GET /api/v1/control/mdai viewer
      GET /api/v1/control/mdai/hubs/x/rules.yaml viewer
      GET /api/v1/control/packages viewer
      POST /api/v1/control/packages admin
      DELETE /api/v1/control/packages/x/1 admin
      POST /api/v1/control/dry-run operator
      GET /api/v1/control/repository viewer
      POST /api/v1/control/repository/pull operator
      GET /api/v1/control/export operator
      POST /alerts/alertmanager operator
      GET /variables/list viewer
      GET /variables/list/hub/x viewer
      GET /variables/values/hub/x/var/y viewer
      POST /variables/hub/x/var/y operator
      DELETE /variables/hub/x/var/y operator
      GET /audit viewer
      POST /-/reload admin
      """;

  @Test
  void eachRouteRequiresItsRole() throws Exception {
    for (String line : ROUTES.lines().toList()) {
      String[] parts = line.split(" ", 3);
      int least = List.of("agent", "viewer", "operator", "admin").indexOf(parts[2]);
      assertThat(call("unknown-token-0123456789", parts[0], parts[1], "").statusCode())
          .as(line)
          .isEqualTo(401);
      HttpResponse<String> without =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + parts[1]))
                  .method(parts[0], HttpRequest.BodyPublishers.ofString(""))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(without.statusCode()).as(line).isEqualTo(401);
      String[] tokens = {AGENT, EVE, OLGA, ADA};
      for (int role = 0; role < tokens.length; role++) {
        int status = call(tokens[role], parts[0], parts[1], "").statusCode();
        if (role < least) {
          assertThat(status).as(line + " as role " + role).isEqualTo(403);
        } else {
          assertThat(status).as(line + " as role " + role).isNotIn(401, 403, 500);
        }
      }
    }
  }

  @Test
  void volumesControlsAndRolloutsIncludeOnlyAgentsInScope() throws Exception {
    agent("prod");
    agent("test");
    until(() -> data(OLGA, "GET", ControlApi.ROOT + "/agents", "").size() == 2);
    until(() -> data(OLGA, "GET", ControlApi.ROOT + "/volumes", "").path("agents").asInt() == 2);
    assertThat(data(EVE, "GET", ControlApi.ROOT + "/volumes", "").path("agents").asInt())
        .isEqualTo(1);
    String quota =
        "{\"reason\":\"test\",\"action\":\"quota\",\"attributes\":{\"service.name\":\"x\"},"
            + "\"quota\":{\"limit\":10,\"unit\":\"items\"}}";
    String id = data(OLGA, "POST", ControlApi.ROOT + "/controls", quota).path("id").asString();
    String one = ControlApi.ROOT + "/controls/" + id;
    assertThat(data(OLGA, "GET", one, "").path("agents").size()).isEqualTo(2);
    assertThat(data(TEST, "GET", one, "").path("agents").size()).isEqualTo(1);
    assertThat(
            data(TEST, "GET", ControlApi.ROOT + "/controls", "")
                .path(0)
                .path("agentStates")
                .properties()
                .stream()
                .mapToInt(e -> e.getValue().asInt())
                .sum())
        .isEqualTo(1);
    String v = "{\"reason\":\"test\",\"name\":\"e\",\"text\":\"" + OWN.replace("\n", "\\n") + "\"}";
    data(OLGA, "POST", ControlApi.ROOT + "/configurations", v);
    String rollouts = ControlApi.ROOT + "/rollouts";
    data(
        OLGA,
        "POST",
        rollouts,
        "{\"reason\":\"test\",\"configuration\":\"e\",\"soak\":\"1s\",\"minItems\":0}");
    until(() -> data(OLGA, "GET", rollouts, "").path(0).path("agents").size() == 2);
    assertThat(data(TEST, "GET", rollouts, "").path(0).path("agents").size()).isEqualTo(1);
    assertThat(call(TEST, "GET", ControlApi.ROOT + "/export", "").statusCode()).isEqualTo(403);
    until(() -> data(OLGA, "GET", rollouts, "").path(0).path("state").asString().equals("done"));
    HttpResponse<String> refused =
        call(TEST, "POST", rollouts, "{\"reason\":\"test\",\"configuration\":\"e\"}");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("the present version of e concerns agents outside");
    HttpResponse<String> added = call(TEST, "POST", ControlApi.ROOT + "/configurations", v);
    assertThat(added.statusCode()).isEqualTo(409);
    assertThat(added.body())
        .contains("configuration e is of all agents, and the token of env=test");
    String mute =
        "{\"reason\":\"test\",\"action\":\"mute\",\"id\":\"m\",\"attributes\":{\"service.name\":\"x\"}}";
    HttpResponse<String> chosen = call(TEST, "POST", ControlApi.ROOT + "/controls", mute);
    assertThat(chosen.statusCode()).isEqualTo(403);
    assertThat(chosen.body()).contains("cannot choose the id");
    assertThat(call(OLGA, "POST", ControlApi.ROOT + "/controls", mute).statusCode()).isEqualTo(200);
  }

  @Test
  void rejectsSelectorWithoutAgentsInScope() throws Exception {
    agent("prod");
    agent("test");
    until(() -> data(OLGA, "GET", ControlApi.ROOT + "/agents", "").size() == 2);
    String controls = ControlApi.ROOT + "/controls";
    String mute =
        "{\"reason\":\"test\",\"action\":\"mute\",\"attributes\":{\"service.name\":\"x\"},\"selector\":\"env=%s\"%s}";
    for (String path : new String[] {controls, controls + "/preview"}) {
      HttpResponse<String> r = call(TEST, "POST", path, mute.formatted("prod", ""));
      assertThat(r.statusCode()).isEqualTo(409);
      assertThat(r.body())
          .contains("no known agent matches")
          .contains("env=prod,env=test")
          .contains("the conditions of the token, env=test");
    }
    assertThat(call(OLGA, "POST", controls, mute.formatted("stage", "")).statusCode())
        .isEqualTo(409);
    assertThat(data(OLGA, "GET", controls, "")).isEmpty();
    JsonNode awaited =
        data(OLGA, "POST", controls, mute.formatted("stage", ",\"awaitAgents\":true"));
    assertThat(awaited.path("agents")).isEmpty();
    assertThat(data(TEST, "POST", controls, mute.formatted("test", "")).path("agents").size())
        .isEqualTo(1);
  }

  @Test
  void effectsAndOutputsAreLimitedToTheTokenScopeOrExplained() throws Exception {
    agent("prod");
    agent("test");
    until(() -> data(OLGA, "GET", ControlApi.ROOT + "/agents", "").size() == 2);
    // Volumes come every 10 s, and a rate is of two reports.
    until(
        () -> {
          agents.getFirst().send("checkout", 9, 50);
          agents.getLast().send("checkout", 9, 1);
          return agents.stream().allMatch(this::isMeasured);
        });
    String mute =
        "{\"reason\":\"test\",\"action\":\"mute\",\"signals\":[\"logs\"],"
            + "\"attributes\":{\"service.name\":\"checkout\"},\"owner\":\"shop\"}";
    String id = data(OLGA, "POST", ControlApi.ROOT + "/controls", mute).path("id").asString();
    String one = ControlApi.ROOT + "/controls/" + id;
    until(
        () -> data(OLGA, "GET", one, "").path("effect").path("before").path("agents").asInt() == 2);
    JsonNode all = data(OLGA, "GET", one, "");
    assertThat(all.path("owner").asString()).isEqualTo("shop");
    assertThat(all.path("author").asString()).isEqualTo("olga");
    assertThat(all.has("scope")).isFalse();
    assertThat(all.path("effect").has("scope")).isFalse();
    for (String token : new String[] {TEST, EVE}) {
      JsonNode own = data(token, "GET", one, "");
      String scope = token.equals(TEST) ? "env=test" : "env=~te.*";
      assertThat(own.path("scope").asString()).isEqualTo(scope);
      assertThat(own.path("effect").path("scope").asString()).isEqualTo(scope);
      JsonNode before = own.path("effect").path("before");
      assertThat(before.path("agents").asInt()).isEqualTo(1);
      assertThat(before.path("inItemsPerSecond").asDouble())
          .isLessThan(all.path("effect").path("before").path("inItemsPerSecond").asDouble() / 10);
    }
    String v = "{\"reason\":\"test\",\"name\":\"e\",\"text\":\"" + OWN.replace("\n", "\\n") + "\"}";
    data(OLGA, "POST", ControlApi.ROOT + "/configurations", v);
    String rollouts = ControlApi.ROOT + "/rollouts";
    data(
        OLGA,
        "POST",
        rollouts,
        "{\"reason\":\"test\",\"configuration\":\"e\",\"soak\":\"1s\",\"minItems\":0}");
    assertThat(data(OLGA, "GET", rollouts, "").path(0).has("outputsHidden")).isFalse();
    assertThat(data(EVE, "GET", rollouts, "").path(0).path("outputsHidden").asString())
        .contains("outside of the scope of the token: env=~te.*");
  }

  private boolean isMeasured(TestCollector a) {
    ControlServer s = java.util.Objects.requireNonNull(server);
    AgentState state = s.fleet().agent(java.util.UUID.fromString(a.uid()));
    return state != null
        && s.fleet()
                .volumes()
                .rates(
                    java.util.List.of(state),
                    new FleetVolumes.Scope("service.name", "checkout", java.util.Set.of("logs")),
                    Long.MIN_VALUE / 2,
                    Long.MAX_VALUE / 2)
                .inItems()
            > 0;
  }

  private static final String TAP =
      ControlApi.ROOT + "/tap?node=exporter:nop@logs&selector=env%3Dtest&contains=absent&seconds=";

  /** A tap whose answer no one reads. */
  private java.net.Socket tap(String token) throws IOException {
    java.net.Socket s = new java.net.Socket("127.0.0.1", port);
    s.getOutputStream()
        .write(
            ("GET " + TAP + "30 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token + "\r\n\r\n")
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    return s;
  }

  @Test
  void tapsOfOneUserDoNotBlockOthersAndEndWithTheirClients() throws Exception {
    agent("test");
    until(() -> data(OLGA, "GET", ControlApi.ROOT + "/agents", "").size() == 1);
    TestCollector one = agents.getFirst();
    try (java.net.Socket a = tap(OLGA);
        java.net.Socket b = tap(OLGA)) {
      until(() -> one.taps.get() == 2);
      HttpResponse<String> own = call(OLGA, "GET", TAP + "1", "");
      assertThat(own.statusCode()).isEqualTo(429);
      assertThat(own.body()).contains("2 of your taps are running, the limit of a user");
      assertThat(call(TEST, "GET", TAP + "0.1", "").statusCode()).isEqualTo(200);
      try (java.net.Socket c = tap(ADA);
          java.net.Socket d = tap(ADA)) {
        until(() -> one.taps.get() == 4);
        HttpResponse<String> all = call(TEST, "GET", TAP + "1", "");
        assertThat(all.statusCode()).isEqualTo(429);
        assertThat(all.body()).contains("4 taps are running, the limit").doesNotContain("olga");
        assertThat(call(ADA, "GET", TAP + "1", "").body())
            .contains("4 taps are running, of ada, olga,");
        b.close();
        until(() -> one.taps.get() == 3); // at the agent, long before its 30 s are over
        JsonNode free = data(OLGA, "GET", TAP + "0.1", "");
        assertThat(free.path("agents").get(0).has("error")).as(free.toString()).isFalse();
      }
    }
  }

  @Test
  void adminReloadsAndExports() throws Exception {
    data(
        OLGA,
        "POST",
        ControlApi.ROOT + "/configurations",
        "{\"reason\":\"test\",\"name\":\"e\",\"text\":\"" + OWN.replace("\n", "\\n") + "\"}");
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
  void rejectsInvalidLines() throws Exception {
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
