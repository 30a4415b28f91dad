package dev.tethys.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.access.Tokens;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A control plane with real graphs as agents, over real sockets. */
@Timeout(120)
@Tag("slow")
class ControlFleetTest extends FleetCase {
  private static final String DROPS = "{filter: {logs: {log_record: ['true']}}}";

  private int push(String text) throws Exception {
    return done(post("/configurations", body().put("name", "edge").put("text", text)))
        .path("version")
        .asInt();
  }

  private long rollOut(int version, String soak) throws Exception {
    return rollOut(version, soak, 0);
  }

  private long rollOut(int version, String soak, int minItems) throws Exception {
    return done(post(
            "/rollouts",
            body()
                .put("configuration", "edge")
                .put("version", version)
                .put("selector", "env=prod")
                .put("applyTimeout", "20s")
                .put("soak", soak)
                .put("minItems", minItems)))
        .path("id")
        .asLong();
  }

  private JsonNode rollout(long id) throws Exception {
    for (JsonNode r : get("/rollouts")) {
      if (r.path("id").asLong() == id) {
        return r;
      }
    }
    throw new AssertionError("no rollout " + id);
  }

  private void untilState(long id, String state) throws Exception {
    until(
        () -> {
          JsonNode r = rollout(id);
          String now = r.path("state").asString();
          assertThat(now).as(r.toString()).isIn("running", "paused", state);
          return now.equals(state);
        });
  }

  @Test
  void changeReachesRunningAgentsInStagesWithoutRestart() throws Exception {
    fleet(5);
    agent("other", "test");
    until(() -> get("/agents").size() == 6);
    int v = push(graph("{batch: {}}", "batch"));
    long id = rollOut(v, "0s");
    untilState(id, "done");
    until(
        () ->
            all(
                get("/agents?selector=env=prod"),
                a -> a.path("configuration").path("current").asBoolean()));
    for (JsonNode a : get("/agents?selector=env=prod")) {
      assertThat(
              get("/agents/" + a.path("uid").asString()).path("effectiveConfiguration").asString())
          .contains("batch");
    }
    JsonNode other = get("/agents?selector=env=test").get(0);
    assertThat(other.path("configuration").path("state").asString()).isEqualTo("unset");
    assertThat(agents.getLast().offers.get()).isZero();

    done(post("/rollouts/" + id + "/undo", body().put("reason", "not wanted")));
    until(
        () -> {
          for (JsonNode a : get("/agents?selector=env=prod")) {
            if (get("/agents/" + a.path("uid").asString())
                .path("effectiveConfiguration")
                .asString()
                .contains("batch")) {
              return false;
            }
          }
          return true;
        });
    assertThat(rollout(id).path("stateReason").asString()).isEqualTo("not wanted");
    assertThat(get("/audit/verify").path("intact").asBoolean()).isTrue();
    assertThat(get("/audit").get(0).path("action").asString()).isEqualTo("rollout.undone");
  }

  @Test
  void undoesVersionThatFailsToStartAfterOneAgent() throws Exception {
    fleet(20);
    int good = push(graph("{batch: {}}", "batch"));
    untilState(rollOut(good, "0s"), "done");
    agents.forEach(a -> a.offers.set(0));
    // The agents alone know the variable, so that only they find out.
    int bad = push(graph("{batch: {timeout: '${env:NOT_SET_ANYWHERE}x'}}", "batch"));
    long id = rollOut(bad, "0s");
    untilState(id, "undone");
    assertThat(rollout(id).path("stateReason").asString())
        .contains("did not apply it", "edge.yaml:")
        .doesNotContainPattern("[0-9a-f]{64}");
    assertThat(rollout(id).path("agents").size()).isEqualTo(1);

    // The latest version is none by default any more: it must be named.
    HttpResponse<String> unnamed =
        post("/rollouts", body().put("configuration", "edge").put("selector", "env=prod"));
    assertThat(unnamed.statusCode()).isEqualTo(409);
    assertThat(unnamed.body())
        .contains("the latest version of edge is " + bad)
        .contains("the guard has undone it in rollout " + id, "did not apply it")
        .contains("tool control rollout edge " + bad);
    assertThat(get("/configurations/edge").path(0).path("undone").asString()).contains("guard");
    assertThat(get("/configurations/edge").path(1).has("undone")).isFalse();
    ObjectNode trial = body();
    trial.remove("author");
    trial.remove("reason");
    trial.put("name", "edge").put("text", graph("{}", "")).putArray("samples");
    trial
        .withArray("samples")
        .add(
            JsonMapper.shared()
                .readTree(
                    "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"severityNumber\":9}]}]}]}"));
    JsonNode dry = done(post("/dry-run", trial));
    assertThat(dry.path("baselineVersion").asInt()).isEqualTo(good);
    assertThat(dry.path("baselineNote").asString()).contains("version " + bad, "has undone it");
    until(
        () ->
            all(
                get("/agents?selector=env=prod"),
                a ->
                    a.path("configuration").path("current").asBoolean()
                        && a.path("configuration").path("version").asInt() == good));
    assertThat(agents.stream().filter(a -> a.offers.get() > 0).count()).isEqualTo(1);
    for (JsonNode a : get("/agents")) {
      assertThat(
              get("/agents/" + a.path("uid").asString()).path("effectiveConfiguration").asString())
          .doesNotContain("NOT_SET_ANYWHERE");
    }
  }

