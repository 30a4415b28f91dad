package dev.tethys.control.automation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.control.FleetCase;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.api.AutomationApi;
import dev.tethys.testkit.Shared;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** From Alertmanager's webhook to running graphs. */
@Timeout(120)
@Tag("slow")
class AutomationTest extends FleetCase {
  private static final String RULES =
      """
      rules:
        - name: noisy
          trigger: {alert: NoisyService, labels: {severity: page}}
          cool_down: 0s
          start_controls:
            - action: mute
              signals: [logs]
              attributes: {service.name: '${trigger:payload.labels.service_name}'}
              duration: 10m
        - name: careful
          trigger: {alert: Careful}
          dry_run: true
          start_controls:
            - {action: mute, attributes: {service.name: '${trigger:payload.labels.service_name:-x}'}}
        - name: slow
          trigger: {alert: Slow}
          cool_down: 1h
          start_controls:
            - action: filter
              signals: [logs]
              condition: 'log.body == "${trigger:payload.labels.text:-y}"'
        - name: calm
          trigger: {alert: Calm, status: resolved}
          end_controls: [manual]
      """;

  @Override
  public List<AutomationRule> rules() {
    return AutomationRule.read(YamlDocument.parse("a.yaml", null, RULES));
  }

  private static String alert(String name, String status, int second, String labels) {
    return "{\"status\":\""
        + status
        + "\",\"labels\":{\"alertname\":\""
        + name
        + "\""
        + labels
        + "},\"annotations\":{},\"startsAt\":\"2025-08-03T12:03:"
        + second
        + ".5+02:00\",\"endsAt\":\""
        + (status.equals("firing") ? "0001-01-01T00:00:00Z" : "2025-08-03T10:03:" + second + "Z")
        + "\",\"generatorURL\":\"\",\"fingerprint\":\"fp-"
        + name
        + "\"}";
  }

