package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.access.Tokens;
import dev.tethys.control.api.AutomationApi;
import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.testkit.Shared;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Hubs of MDAI from the HTTP API of its gateway to running graphs. */
@Timeout(120)
@Tag("slow")
class MdaiFleetTest extends FleetCase {
  private static final String HUB =
      """
      apiVersion: hub.mydecisive.ai/v1
      kind: MdaiHub
      metadata: {name: shop}
      spec:
        variables:
          - key: service_list
            dataType: set
            serializeAs:
              - {name: SERVICE_LIST_REGEX, transformers: [{type: join, join: {delimiter: "|"}}]}
          - {key: action, type: manual, dataType: string, serializeAs: [{name: ACTION}]}
        rules:
          - name: firing
            when: {alertName: top_talkers, status: firing}
            then: [{addToSet: {set: service_list, value: "${trigger:payload.labels.mdai_service}"}}]
          - name: resolved
            when: {alertName: top_talkers, status: resolved}
            then:
              - removeFromSet: {set: service_list, value: "${trigger:payload.labels.mdai_service}"}
      """;

  private static final String FILTER =
      graph(
          "{filter: {error_mode: ignore, logs: {log_record: ['\"${env:SERVICE_LIST_REGEX}\" != \"\""
              + " and IsMatch(resource.attributes[\"service.name\"],"
              + " \"${env:SERVICE_LIST_REGEX}\")']}}}",
          "filter");

  @Override
  public Manifests manifests() {
    return ManifestReader.parse("hub.yaml", HUB);
  }