  @Test
  void undoesVersionThatDropsRecordsAfterOneAgent() throws Exception {
    fleet(5);
    int bad = push(graph(DROPS, "filter"));
    long id = rollOut(bad, "30s");
    untilState(id, "undone");
    assertThat(rollout(id).path("stateReason").asString()).contains("lost").contains("%");
    assertThat(rollout(id).path("agents").size()).isEqualTo(1);
    until(
        () -> {
          for (JsonNode a : get("/agents")) {
            if (get("/agents/" + a.path("uid").asString())
                .path("effectiveConfiguration")
                .asString()
                .contains("filter")) {
              return false;
            }
          }
          return true;
        });
  }

  @Test
  void undoesVersionThatDropsRecordsWithoutASoak() throws Exception {
    fleet(5);
    long id = rollOut(push(graph(DROPS, "filter")), "0s", 100);
    untilState(id, "undone");
    assertThat(rollout(id).path("stateReason").asString()).contains("lost");
    assertThat(rollout(id).path("agents").size()).isEqualTo(1);
  }

  /** Nothing is dropped: each record is given to another exporter as well. */
  @Test
  void comparisonOfOutputsUndoesVersionThatDoublesThem() throws Exception {
    fleet(3);
    String doubled =
        OWN.replace("exporters: {nop: {}}", "exporters: {nop: {}, nop/b: {}}")
            .replace("exporters: [nop]", "exporters: [nop, nop/b]");
    long id =
        done(post(
                "/rollouts",
                body()
                    .put("configuration", "edge")
                    .put("version", push(doubled))
                    .put("soak", "0s")
                    .put("maxOutputChange", 0.2)))
            .path("id")
            .asLong();
    untilState(id, "undone");
    assertThat(rollout(id).path("stateReason").asString())
        .containsPattern("logs: (1\\.9|2\\.0)") // records flow while they are counted
        .contains("without the version");
    assertThat(rollout(id).path("agents").size()).isEqualTo(1);
    assertThat(rollout(id).path("outputs").path("rows").get(0).path("signal").asString())
        .isEqualTo("logs");
  }

  @Test
  void doesNotUndoDropsAllowedByTheAuthor() throws Exception {
    fleet(1);
    int v = push(graph(DROPS, "filter"));
    long id =
        done(post(
                "/rollouts",
                body()
                    .put("configuration", "edge")
                    .put("version", v)
                    .put("soak", "1s")
                    .put("maxLost", 1)
                    .put("minItems", 0)))
            .path("id")
            .asLong();
    untilState(id, "done");
  }

  @Test
  void pausedRolloutReachesNoAgentUntilResumed() throws Exception {
    fleet(4);
    int v = push(graph("{batch: {}}", "batch"));
    long id = rollOut(v, "2s");
    done(post("/rollouts/" + id + "/pause", body()));
    until(() -> rollout(id).path("agents").get(0).path("applied").asBoolean());
    assertThat(rollout(id).path("agents").size()).isEqualTo(1);
    assertThat(post("/rollouts/" + id + "/pause", body()).statusCode()).isEqualTo(409);
    done(post("/rollouts/" + id + "/resume", body()));
    until(() -> rollout(id).path("agents").size() > 1);
    done(post("/rollouts/" + id + "/cancel", body().put("reason", "enough")));
    until(
        () ->
            all(
                get("/agents"),
                a ->
                    !a.path("configuration").path("state").asString().equals("applying")
                        && a.path("configuration").path("name").isMissingNode()));
    assertThat(post("/rollouts/" + id + "/resume", body()).statusCode()).isEqualTo(409);
  }

