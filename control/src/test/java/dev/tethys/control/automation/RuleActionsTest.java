package dev.tethys.control.automation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.control.FleetCase;
import dev.tethys.control.access.Tokens;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** From queries, rollouts and variables to notifications, variables, rollouts and replays. */
@Tag("slow")
@Timeout(90)
class RuleActionsTest extends FleetCase {
  private static final String EMPTY = vector();
  private static final String LOGS =
      "sum by (service_name) (count_over_time({job=\"a\"} |= \"timeout\" [30s])) > 10.0";
  private static final String BURN =
      "(sum(rate(e[1h])) / sum(rate(t[1h]))) > 0.0144 and (sum(rate(e[5m])) / sum(rate(t[5m]))) >"
          + " 0.0144";

  private static final String HUB =
      """
      apiVersion: hub.mydecisive.ai/v1
      kind: MdaiHub
      metadata: {name: shop}
      spec:
        variables:
          - {key: keep, type: manual, dataType: int, default: 10, serializeAs: [{name: KEEP}]}
          - {key: ping, type: manual, dataType: string, serializeAs: [{name: PING}]}
          - {key: pong, type: manual, dataType: string, serializeAs: [{name: PONG}]}
      """;

  private final Map<String, String> answers = new ConcurrentHashMap<>(); // by query
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<JsonNode> alerts = new CopyOnWriteArrayList<>();
  private final List<String> hooks = new CopyOnWriteArrayList<>();
  private volatile int refusals; // of the next requests to the Alertmanager
  private volatile @Nullable CountDownLatch hold; // until which its answers wait
  private volatile boolean held;
  private HttpServer peer = peer();

  private static String vector(String... series) {
    StringBuilder out = new StringBuilder();
    for (String s : series) {
      out.append(out.isEmpty() ? "" : ",")
          .append("{\"metric\":{\"service_name\":\"" + s + "\"},\"value\":[1,\"42\"]}");
    }
    return "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" + out + "]}}";
  }