  private HttpResponse<String> webhook(String type, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + AutomationApi.WEBHOOK))
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private List<String> results(String... alerts) throws Exception {
    HttpResponse<String> r =
        webhook(
            "application/json",
            "{\"version\":\"4\",\"receiver\":\"webhook\",\"status\":\"firing\",\"alerts\":["
                + String.join(",", alerts)
                + "]}");
    assertThat(r.statusCode()).as(r.body()).isEqualTo(201);
    JsonNode steps = JsonMapper.shared().readTree(r.body()).path("data");
    List<String> out = new java.util.ArrayList<>();
    for (JsonNode s : steps) {
      out.add(
          s.path("rule").asString()
              + " "
              + s.path("action").asString()
              + " "
              + s.path("result").asString());
    }
    return out;
  }

  private static final String NOISY = ",\"severity\":\"page\",\"service_name\":\"checkout\"";

  @Test
  void firingAlertMutesItsServiceUntilResolved() throws Exception {
    fleet(3);
    String firing = alert("NoisyService", "firing", 10, NOISY);
    assertThat(results(firing, alert("Other", "firing", 10, "")))
        .containsExactly("noisy start done");
    String id = get("/controls").get(0).path("id").asString();
    until(() -> agents.stream().allMatch(a -> a.control(id, true) != null));
    agents.forEach(a -> a.send("checkout", 9, 4));
    agents.forEach(a -> assertThat(a.accounts().dropped()).containsEntry("muted:" + id, 4L));
    assertThat(get("/controls/" + id).path("owner").asString()).isEqualTo("automation:noisy");
    assertThat(results(firing)).as("a repetition").isEmpty();

    assertThat(results(alert("NoisyService", "resolved", 20, NOISY)))
        .containsExactly("noisy end done");
    until(() -> agents.stream().noneMatch(a -> a.control(id, true) != null));
    assertThat(get("/controls/" + id).path("endReason").asString()).contains("was resolved");
    assertThat(results(alert("NoisyService", "firing", 30, NOISY)))
        .containsExactly("noisy start done");
    assertThat(get("/audit").get(0).path("actor").asString()).isEqualTo("automation:noisy");
    assertThat(get("/automation").path("steps").size()).isEqualTo(3);
    assertThat(get("/automation").path("rules").size()).isEqualTo(4);
  }

  @Test
  void alertResolvedAfterRestartEndsItsControl() throws Exception {
    results(alert("NoisyService", "firing", 10, NOISY));
    java.util.Objects.requireNonNull(server).close();
    start(port, Tokens.NONE);
    assertThat(get("/controls?state=active").size()).isEqualTo(1);
    JsonNode kept = get("/automation").path("steps");
    assertThat(kept.size()).isEqualTo(1);
    assertThat(kept.get(0).path("alert").asString()).isEqualTo("NoisyService");
    assertThat(kept.get(0).path("result").asString()).isEqualTo("done");
    assertThat(results(alert("NoisyService", "resolved", 20, NOISY)))
        .containsExactly("noisy end done");
    assertThat(get("/controls?state=active").size()).isZero();
  }

  @Test
  void notesAlertOlderThanTheLastChangeOnce() throws Exception {
    results(alert("NoisyService", "firing", 30, NOISY));
    String older = alert("NoisyService", "resolved", 20, NOISY);
    assertThat(results(older)).containsExactly("noisy event skipped");
    assertThat(results(older)).as("a repetition").isEmpty();
    assertThat(get("/controls?state=active").size()).isEqualTo(1);
    assertThat(get("/automation").path("steps").get(0).path("error").asString())
        .contains("resolved since 2025-08-03T10:03:20Z", "firing since 2025-08-03T10:03:30.500Z");
    assertThat(get("/audit").get(0).path("action").asString()).isEqualTo("automation.skipped");
  }

  @Test
  void dryRunOnlyNotes() throws Exception {
    assertThat(results(alert("Careful", "firing", 10, "")))
        .containsExactly("careful start dry run");
    assertThat(get("/controls").size()).isZero();
    assertThat(get("/audit").get(0).path("action").asString()).isEqualTo("automation.dry_run");
  }

  @Test
  void coolDownBlocksStartsUntilARepetition() throws Exception {
    assertThat(results(alert("Slow", "firing", 10, ""))).containsExactly("slow start done");
    assertThat(results(alert("Slow", "resolved", 20, ""))).containsExactly("slow end done");
    String again = alert("Slow", "firing", 30, "");
    assertThat(results(again)).containsExactly("slow start cooling down");
    assertThat(results(again)).containsExactly("slow start cooling down");
  }

  @Test
  void labelValueStaysInsideItsQuotes() throws Exception {
    String hostile = ",\"text\":\"\\\" or true or \\\"\"";
    assertThat(results(alert("Slow", "firing", 10, hostile))).containsExactly("slow start done");
    assertThat(get("/controls").get(0).path("condition").asString())
        .isEqualTo("log.body == \"\\\" or true or \\\"\"");
  }

  @Test
  void labelValueLikeAReferenceStaysText() throws Exception {
    String hostile =
        ",\"text\":\"${trigger:payload.labels.more}\",\"more\":\"\\\" or true or \\\"\"";
    assertThat(results(alert("Slow", "firing", 10, hostile))).containsExactly("slow start done");
    assertThat(get("/controls").get(0).path("condition").asString())
        .isEqualTo("log.body == \"${trigger:payload.labels.more}\"");
  }

  @Test
  void ruleEndsAUsersControl() throws Exception {
    done(
        post(
            "/controls", body().put("id", "manual").put("action", "mute").put("pipeline", "logs")));
    assertThat(results(alert("Calm", "resolved", 10, ""))).containsExactly("calm end done");
    assertThat(results(alert("Calm", "resolved", 20, ""))).containsExactly("calm end absent");
  }

  @Test
  void missingLabelFailsAndIsAudited() throws Exception {
    assertThat(results(alert("NoisyService", "firing", 10, ",\"severity\":\"page\"")))
        .containsExactly("noisy start failed");
    assertThat(get("/controls").size()).isZero();
    assertThat(get("/audit").get(0).toString()).contains("automation.failed", "no value");
  }

  @Test
  void rejectsInvalidMessages() throws Exception {
    assertThat(webhook("text/plain", "{}").statusCode()).isEqualTo(415);
    assertThat(webhook("application/json", "{").statusCode()).isEqualTo(400);
    assertThat(webhook("application/json", "{}").statusCode()).isEqualTo(400);
    String noFingerprint = alert("X", "firing", 10, "").replace("fp-X", "");
    assertThat(webhook("application/json", "{\"alerts\":[" + noFingerprint + "]}").body())
        .contains("alerts[0].fingerprint is missing");
  }

  @Test
  void rejectsInvalidRulesWithTheirPosition() {
    for (String wrong :
        List.of(
            "{name: X, trigger: {alert: A}, end_controls: [a]}",
            "{name: x, trigger: {alert: A}}",
            "{name: x, trigger: {alert: A, status: open}, end_controls: [a]}",
            "{name: x, trigger: {alert: A}, start_controls: [{action: mute}]}",
            "{name: x, trigger: {alert: A}, start_controls: [{action: mute, pipeline: logs, id: a}]}",
            "{name: x, trigger: {alert: A}, start_controls: [{action: mute, pipeline: logs,"
                + " selector: 'a=${trigger:name}'}]}",
            "{name: x, trigger: {alert: A}, start_controls: [{action: filter, signals: [logs],"
                + " condition: 'log.body =='}]}")) {
      assertThatThrownBy(
              () ->
                  AutomationRule.read(YamlDocument.parse("a.yaml", null, "rules: [" + wrong + "]")))
          .as(wrong)
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("a.yaml:1:");
    }
  }

  @Test
  void readsMdaiMessages() throws Exception {
    Path cases = Shared.conformance("mdai/gateway/alert_post_body_1.json");
    assertThat(Alert.read(Files.readAllBytes(cases)))
        .hasSize(3)
        .allMatch(a -> a.name().equals("logBytesOutTooHighBySvc"))
        .extracting(Alert::changed)
        .contains("2025-08-03T08:05:00Z");
  }
}