  @Test
  void agentsRunWithoutTheControlPlaneAndStartWithTheLastConfiguration() throws Exception {
    fleet(2);
    int v = push(graph("{batch: {}}", "batch"));
    untilState(rollOut(v, "0s"), "done");
    requireNonNull(server).close();
    server = null;
    TestCollector first = agents.removeFirst();
    String uid = first.uid();
    first.close();
    TestCollector again =
        new TestCollector(
            clock, port, folder.resolve("a0"), OWN, Map.of("env", "prod", "name", "a0"));
    agents.add(again);
    assertThat(again.uid()).isEqualTo(uid);
    assertThat(again.effective()).contains("batch");
    assertThat(agents.getFirst().effective()).contains("batch");

    start(port, Tokens.NONE);
    until(() -> get("/agents").size() == 2);
    until(() -> all(get("/agents"), a -> a.path("configuration").path("current").asBoolean()));
    assertThat(again.offers.get()).isZero();
  }

  /** A configuration that sends to an address with a header. */
  private static String sending(String url, String header, String value) {
    return """
        receivers: {nop: {}}
        exporters:
          otlphttp:
            endpoint: "%s"
            headers: {"%s": "%s"}
        service: {pipelines: {logs: {receivers: [nop], exporters: [otlphttp]}}}
        """
        .formatted(url, header, value);
  }

  @Test
  void rejectsSecretInAConfigurationWithItsPosition() throws Exception {
    Map<String, String> refused =
        Map.of(
            sending("http://h:1", "authorization", "Bearer SEKRET"), "edge.yaml:5:",
            sending("http://h:1", "X-Api-Key", "SEKRET"), "edge.yaml:5:",
            sending("http://u:SEKRET@h:1", "x", "y"), "edge.yaml:4:",
            sending("http://h:1/?api_key=SEKRET", "x", "y"), "edge.yaml:4:",
            sending("http://h:1", "authorization", "Bearer ${env:T:-SEKRET}"), "edge.yaml:5:");
    for (Map.Entry<String, String> e : refused.entrySet()) {
      HttpResponse<String> r =
          post("/configurations", body().put("name", "edge").put("text", e.getKey()));
      assertThat(r.statusCode()).as(e.getKey()).isEqualTo(422);
      assertThat(r.body()).contains(e.getValue(), "${env:NAME}").doesNotContain("SEKRET");
    }
    assertThat(get("/configurations").size()).isZero();
    String reference =
        sending("http://${env:USER_PASSWORD}@h:1", "authorization", "Bearer ${env:TOKEN}");
    done(post("/configurations", body().put("name", "edge").put("text", reference)));
    done(
        post(
            "/configurations",
            body().put("name", "edge").put("text", sending("http://h:1", "X-Team", "shop"))));
  }

  @Test
  void rejectsSecretsInUnvalidatedText() throws Exception {
    String text = "exporters:\n  own_vendor:\n    headers: {x-honeycomb-team: SEKRET}\n";
    ObjectNode b = body().put("name", "other").put("validate", false);
    HttpResponse<String> r = post("/configurations", b.deepCopy().put("text", text));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(422);
    assertThat(r.body()).contains("other.yaml:3:", "x-honeycomb-team").doesNotContain("SEKRET");
    assertThat(get("/configurations")).isEmpty();
    done(post("/configurations", b.put("text", text.replace("SEKRET", "'${env:TEAM}'"))));
  }

