package dev.tethys.control.automation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.control.FleetCase;
import dev.tethys.control.TestCollector;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** From events that are no alerts to controls. */
@Timeout(120)
@Tag("slow")
class EventTriggersTest extends FleetCase {
  private static final String RULES =
      """
      rules:
        - name: deploys
          trigger: {webhook: deploy, labels: {stage: prod}}
          cool_down: 0s
          start_controls:
            - {action: mute, attributes: {service.name: '${trigger:payload.labels.service}'}}
        - name: always
          trigger: {schedule: {from: '00:00', to: '23:59:59.999999999'}}
          start_controls:
            - {action: mute, attributes: {service.name: nightly}}
        - name: nightly
          trigger: {schedule: {from: '00:00', to: '23:59:59.999999999'}}
          actions:
            - roll_out: {configuration: night, soak: 0s, min_items: 0}
        - name: losses
          trigger: {agent: dropping, labels: {env: prod}}
          start_controls:
            - {action: mute, attributes: {service.name: '${trigger:payload.labels.name}'}}
      """;

  @Override
  public List<AutomationRule> rules() {
    return AutomationRule.read(YamlDocument.parse("a.yaml", null, RULES));
  }

  private HttpResponse<String> event(String name, String body) throws Exception {
    return post(
        "/automation/webhooks/" + name,
        (tools.jackson.databind.node.ObjectNode) JsonMapper.shared().readTree(body));
  }

  private boolean isActive(String begin) throws Exception {
    for (JsonNode c : get("/controls")) {
      if (c.path("id").asString().startsWith(begin)
          && c.path("state").asString().equals("active")) {
        return true;
      }
    }
    return false;
  }

  @Test
  void webhookEventStartsAndEndsControls() throws Exception {
    String labels = "\"key\":\"7\",\"labels\":{\"stage\":\"prod\",\"service\":\"cart\"}";
    JsonNode started = done(event("deploy", "{" + labels + "}"));
    assertThat(started.get(0).path("result").asString()).isEqualTo("done");
    assertThat(isActive("deploys-")).isTrue();
    assertThat(done(event("deploy", "{\"labels\":{\"stage\":\"test\"}}"))).isEmpty();
    until(
        () ->
            done(event("deploy", "{\"status\":\"resolved\"," + labels + "}")).size() == 1
                || !isActive("deploys-"));
    assertThat(isActive("deploys-")).isFalse();
    assertThat(event("unknown", "{}").statusCode()).isEqualTo(404);
    assertThat(event("deploy", "{\"status\":\"on\"}").statusCode()).isEqualTo(400);
    assertThat(event("deploy", "{\"labels\":{\"a\":1}}").statusCode()).isEqualTo(400);
  }

  @Test
  void scheduleRunsItsControlWhileActive() throws Exception {
    until(() -> isActive("always-"));
  }

  private long nightly(String result) throws Exception {
    long n = 0;
    for (JsonNode s : get("/automation").path("steps")) {
      n +=
          s.path("rule").asString().equals("nightly") && s.path("result").asString().equals(result)
              ? 1
              : 0;
    }
    return n;
  }

  @Test
  void rollsOutLaterConfigurationWithinItsSchedule() throws Exception {
    fleet(1);
    until(() -> nightly("failed") == 1);
    assertThat(get("/automation").toString())
        .contains("unknown configuration night; it is rolled out once it exists");
    assertThat(post("/configurations", body().put("name", "night").put("text", OWN)).statusCode())
        .isEqualTo(200);
    until(() -> nightly("done") == 1);
    assertThat(nightly("failed")).as("steps do not try in vain").isEqualTo(1);
    assertThat(get("/rollouts").path(0).path("configuration").asString("")).isEqualTo("night");
  }

  @Test
  void agentDropsTriggerItsRule() throws Exception {
    agents.add(
        new TestCollector(
            clock,
            port,
            folder.resolve("lossy"),
            graph("{filter: {logs: {log_record: ['true']}}}", "filter"),
            java.util.Map.of("env", "prod", "name", "lossy")));
    agent("sound", "prod");
    until(() -> isActive("losses-"));
    JsonNode steps = get("/automation").path("steps");
    long losses = 0;
    for (JsonNode s : steps) {
      losses += s.path("rule").asString().equals("losses") ? 1 : 0;
    }
    assertThat(losses).isEqualTo(1);
  }
}