  private HttpResponse<String> call(String method, String path, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode json(HttpResponse<String> r, int status) {
    assertThat(r.statusCode()).as(r.body()).isEqualTo(status);
    return JsonMapper.shared().readTree(r.body());
  }

  private static String alert(String status, String service, int second) {
    return "{\"version\":\"4\",\"alerts\":[{\"status\":\""
        + status
        + "\",\"labels\":{\"alertname\":\"TopTalkers\",\"mdai_service\":\""
        + service
        + "\"},\"annotations\":{\"alert_name\":\"top_talkers\",\"hub_name\":\"shop\"},\"startsAt\":"
        + "\"2026-01-01T00:00:0"
        + second
        + "Z\",\"endsAt\":\"2026-01-01T00:00:0"
        + second
        + "Z\",\"fingerprint\":\"fp-"
        + service
        + "\"}]}";
  }

  @Test
  void alertChangesTheFilterOfRunningAgentsWithoutARestart() throws Exception {
    fleet(3);
    done(post("/configurations", body().put("name", "edge").put("text", FILTER)));
    done(
        post(
            "/rollouts", body().put("configuration", "edge").put("soak", "1s").put("minItems", 0)));
    until(() -> get("/rollouts").get(0).path("state").asString().equals("done"));
    agents.forEach(a -> assertThat(a.send("cart", 9, 5)).isZero());
    agents.forEach(a -> assertThat(a.accounts().dropped()).isEmpty());

    JsonNode answer = json(call("POST", AutomationApi.WEBHOOK, alert("firing", "cart", 1)), 201);
    assertThat(answer.path("total").asInt()).isEqualTo(1);
    assertThat(answer.path("successful").asInt()).isEqualTo(1);
    assertThat(answer.path("hubSteps").get(0).path("result").asString()).isEqualTo("done");
    until(
        () -> agents.stream().allMatch(a -> "cart".equals(a.variables.get("SERVICE_LIST_REGEX"))));
    agents.forEach(a -> a.send("cart", 9, 4));
    agents.forEach(a -> a.send("shop", 9, 3));
    agents.forEach(
        a ->
            assertThat(a.accounts().dropped().values().stream().mapToLong(n -> n).sum())
                .isEqualTo(4));
    // The configuration stays that of the rollout.
    until(() -> all(get("/agents"), a -> a.path("configuration").path("current").asBoolean()));

    assertThat(
            json(call("POST", AutomationApi.WEBHOOK, alert("firing", "cart", 1)), 201)
                .path("skipped")
                .asInt())
        .isEqualTo(1);
    json(call("POST", AutomationApi.WEBHOOK, alert("resolved", "cart", 2)), 201);
    until(() -> agents.stream().allMatch(a -> "".equals(a.variables.get("SERVICE_LIST_REGEX"))));
    agents.forEach(a -> a.send("cart", 9, 4));
    agents.forEach(
        a ->
            assertThat(a.accounts().dropped().values().stream().mapToLong(n -> n).sum())
                .isEqualTo(4));
  }

  @Test
  void variablesSurviveRestartOfControlPlaneAndAgent() throws Exception {
    fleet(1);
    json(call("POST", "/variables/hub/shop/var/action", "{\"data\":\"mute\"}"), 201);
    until(() -> "mute".equals(agents.getFirst().variables.get("ACTION")));
    java.util.Objects.requireNonNull(server).close();
    server = null;
    agents.removeFirst().close();
    TestCollector again =
        new TestCollector(
            clock, port, folder.resolve("a0"), OWN, Map.of("env", "prod", "name", "a0"));
    agents.add(again);
    assertThat(again.variables).containsEntry("ACTION", "mute");
    start(port, Tokens.NONE);
    until(() -> get("/agents").size() == 1);
    json(call("POST", "/variables/hub/shop/var/action", "{\"data\":\"pass\"}"), 201);
    until(() -> "pass".equals(again.variables.get("ACTION")));
  }

  @Test
  void keepsFormerVariablesIfNewOnesBreakTheConfiguration() throws Exception {
    fleet(1);
    String text = graph("{batch: {timeout: \"${env:ACTION:-1s}\"}}", "batch");
    json(call("POST", "/variables/hub/shop/var/action", "{\"data\":\"2s\"}"), 201);
    until(() -> "2s".equals(agents.getFirst().variables.get("ACTION")));
    done(post("/configurations", body().put("name", "edge").put("text", text)));
    done(
        post(
            "/rollouts",
            body().put("configuration", "edge").put("soak", "100ms").put("minItems", 0)));
    until(() -> get("/rollouts").get(0).path("state").asString().equals("done"));
    json(call("POST", "/variables/hub/shop/var/action", "{\"data\":\"soon\"}"), 201);
    until(
        () ->
            get("/agents")
                .get(0)
                .path("configuration")
                .path("error")
                .asString()
                .startsWith("variables: "));
    assertThat(agents.getFirst().variables).containsEntry("ACTION", "2s");
    assertThat(get("/agents").get(0).path("configuration").path("state").asString())
        .isEqualTo("applied");
    json(call("POST", "/variables/hub/shop/var/action", "{\"data\":\"3s\"}"), 201);
    until(() -> "3s".equals(agents.getFirst().variables.get("ACTION")));
    until(() -> get("/agents").get(0).path("configuration").path("error").asString().isEmpty());
  }

  @Test
  void gatewayRespondsLikeMdai() throws Exception {
    assertThat(json(call("GET", "/variables/list", ""), 200).toString())
        .isEqualTo("{\"shop\":{\"action\":\"string\"}}");
    assertThat(json(call("GET", "/variables/list/hub/shop", ""), 200).toString())
        .isEqualTo("{\"action\":\"string\"}");
    json(call("GET", "/variables/list/hub/none", ""), 404);
    assertThat(json(call("GET", "/variables/values/hub/shop/var/action", ""), 200).toString())
        .isEqualTo("{\"action\":\"\"}");
    json(call("GET", "/variables/values/hub/shop/var/service_list", ""), 404);
    JsonNode event = json(call("POST", "/variables/hub/shop/var/action", "{\"data\":\"a\"}"), 201);
    assertThat(event.path("name").asString()).isEqualTo("var.add");
    assertThat(event.path("version").asInt()).isEqualTo(1);
    assertThat(json(call("GET", "/variables/values/hub/shop/var/action", ""), 200).toString())
        .isEqualTo("{\"action\":\"a\"}");
    JsonNode set = get("/audit").get(0);
    assertThat(set.path("before").path("value").asString("none")).isEmpty();
    assertThat(set.path("after").path("value").asString()).isEqualTo("a");
    json(call("DELETE", "/variables/hub/shop/var/action", "{\"data\":\"a\"}"), 200);
    JsonNode removed = get("/audit").get(0);
    assertThat(removed.path("before").path("value").asString()).isEqualTo("a");
    assertThat(removed.path("after").path("value").asString("none")).isEmpty();
    json(call("POST", "/variables/hub/shop/var/action", "{\"data\":3}"), 400);
    json(call("POST", "/variables/hub/shop/var/action", "{}"), 400);
    JsonNode audit = json(call("GET", "/audit", ""), 200);
    assertThat(audit.get(0).path("name").asString()).isEqualTo("var.remove");
    assertThat(audit.get(0).path("publish_success").asString()).isEqualTo("true");
    assertThat(audit.get(0).has("value")).isFalse();
    assertThat(get("/mdai").path("resources").get(0).path("environment").path("ACTION").asString())
        .isEmpty();
    assertThat(call("GET", "/api/v1/control/mdai/hubs/shop/rules.yaml", "").statusCode())
        .isEqualTo(200);
    assertThat(call("POST", "/-/reload", "").statusCode()).isEqualTo(200);
  }

  /** Messages of MDAI's gateway tests, where they are: alerts are counted once, by their time. */
  @Test
  void countsMdaiMessagesLikeItsGateway() throws Exception {
    Map<String, int[]> wanted = // total, skipped
        Map.of(
            "alert_test.json", new int[] {1, 0},
            "alert_top_talkers.json", new int[] {2, 0},
            "alert_post_body_4.json", new int[] {3, 2});
    int alerts = 0;
    for (java.nio.file.Path p : Shared.conformanceFiles("mdai/gateway", ".json")) {
      String name = p.getFileName().toString();
      if (!name.startsWith("alert")) {
        assertThat(name).isEqualTo("var-test.json");
        json(call("POST", "/variables/hub/shop/var/action", Files.readString(p)), 201);
        assertThat(json(call("GET", "/variables/values/hub/shop/var/action", ""), 200).toString())
            .isEqualTo("{\"action\":\"critical\"}");
      } else {
        alerts++;
        java.util.Objects.requireNonNull(server).close();
        start(0, Tokens.NONE);
        JsonNode n = json(call("POST", AutomationApi.WEBHOOK, Files.readString(p)), 201);
        assertThat(n.path("total").asInt()).isPositive();
        int[] w = wanted.get(name);
        if (w != null) {
          assertThat(new int[] {n.path("total").asInt(), n.path("skipped").asInt()})
              .as(name)
              .isEqualTo(w);
        }
      }
    }
    assertThat(alerts).isEqualTo(7);
  }
}