  @Test
  void rejectsUnreadableTextEvenWithoutValidation() throws Exception {
    String text = sending("http://h:1", "authorization", "Bearer SEKRET");
    ObjectNode b = body().put("name", "other").put("validate", false);
    for (String broken :
        List.of(
            text + "}}}: [", text + "exporters: {}\n", "a: 1\n---\n" + text, "a:\n\tb\n" + text)) {
      HttpResponse<String> r = post("/configurations", b.deepCopy().put("text", broken));
      assertThat(r.statusCode()).as(r.body()).isEqualTo(422);
      assertThat(r.body()).contains("other.yaml:").doesNotContain("SEKRET");
    }
    String second = graph("", "") + "---\n" + text;
    HttpResponse<String> r =
        post("/configurations", body().put("name", "other").put("text", second));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(422);
    assertThat(r.body()).contains("a second document begins").doesNotContain("SEKRET");
    assertThat(get("/configurations")).isEmpty();
  }

  @Test
  void rejectsChangeWithoutAReason() throws Exception {
    String text = graph("", "");
    Map<String, ObjectNode> changes =
        Map.of(
            "/configurations", body().put("name", "edge").put("text", text + "# 2\n"),
            "/rollouts", body().put("configuration", "edge"),
            "/controls", body().put("action", "mute").put("pipeline", "logs"));
    push(text);
    fleet(1);
    for (Map.Entry<String, ObjectNode> c : changes.entrySet()) {
      for (ObjectNode b : List.of(c.getValue(), c.getValue().deepCopy().put("reason", ""))) {
        HttpResponse<String> r = posted(c.getKey(), b);
        assertThat(r.statusCode()).as(c.getKey() + r.body()).isEqualTo(400);
        assertThat(r.body())
            .contains("member \\\"reason\\\" is missing or empty; state the reason");
      }
    }
    assertThat(get("/configurations/edge").size()).isEqualTo(1);
    assertThat(get("/rollouts")).isEmpty();
    assertThat(get("/controls")).isEmpty();
    for (JsonNode entry : get("/audit")) {
      assertThat(entry.path("reason").asString()).isNotEmpty();
    }
    ObjectNode preview = body().put("action", "mute").put("pipeline", "logs").put("window", "1s");
    done(posted("/controls/preview", preview));
    HttpResponse<String> upload = posted("/packages?name=tethys&version=2", body());
    assertThat(upload.statusCode()).isEqualTo(400);
    assertThat(upload.body()).contains("parameter \\\"reason\\\" is missing or empty");
    assertThat(get("/packages")).isEmpty();
  }

  @Test
  void rejectsReasonWithoutAVisibleCharacter() throws Exception {
    String text = graph("", "");
    for (String blank : List.of(" ", "\t\n", "\u200B", "\u00A0\u200B \u2060", "\u3164", "\u0000")) {
      Map<String, ObjectNode> changes =
          Map.of(
              "/configurations", body().put("name", "edge").put("text", text),
              "/rollouts", body().put("configuration", "edge"),
              "/controls", body().put("action", "mute").put("pipeline", "logs"));
      for (Map.Entry<String, ObjectNode> c : changes.entrySet()) {
        HttpResponse<String> r = post(c.getKey(), c.getValue().put("reason", blank));
        assertThat(r.statusCode()).as(c.getKey() + r.body()).isEqualTo(400);
        assertThat(r.body()).contains("reason").contains("visible character");
      }
    }
    assertThat(get("/configurations")).isEmpty();
    assertThat(get("/controls")).isEmpty();
    push(text);
    HttpResponse<String> r =
        post("/rollouts", body().put("configuration", "edge").put("reason", "\u200B"));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(400);
    assertThat(r.body()).contains("visible character");
    done(
        post(
            "/configurations",
            body().put("name", "edge").put("text", text + "# 2\n").put("reason", "更新")));
  }

  @Test
  void secretPatternsAreNotSecrets() throws Exception {
    for (String statement :
        List.of(
            "replace_pattern(body, \"password=[^ ]+\", \"password=***\")",
            "replace_pattern(body, \"token=\\\\S+\", \"\")",
            "replace_pattern(body, \"https?://[^:]+:[^@]+@\", \"\")",
            "replace_pattern(body, \"https://[^:]+:[^@]+@host\", \"\")",
            "replace_pattern(body, \"-----BEGIN.*PRIVATE KEY-----\", \"\")")) {
      String text = graph("{transform: {log_statements: ['" + statement + "']}}", "transform");
      done(post("/configurations", body().put("name", "edge").put("text", text)));
    }
  }