  private HttpServer peer() {
    try {
      HttpServer s =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      s.createContext(
          "/",
          q -> {
            String path = q.getRequestURI().getPath();
            String body = new String(q.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String answer = "{}";
            int status = 200;
            if (path.endsWith("/query")) {
              String query =
                  java.net.URLDecoder.decode(
                      q.getRequestURI().getRawQuery().substring("query=".length()),
                      StandardCharsets.UTF_8);
              asked.add(path + " " + query);
              answer = answers.getOrDefault(query, EMPTY);
            } else if (path.equals("/api/v2/alerts")) {
              CountDownLatch until = hold;
              if (until != null) {
                held = true;
                await(until);
                status = 503;
              } else if (refusals-- > 0) {
                status = 503;
              } else {
                JsonMapper.shared().readTree(body).forEach(alerts::add);
              }
            } else {
              hooks.add(q.getRequestHeaders().getFirst("X-Key") + " " + body);
            }
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            q.sendResponseHeaders(status, bytes.length);
            q.getResponseBody().write(bytes);
            q.close();
          });
      s.setExecutor(java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor());
      s.start();
      return s;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(CountDownLatch until) {
    try {
      until.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String peerUrl() {
    return "http://127.0.0.1:" + peer.getAddress().getPort();
  }

  @Override
  public URI prometheus() {
    return URI.create(peerUrl());
  }

  @Override
  public URI loki() {
    return URI.create(peerUrl() + "/");
  }

  @Override
  public List<URI> alertmanagers() {
    return List.of(URI.create(peerUrl() + "/"));
  }

  @Override
  public Manifests manifests() {
    return ManifestReader.parse("hub.yaml", HUB);
  }

  @Override
  public List<AutomationRule> rules() {
    return read(
        """
        rules:
          - name: timeouts
            trigger:
              logs:
                query: '{job="a"} |= "timeout"'
                by: [service_name]
                more_than: 10
                window: 30s
                interval: 1s
            start_controls:
              - {action: sample, share: 0.1, keepErrors: true, signals: [logs], attributes: {service.name: '${trigger:payload.labels.service_name}'}}
            actions:
              - notify: {labels: {service: '${trigger:payload.labels.service_name}'}, annotations: {lines: '${trigger:payload.value}'}}
              - webhook: {url: 'PEER/hook', headers: {X-Key: k}}
          - name: burn
            trigger:
              burn_rate: {error_ratio: 'sum(rate(e[$window])) / sum(rate(t[$window]))', objective: 0.999, interval: 1s}
            actions:
              - set_variable: {hub: shop, variable: keep, value: '100', after: '10'}
          - name: second
            trigger: {promql: {expr: second, interval: 1s}}
            actions:
              - set_variable: {hub: shop, variable: keep, value: '80', after: '20'}
          - name: canary
            trigger: {promql: {expr: canary, interval: 1s}}
            actions:
              - roll_out: {configuration: edge, soak: 0s, min_items: 0}
          - name: page
            trigger: {webhook: page}
            actions:
              - notify: {labels: {severity: page}}
          - name: absent
            trigger: {webhook: absent}
            actions:
              - roll_out: {configuration: nothing, min_items: 0}
          - name: ping
            trigger: {variable: shop/ping}
            actions:
              - set_variable: {hub: shop, variable: pong, value: '${trigger:payload.labels.value}'}
            cool_down: 0s
          - name: pong
            trigger: {variable: shop/pong}
            actions:
              - set_variable: {hub: shop, variable: ping, value: '${trigger:payload.labels.value}'}
            cool_down: 0s
          - name: calm
            trigger: {webhook: release}
            cool_down: 0s
            actions:
              - roll_out: {configuration: edge, soak: 1s, min_items: 0}
              - replay: {signal: logs, from: -10m, bucket: bucket-1, destination: 'http://127.0.0.1:1'}
          - name: returned
            trigger: {rollout: undone, labels: {configuration: edge}}
            actions:
              - notify: {labels: {severity: page}, annotations: {why: '${trigger:payload.annotations.reason}'}}
        """
            .replace("PEER", peerUrl()));
  }

  private static List<AutomationRule> read(String text) {
    return AutomationRule.read(YamlDocument.parse("a.yaml", null, text));
  }

  @AfterEach
  void stopPeer() {
    peer.stop(0);
  }

  private JsonNode variable(String name) throws Exception {
    for (JsonNode hub : get("/mdai").path("resources")) {
      for (JsonNode v : hub.path("variables")) {
        if (v.path("key").asString("").equals(name)) {
          return v.path("value");
        }
      }
    }
    return JsonMapper.shared().createObjectNode();
  }

  private long steps(String rule, String action, String result) throws Exception {
    long n = 0;
    for (JsonNode s : get("/automation").path("steps")) {
      n +=
          s.path("rule").asString().equals(rule)
                  && s.path("action").asString().equals(action)
                  && s.path("result").asString().equals(result)
              ? 1
              : 0;
    }
    return n;
  }

  private long active() throws Exception {
    return get("/controls?state=active").size();
  }

  @Test
  void manyLogLinesStartAControlAndNotifyUntilTheyEnd() throws Exception {
    refusals = 1; // the second attempt arrives
    until(() -> asked.contains("/loki/api/v1/query " + LOGS));
    assertThat(active()).isZero();
    answers.put(LOGS, vector("cart", "catalog"));
    until(() -> active() == 2 && alerts.size() == 2 && hooks.size() == 2);
    assertThat(alerts.toString())
        .contains("\"alertname\":\"timeouts\"", "\"service\":\"cart\"", "\"lines\":\"42\"");
    assertThat(hooks.toString()).contains("k {", "query:timeouts.firing", "catalog");
    until(() -> steps("timeouts", "notify", "done") == 2);
    answers.put(LOGS, "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\"}}");
    until(() -> rule("timeouts").path("queryError").asString("").contains("scalar"));
    assertThat(active()).isEqualTo(2); // what is not known does not end
    answers.put(LOGS, vector("catalog"));
    until(() -> active() == 1 && alerts.size() == 3);
    JsonNode last = alerts.getLast();
    assertThat(last.path("labels").path("service").asString()).isEqualTo("cart");
    assertThat(java.time.Instant.parse(last.path("endsAt").asString()))
        .isBefore(java.time.Instant.ofEpochMilli(clock.millis() + 1));
    answers.put(LOGS, EMPTY);
    until(() -> active() == 0);
  }

  @Test
  void retriesFailedActionsAndKeepsEachAttempt() throws Exception {
    refusals = 2;
    until(() -> asked.contains("/loki/api/v1/query " + LOGS));
    answers.put(LOGS, vector("cart"));
    until(() -> !rule("timeouts").path("waiting").isEmpty());
    JsonNode waits = rule("timeouts").path("waiting").get(0);
    assertThat(waits.path("error").asString()).contains("answered 503", "of 6)");
    assertThat(waits.path("startsMillis").asLong()).isPositive();
    until(() -> steps("timeouts", "notify", "done") == 1);
    assertThat(steps("timeouts", "notify", "failed")).isEqualTo(2);
    assertThat(steps("timeouts", "webhook", "done")).isEqualTo(1);
    assertThat(hooks).hasSize(1);
    assertThat(alerts).hasSize(1);
    assertThat(rule("timeouts").path("waiting")).isEmpty();
    assertThat(get("/audit?text=automation.failed").toString()).contains("attempt 1 of 6");
    assertThat(get("/audit?text=automation.sent").size()).isEqualTo(2);
    assertThat(active()).isEqualTo(1);
  }

  private void restart() throws Exception {
    requireNonNull(server).close();
    start(port, Tokens.NONE);
  }

  @Test
  void attemptsContinueAfterRestartWithTheirNumber() throws Exception {
    refusals = 2;
    done(post("/automation/webhooks/page", body().put("key", "k")));
    until(() -> rule("page").path("waiting").path(0).toString().contains("attempt 2 of 6"));
    restart();
    JsonNode waits = rule("page").path("waiting").path(0);
    assertThat(waits.path("error").asString()).contains("answered 503", "attempt 2 of 6");
    assertThat(waits.path("startsMillis").asLong()).isPositive();
    until(() -> steps("page", "notify", "done") == 1);
    assertThat(alerts).hasSize(1);
    assertThat(rule("page").path("waiting")).isEmpty();
    restart(); // nothing is left to be tried, and results are kept
    assertThat(rule("page").path("waiting")).isEmpty();
    assertThat(steps("page", "notify", "done")).isEqualTo(1);
    assertThat(alerts).hasSize(1);
  }

  @Test
  void repeatsInterruptedRequestAsTheNextAttempt() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    hold = answer;
    done(post("/automation/webhooks/page", body().put("key", "k")));
    until(() -> held);
    requireNonNull(server).close();
    hold = null;
    answer.countDown();
    String file = Files.readString(folder.resolve("control/automation-retries.json"));
    assertThat(file).contains("\"number\":1", "\"dueMillis\":0");
    start(port, Tokens.NONE);
    until(() -> steps("page", "notify", "done") == 1);
    assertThat(Files.readString(folder.resolve("control/automation-retries.json")))
        .doesNotContain("number");
  }

  @Test
  void doesNotRepeatAnInterruptedLastAttempt() throws Exception {
    hold = new CountDownLatch(1);
    done(post("/automation/webhooks/page", body().put("key", "k")));
    until(() -> held);
    requireNonNull(server).close();
    hold.countDown();
    hold = null;
    alerts.clear();
    Path file = folder.resolve("control/automation-retries.json");
    Files.writeString(file, Files.readString(file).replace("\"number\":1", "\"number\":6"));
    start(port, Tokens.NONE);
    until(() -> steps("page", "notify", "failed") == 1);
    assertThat(get("/automation").path("steps").toString())
        .contains("restarted before a response arrived (attempt 6 of 6)");
    assertThat(alerts).isEmpty();
    assertThat(Files.readString(file)).doesNotContain("number");
  }

  @Test
  void skipsAttemptsOfRemovedRule() throws Exception {
    refusals = Integer.MAX_VALUE;
    done(post("/automation/webhooks/page", body().put("key", "k")));
    until(() -> rule("page").path("waiting").size() == 1);
    requireNonNull(server).close();
    Path file = folder.resolve("control/automation-retries.json");
    Files.writeString(
        file, Files.readString(file).replace("\"rule\":\"page\"", "\"rule\":\"gone\""));
    start(port, Tokens.NONE);
    until(() -> steps("gone", "notify", "skipped") == 1);
    assertThat(Files.readString(file)).doesNotContain("number");
  }

  @Test
  void attemptsEndWithTheirEvent() throws Exception {
    refusals = Integer.MAX_VALUE;
    until(() -> asked.contains("/loki/api/v1/query " + LOGS));
    answers.put(LOGS, vector("cart"));
    until(() -> !rule("timeouts").path("waiting").isEmpty());
    answers.put(LOGS, EMPTY);
    until(() -> steps("timeouts", "notify", "skipped") == 1);
    assertThat(get("/audit?text=automation.skipped").toString())
        .contains("a later event took its place before the next attempt");
  }

  private JsonNode rule(String name) throws Exception {
    for (JsonNode r : get("/automation").path("rules")) {
      if (r.path("name").asString().equals(name)) {
        return r;
      }
    }
    return JsonMapper.shared().createObjectNode();
  }

  @Test
  void burnRateRaisesAVariableAndReturnsIt() throws Exception {
    until(() -> asked.contains("/api/v1/query " + BURN));
    answers.put(BURN, vector("x"));
    until(() -> variable("keep").asString("").equals("100"));
    answers.put(BURN, EMPTY);
    until(() -> variable("keep").asString("").equals("10"));
    assertThat(get("/audit").toString()).contains("automation:burn");
  }

  @Test
  void variableReturnsWithTheLastEventThatHoldsIt() throws Exception {
    answers.put(BURN, vector("s1", "s2"));
    until(() -> steps("burn", "set variable", "done") == 2);
    answers.put(BURN, vector("s2"));
    until(() -> steps("burn", "undo set variable", "held") == 1);
    assertThat(variable("keep").asString()).isEqualTo("100");

    answers.put("second", vector("x"));
    until(() -> variable("keep").asString("").equals("80"));
    assertThat(rule("burn").path("variables").toString()).contains("\"heldBy\":\"second\"");
    requireNonNull(server).close(); // what holds is on disk
    start(port, Tokens.NONE);
    until(() -> rule("burn").path("variables").toString().contains("second"));
    // Both fire anew, in any order, and the variable keeps the value of the later one.
    until(() -> steps("second", "set variable", "active") == 1);
    until(() -> steps("burn", "set variable", "active") == 1);
    assertThat(steps("second", "set variable", "done")).isEqualTo(1);
    assertThat(steps("burn", "set variable", "done")).isEqualTo(2);
    assertThat(variable("keep").asString()).isEqualTo("80");
    answers.put("second", EMPTY);
    until(() -> variable("keep").asString("").equals("100"));
    answers.put(BURN, EMPTY);
    until(() -> variable("keep").asString("").equals("10"));
    assertThat(rule("burn").path("variables")).isEmpty();
  }

  @Test
  void restoresVariableIfItsEventEndedWhileStopped() throws Exception {
    answers.put(BURN, vector("s2"));
    until(() -> variable("keep").asString("").equals("100"));
    requireNonNull(server).close();
    answers.put(BURN, EMPTY);
    start(port, Tokens.NONE);
    until(() -> variable("keep").asString("").equals("10"));
    assertThat(steps("burn", "undo set variable", "done")).isEqualTo(1);
    assertThat(rule("burn").path("variables")).isEmpty();
  }

  private String error(String rule) throws Exception {
    for (JsonNode s : get("/automation").path("steps")) {
      if (s.path("rule").asString().equals(rule) && !s.path("error").asString().isEmpty()) {
        return s.path("error").asString();
      }
    }
    return "";
  }

  @Test
  void eventRollsOutOnceDespiteRestartAndGuard() throws Exception {
    fleet(1);
    String bad = graph("{batch: {timeout: '${env:NOT_SET_ANYWHERE}x'}}", "batch");
    done(post("/configurations", body().put("name", "edge").put("text", OWN)));
    done(post("/configurations", body().put("name", "edge").put("text", bad)));
    answers.put("canary", vector("x"));
    until(() -> get("/rollouts").path(0).path("state").asString("").equals("undone"));

    requireNonNull(server).close();
    start(port, Tokens.NONE);
    until(() -> get("/agents").size() == 1);
    until(() -> steps("canary", "roll out", "active") == 1);
    assertThat(get("/rollouts").size()).isEqualTo(1);
    answers.put("canary", vector("x", "y")); // a new event
    until(() -> steps("canary", "roll out", "failed") == 1);
    assertThat(error("canary")).contains("is 2, and the guard has undone it in rollout 1");
    assertThat(get("/rollouts").size()).isEqualTo(1);
  }

  @Test
  void triesRolloutOfUnknownConfigurationOnce() throws Exception {
    done(post("/automation/webhooks/absent", body().put("key", "1")));
    assertThat(error("absent")).isEqualTo("unknown configuration nothing");
    assertThat(rule("absent").path("waiting")).isEmpty();
  }

  @Test
  void mutuallyTriggeringRulesStopAtTheHopLimit() throws Exception {
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + port + "/variables/hub/shop/var/ping"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"data\":\"a\"}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).isEqualTo(201);
    until(() -> steps("ping", "set variable", "hop limit") == 1);
    assertThat(steps("ping", "set variable", "done")).isEqualTo(1);
    assertThat(steps("pong", "set variable", "done")).isEqualTo(1);
    assertThat(get("/audit").toString()).contains(RuleActions.HOP_LIMIT_REACHED);
  }

  @Test
  void ruleRollsOutReplaysAndReturns() throws Exception {
    fleet(1);
    ObjectNode version = body().put("name", "edge").put("text", OWN);
    done(post("/configurations", version));
    ObjectNode event = body().put("key", "1");
    JsonNode steps = done(post("/automation/webhooks/release", event));
    assertThat(steps.toString()).contains("\"action\":\"roll out\"", "\"action\":\"replay\"");
    assertThat(steps.toString()).doesNotContain("failed");
    until(() -> get("/rollouts").path(0).path("state").asString("").equals("done"));
    JsonNode rollout = get("/rollouts").path(0);
    assertThat(rollout.path("author").asString()).isEqualTo("automation:calm");
    assertThat(get("/mdai").path("replays").path(0).toString()).contains("calm-", "\"logs\"");
    done(post("/automation/webhooks/release", event.put("status", "resolved")));
    until(() -> get("/rollouts").path(0).path("state").asString("").equals("undone"));
    until(() -> !alerts.isEmpty()); // of the rule returned
    assertThat(alerts.getFirst().toString()).contains("webhook:release was resolved");
  }

  @Test
  void ruleDoesNotRollOutAVersionUndoneByAUser() throws Exception {
    fleet(1);
    done(post("/configurations", body().put("name", "edge").put("text", OWN)));
    done(post("/automation/webhooks/release", body().put("key", "1")));
    until(() -> get("/rollouts").path(0).path("state").asString("").equals("done"));
    done(post("/rollouts/1/undo", body().put("reason", "too early")));

    done(post("/automation/webhooks/release", body().put("key", "2")));
    until(() -> error("calm").contains("a user has undone rollout 1 of version 1 of edge"));
    assertThat(error("calm")).contains("(too early)");
    assertThat(get("/rollouts").size()).isEqualTo(1);
    requireNonNull(server).close();
    start(port, Tokens.NONE);
    until(() -> get("/agents").size() == 1);
    done(post("/automation/webhooks/release", body().put("key", "3")));
    assertThat(error("calm")).contains("a user has undone rollout 1");
    assertThat(get("/rollouts").size()).isEqualTo(1);

    // By hand it is rolled out again, and rules may do so too.
    ObjectNode again = body().put("configuration", "edge").put("soak", "0s").put("minItems", 0);
    done(post("/rollouts", again.put("version", 1)));
    until(() -> get("/rollouts").path(0).path("state").asString("").equals("done"));
    done(post("/automation/webhooks/release", body().put("key", "4")));
    assertThat(get("/rollouts").size()).isEqualTo(3);
    until(() -> get("/rollouts").path(0).path("state").asString("").equals("done"));

    // What the rule itself undoes is no decision of a user; another version is none either.
    done(post("/automation/webhooks/release", body().put("key", "4").put("status", "resolved")));
    until(() -> get("/rollouts").path(0).path("state").asString("").equals("undone"));
    done(post("/automation/webhooks/release", body().put("key", "5")));
    assertThat(get("/rollouts").size()).isEqualTo(4);
    until(() -> get("/rollouts").path(0).path("state").asString("").equals("done"));
    done(post("/rollouts/4/undo", body()));
    done(
        post(
            "/configurations",
            body().put("name", "edge").put("text", graph("{batch: {}}", "batch"))));
    done(post("/automation/webhooks/release", body().put("key", "6")));
    assertThat(get("/rollouts").size()).isEqualTo(5);
  }

  @Test
  void rejectsInvalidRulesWithTheirPosition() {
    Map<String, String> wrong =
        Map.of(
            "trigger: {burn_rate: {error_ratio: x, objective: 0.9}}", "$window",
            "trigger: {burn_rate: {error_ratio: 'x[$window]', objective: 1}}", "less than 1",
            "trigger: {logs: {query: '{a=\"b\"}', by: ['a b']}}", "not a valid label name",
            "trigger: {promql: {expr: up, interval: 0s}}", "at least 1s",
            "trigger: {variable: keep}", "a slash",
            "trigger: {promql: {expr: up}, alert: A}", "must have one of");
    wrong.forEach(
        (trigger, message) ->
            assertThatThrownBy(() -> read("rules: [{name: a, " + trigger + ", end_controls: [x]}]"))
                .as(trigger)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("a.yaml:1:")
                .hasMessageContaining(message));
    Map<String, String> actions =
        Map.of(
            "webhook: {url: 'http://${trigger:payload.labels.x}/'}", "cannot refer",
            "webhook: {url: 'file:///etc'}", "http or https",
            "roll_out: {configuration: e, selector: '${trigger:name}'}", "cannot refer",
            "replay: {signal: logs, from: yesterday, bucket: b, destination: 'http://a'}", "-30m",
            "notify: {duration: 0s}", "more than 0s",
            "notify: {}, webhook: {url: 'http://a'}", "must have one of",
            "mail: {}", "mail");
    actions.forEach(
        (action, message) ->
            assertThatThrownBy(
                    () ->
                        read(
                            "rules: [{name: a, trigger: {alert: A}, actions: [{" + action + "}]}]"))
                .as(action)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("a.yaml:1:")
                .message()
                .doesNotContain("action:1:")
                .contains(message));
  }

  @Test
  void exportsRulesAsRead() {
    for (AutomationRule r : rules()) {
      String json =
          JsonMapper.shared().writeValueAsString(Map.of("name", r.name(), "spec", r.tree()));
      JsonNode n = JsonMapper.shared().readTree(json);
      ObjectNode all = (ObjectNode) n.path("spec");
      all.put("name", r.name()).put("cool_down", "1m");
      AutomationRule again = read("{\"rules\":[" + all + "]}").getFirst();
      assertThat(again.actions()).isEqualTo(r.actions());
      assertThat(again.trigger()).isEqualTo(r.trigger());
      assertThat(again.query()).isEqualTo(r.query());
    }
  }
}