  @Test
  void rejectsInvalidConfigurationWithItsPosition() throws Exception {
    HttpResponse<String> r =
        post(
            "/configurations",
            body().put("name", "edge").put("text", graph("{batch: {tmeout: 1s}}", "batch")));
    assertThat(r.statusCode()).isEqualTo(422);
    assertThat(r.body()).contains("edge.yaml:3:").contains("tmeout");
    assertThat(get("/configurations").size()).isZero();
  }

  @Test
  void comparesVersionsByMeaning() throws Exception {
    push(graph("", ""));
    push(graph("{batch: {timeout: 1s}}", "batch"));
    push(graph("{batch: {timeout: 2s}}", "batch"));
    JsonNode d = get("/diff/edge?from=1&to=2");
    assertThat(d.path("components").toString()).contains("added").contains("processors/batch");
    assertThat(d.path("edges").toString())
        .contains("- logs: hand -> nop", "+ logs: hand -> batch", "+ logs: batch -> nop");
    assertThat(d.path("text").asString()).contains("+processors");
    JsonNode t = get("/diff/edge?from=2&to=3");
    assertThat(t.path("components").toString()).contains("changed").contains("timeout");
    assertThat(t.path("edges").size()).isZero();
  }

  @Test
  void requiresATokenOnceOneIsSet() throws Exception {
    requireNonNull(server).close();
    Path file = folder.resolve("tokens");
    Files.writeString(
        file,
        """
        agent fleet agent-token-0123456789
        viewer eve viewer-token-0123456789
        operator olga operator-token-0123456789
        """);
    start(0, Tokens.read(file));
    assertThat(status("/agents", "")).isEqualTo(401);
    assertThat(status("/agents", "wrong-token-0123456789")).isEqualTo(401);
    HttpRequest wrong =
        HttpRequest.newBuilder(uri("/agents"))
            .header("Authorization", "Bearer wrong-token-0123456789")
            .build();
    assertThat(http.send(wrong, HttpResponse.BodyHandlers.ofString()).body())
        .contains("the bearer token is unknown");
    assertThat(status("/agents", "agent-token-0123456789")).isEqualTo(403);
    assertThat(status("/agents", "viewer-token-0123456789")).isEqualTo(200);
    HttpRequest push =
        HttpRequest.newBuilder(uri("/configurations"))
            .header("Authorization", "Bearer viewer-token-0123456789")
            .POST(HttpRequest.BodyPublishers.ofString("{}"))
            .build();
    assertThat(http.send(push, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(403);
    agents.add(
        new TestCollector(
            clock,
            port,
            folder.resolve("t"),
            OWN,
            Map.of("env", "prod"),
            "agent-token-0123456789"));
    HttpRequest q =
        HttpRequest.newBuilder(uri("/agents"))
            .header("Authorization", "Bearer viewer-token-0123456789")
            .build();
    until(
        () ->
            http.send(q, HttpResponse.BodyHandlers.ofString())
                .body()
                .contains("\"connected\":true"));
    assertThat(metrics("").statusCode()).isEqualTo(401);
    assertThat(metrics("agent-token-0123456789").statusCode()).isEqualTo(403);
    assertThat(metrics("viewer-token-0123456789").body().lines())
        .contains(
            "tethys_control_agents{state=\"healthy\"} 1",
            "tethys_control_agents{state=\"away\"} 0",
            "tethys_control_rollouts{state=\"running\"} 0",
            "tethys_control_live_controls 0")
        .anyMatch(l -> l.startsWith("tethys_control_http_requests_total{"));
  }

  private HttpResponse<String> metrics(String token) throws Exception {
    HttpRequest.Builder q = HttpRequest.newBuilder(uri("/").resolve("/metrics"));
    if (!token.isEmpty()) {
      q.header("Authorization", "Bearer " + token);
    }
    return http.send(q.build(), HttpResponse.BodyHandlers.ofString());
  }

  private int status(String path, String token) throws Exception {
    HttpRequest.Builder q = HttpRequest.newBuilder(uri(path));
    if (!token.isEmpty()) {
      q.header("Authorization", "Bearer " + token);
    }
    return http.send(q.build(), HttpResponse.BodyHandlers.ofString()).statusCode();
  }
}
