package dev.tethys.alert.manager.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Codes and texts, as the real Alertmanager 0.33 answers the same requests. */
@Timeout(60)
class AlertmanagerApiTest extends ServedApi {
  private static final String SILENCE =
      "{\"matchers\":[%s],\"startsAt\":\"%s\",\"endsAt\":\"%s\",\"createdBy\":\"x\",\"comment\":\"y\"%s}";
  private static final String MATCHER = "{\"name\":\"%s\",\"value\":\"%s\",\"isRegex\":%s}";

  @Test
  void rejectsInvalidAlertsLikeAlertmanager() throws Exception {
    serving(
        () -> {
          String p = "/alerts";
          check("POST", p, "", 422, coded(602, "alerts in body is required"));
          check("POST", p, "[{}]", 422, coded(602, "0.labels in body is required"));
          check("POST", p, "[{\"labels\":{}}]", 400, "\"at least one label pair required\"");
          check(
              "POST",
              p,
              "[{\"labels\":{\"a\":\"\"}}]",
              400,
              "\"at least one label pair required\"");
          check(
              "POST",
              p,
              "[{\"labels\":{\"\":\"x\"}}]",
              400,
              "\"invalid label set: invalid name \\\"\\\"\"");
          check(
              "POST",
              p,
              "[{\"labels\":{\"a"
                  + " b\":\"1\"},\"startsAt\":\"2030-01-01T00:00:00Z\",\"endsAt\":\"2029-01-01T00:00:00Z\"}]",
              400,
              "\"start time must be before end time\"");
          check(
              "POST",
              p,
              "[{\"labels\":{\"a\":\"1\"},\"generatorURL\":\":::\"}]",
              422,
              coded(601, "0.generatorURL in body must be of type uri: \\\":::\\\""));
          assertThat(send("POST", p, "{").body())
              .contains(
                  "\"code\":400",
                  "parsing alerts body from \\\"\\\" failed, because"
                      + " the text ends within an object (line 1, column 2)\"");
          assertThat(send("POST", p, "[{\n\"labels\": {x}}]").body())
              .contains("because 'x' found where a name in double quotes is expected (line 2,");
          assertThat(send("POST", p, "[{\"labels\":{\"a\":1}}]").statusCode()).isEqualTo(400);
          assertThat(
                  send("POST", p, "[{\"labels\":{\"a\":\"1\"},\"startsAt\":\"xx\"}]").statusCode())
              .isEqualTo(400);
          // Those that are valid are taken all the same.
          check(
              "POST",
              p,
              "[{\"labels\":{\"alertname\":\"A\"}},{\"labels\":{}}]",
              400,
              "\"at least one label pair required\"");
          assertThat(JSON.readTree(send("GET", p, "").body())).hasSize(1);
          check("GET", p + "?filter=x", "", 400, "\"bad matcher format: x\"");
          check(
              "GET",
              p + "?filter=%7Bx%3D1%7D",
              "",
              400,
              "\"unexpected open or close brace: {x=1}\"");
          check(
              "GET",
              p + "?receiver=(",
              "",
              400,
              "\"failed to parse receiver param: error parsing regexp: missing closing ):"
                  + " `^(?:()$`\"");
          check("GET", p + "?active=maybe", "", 200, "[]");
          check("GET", "/nope", "", 404, coded(404, "path /p/api/v2/nope was not found"));
          check("PUT", p, "", 405, coded(405, "method PUT is not allowed, but [GET,POST] are"));
        });
  }

  @Test
  void deliveriesShowTheLastErrorOfEachIntegration() throws Exception {
    serving(
        """
        route: {receiver: hook, group_wait: 0s}
        receivers: [{name: hook, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}, {name: other}]
        """,
        () -> {
          String path = "/../tethys/deliveries";
          check(
              "GET",
              path,
              "",
              200,
              "[{\"receiver\":\"hook\",\"integration\":\"webhook\",\"index\":0}]");
          send("POST", "/alerts", "[{\"labels\":{\"alertname\":\"A\"}}]");
          clock.advance(Duration.ofSeconds(5));
          JsonNode one = JSON.readTree(send("GET", path, "").body()).get(0);
          assertThat(one.path("failingSince").asString()).startsWith("2026-01-01T00:00:0");
          assertThat(one.path("lastError").asString()).contains("connection refused");
          assertThat(one.has("sentAt")).isFalse();
        });
  }

  private static String silence(String matcher, String start, String end, String more) {
    return SILENCE.formatted(matcher, start, end, more);
  }

  @Test
  void rejectsInvalidSilencesLikeAlertmanager() throws Exception {
    serving(
        () -> {
          String p = "/silences";
          String now = "2026-01-01T00:00:00Z";
          String later = "2030-01-01T00:00:00Z";
          String ok = MATCHER.formatted("a", "b", "false");
          check("POST", p, "{}", 422, coded(602, "comment in body is required"));
          check(
              "POST",
              p,
              silence("", now, later, ""),
              422,
              coded(612, "matchers in body should have at least 1 items"));
          check(
              "POST",
              p,
              silence("{\"name\":\"a\",\"isRegex\":false}", now, later, ""),
              422,
              coded(602, "matchers.0.value in body is required"));
          check(
              "POST",
              p,
              silence(ok, now, "2020-01-01T00:00:00Z", ""),
              400,
              "\"Failed to create silence: start time must be before end time\"");
          check(
              "POST",
              p,
              silence(ok, "2016-01-01T00:00:00Z", "2020-01-01T00:00:00Z", ""),
              400,
              "\"Failed to create silence: end time can't be in the past\"");
          check(
              "POST", p, silence(ok, now, later, ",\"id\":\"abc\""), 404, "\"silence not found\"");
          assertThat(
                  send("POST", p, silence(MATCHER.formatted("a", "(", "true"), now, later, ""))
                      .body())
              .contains("invalid regular expression \\\"(\\\"");
          assertThat(
                  send("POST", p, silence(MATCHER.formatted("", "b", "false"), now, later, ""))
                      .body())
              .contains("invalid label name \\\"\\\"");
          assertThat(
                  send("POST", p, silence(MATCHER.formatted("a", "", "false"), now, later, ""))
                      .body())
              .contains("at least one matcher must not match the empty string");
          check(
              "GET",
              "/silence/abc",
              "",
              422,
              coded(601, "silenceID in path must be of type uuid: \\\"abc\\\""));
          check(
              "DELETE",
              "/silence/abc",
              "",
              422,
              coded(601, "silenceID in path must be of type uuid: \\\"abc\\\""));
          check("GET", "/silence/00000000-0000-0000-0000-000000000000", "", 404, "");
          check("DELETE", "/silence/00000000-0000-0000-0000-000000000000", "", 404, "");
          JsonNode made = JSON.readTree(send("POST", p, silence(ok, now, later, "")).body());
          String id = made.path("silenceID").asString();
          String answer =
              "{\"id\":\"%s\",\"status\":{\"state\":\"%s\"},\"updatedAt\":\"2026-01-01T00:00:00.000Z\",\"comment\":\"y\",\"createdBy\":\"x\","
                  + "\"endsAt\":\"%s\",\"matchers\":[{\"isEqual\":true,\"isRegex\":false,\"name\":\"a\",\"value\":\"b\"}],"
                  + "\"startsAt\":\"2026-01-01T00:00:00.000Z\"}";
          check(
              "GET",
              "/silence/" + id,
              "",
              200,
              answer.formatted(id, "active", "2030-01-01T00:00:00.000Z"));
          check(
              "GET",
              p + "?filter=a%3Db&pending=false",
              "",
              200,
              "[" + answer.formatted(id, "active", "2030-01-01T00:00:00.000Z") + "]");
          check("GET", p + "?filter=a%3Dc", "", 200, "[]");
          check("GET", p + "?active=false", "", 200, "[]");
          check("DELETE", "/silence/" + id, "", 200, "");
          check("DELETE", "/silence/" + id, "", 200, "");
          check(
              "GET",
              p + "?active=false",
              "",
              200,
              "[" + answer.formatted(id, "expired", "2026-01-01T00:00:00.000Z") + "]");
        });
  }

  @Test
  void receiversAndStatus() throws Exception {
    serving(
        () -> {
          check(
              "GET",
              "/receivers",
              "",
              200,
              "[{\"labels\":{\"name\":\"hook\",\"team\":\"x\"},\"name\":\"hook\"},{\"labels\":{\"name\":\"other\"},\"name\":\"other\"}]");
          check(
              "GET",
              "/receivers?receiver_matchers=team%3Dx",
              "",
              200,
              "[{\"labels\":{\"name\":\"hook\",\"team\":\"x\"},\"name\":\"hook\"}]");
          check(
              "GET",
              "/receivers?receiver_matchers=x",
              "",
              400,
              "\"failed to parse receiver_matchers param: bad matcher format: x\"");
          JsonNode s = JSON.readTree(send("GET", "/status", "").body());
          assertThat(s.path("cluster").path("status").asString()).isEqualTo("disabled");
          assertThat(s.path("config").path("original").asString()).contains("receiver: hook");
          assertThat(s.path("uptime").asString()).isEqualTo("2026-01-01T00:00:00.000Z");
          HttpResponse<String> old = send("GET", "/../v1/alerts", "");
          assertThat(old.statusCode()).isIn(404, 410);
        });
  }

  @Test
  void showsAndTestsRoutes() throws Exception {
    serving(
        () -> {
          JsonNode tree = JSON.readTree(send("GET", "/../tethys/routes", "").body());
          assertThat(tree.get("receiver").asString()).isEqualTo("hook");
          assertThat(tree.get("groupBy").get(0).asString()).isEqualTo("alertname");
          assertThat(tree.get("where").asString()).startsWith("a.yml:1:");
          assertThat(tree.get("repeatIntervalMillis").asLong()).isEqualTo(4 * 3_600_000);
          String body = "{\"labels\":{\"alertname\":\"A\",\"x\":\"\"}}";
          check(
              "POST",
              "/../tethys/routes",
              body,
              200,
              "{\"routes\":[{\"id\":0,\"receiver\":\"hook\",\"group\":{\"alertname\":\"A\"},"
                  + "\"mutedBy\":[]}],\"steps\":[{\"id\":0,\"matched\":true,\"verdicts\":[]}],"
                  + "\"silencedBy\":[],\"inhibitedBy\":[]}");
          check("POST", "/../tethys/routes", "{}", 422, coded(602, "labels in body is required"));
          assertThat(send("POST", "/../tethys/routes", "{\"labels\":{\"a\":1}}").statusCode())
              .isEqualTo(400);
          assertThat(send("PUT", "/../tethys/routes", "{}").statusCode()).isEqualTo(405);
        });
  }

  @Test
  void servesExtensionsNextToTheAlertmanagerApi() throws Exception {
    serving(
        () -> {
          check("POST", "/alerts", "[{\"labels\":{\"alertname\":\"A\"}}]", 200, "");
          String fingerprint =
              JSON.readTree(send("GET", "/alerts", "").body()).get(0).get("fingerprint").asString();
          JsonNode t =
              JSON.readTree(send("GET", "/../tethys/trace?fingerprint=" + fingerprint, "").body());
          assertThat(t.path("alert").path("status").asString()).isEqualTo("firing");
          assertThat(t.path("routes").path(0).path("outcome").asString()).isEqualTo("nobody");
          assertThat(send("GET", "/../tethys/trace?fingerprint=0", "").statusCode()).isEqualTo(404);
          assertThat(send("GET", "/../tethys/trace", "").statusCode()).isEqualTo(400);
          t = JSON.readTree(send("POST", "/../tethys/trace", "{\"labels\":{\"a\":\"b\"}}").body());
          assertThat(t.has("alert")).isFalse();
          // Notes.
          String note = "{\"fingerprint\":\"" + fingerprint + "\",\"author\":\"me\"%s}";
          JsonNode n =
              JSON.readTree(
                  send("POST", "/../tethys/notes", String.format(note, ",\"acknowledges\":true"))
                      .body());
          assertThat(n.path("labels").path("alertname").asString()).isEqualTo("A");
          t = JSON.readTree(send("GET", "/../tethys/trace?fingerprint=" + fingerprint, "").body());
          assertThat(t.path("acknowledgement").path("author").asString()).isEqualTo("me");
          assertThat(send("POST", "/../tethys/notes", String.format(note, "")).body())
              .contains("text is required for a note without an acknowledgement");
          assertThat(
                  send(
                          "POST",
                          "/../tethys/notes",
                          String.format(note, ",\"text\":\"x\",\"until\":\"2030-01-01T00:00:00Z\""))
                      .body())
              .contains("until is only valid with an acknowledgement");
          assertThat(JSON.readTree(send("GET", "/../tethys/notes", "").body())).hasSize(1);
          assertThat(send("DELETE", "/../tethys/notes/" + n.path("id").asString(), "").statusCode())
              .isEqualTo(200);
          assertThat(send("DELETE", "/../tethys/notes/" + n.path("id").asString(), "").statusCode())
              .isEqualTo(404);
          assertThat(JSON.readTree(send("GET", "/../tethys/notes", "").body())).isEmpty();
          // Recurring silences: 2026-01-01 is a Thursday.
          String recurring =
              "{\"matchers\":["
                  + String.format(MATCHER, "alertname", "A", "false")
                  + "],\"createdBy\":\"me\",\"comment\":\"why\",\"schedule\":%s}";
          JsonNode r =
              JSON.readTree(
                  send(
                          "POST",
                          "/../tethys/recurring-silences",
                          String.format(
                              recurring,
                              "[{\"weekdays\":[\"thursday\"],\"times\":[{\"start_time\":\"01:00\",\"end_time\":\"03:00\"}],\"location\":\"Europe/Berlin\"}]"))
                      .body());
          assertThat(r.path("next").path("startsAt").asString())
              .isEqualTo("2026-01-01T00:00:00.000Z");
          assertThat(JSON.readTree(send("GET", "/silences", "").body())).hasSize(1);
          assertThat(
                  send(
                          "POST",
                          "/../tethys/recurring-silences",
                          String.format(recurring, "[{\"weekdays\":[\"caturday\"]}]"))
                      .body())
              .contains("caturday is not a valid weekday");
          assertThat(
                  send(
                          "POST",
                          "/../tethys/recurring-silences",
                          String.format(recurring, "[{\"month\":[\"may\"]}]"))
                      .statusCode())
              .isEqualTo(400);
          assertThat(
                  send("POST", "/../tethys/recurring-silences", String.format(recurring, "[{}]"))
                      .body())
              .contains("for more than 31 days");
          assertThat(
                  send(
                          "POST",
                          "/../tethys/recurring-silences",
                          String.format(recurring, "[{\"years\":[\"2031\"]}]"))
                      .body())
              .contains("no occurrence in the next 400 days");
          assertThat(
                  send("DELETE", "/../tethys/recurring-silences/" + r.path("id").asString(), "")
                      .statusCode())
              .isEqualTo(200);
          assertThat(
                  JSON.readTree(send("GET", "/silences", "").body())
                      .get(0)
                      .path("status")
                      .path("state")
                      .asString())
              .isEqualTo("expired");
          assertThat(JSON.readTree(send("GET", "/../tethys/recurring-silences", "").body()))
              .isEmpty();
          assertThat(send("GET", "/../tethys/heartbeats", "").body()).isEqualTo("[]\n");
          // Silences with more than the published API can say.
          String m = String.format(MATCHER, "a", "1", "false");
          String sets =
              ",\"matcherSets\":[["
                  + m
                  + "],["
                  + m.replace("\"a\"", "\"b\"")
                  + "]],\"receiverMatcherSets\":[["
                  + m
                  + "]]";
          String id =
              JSON.readTree(
                      send(
                              "POST",
                              "/silences",
                              String.format(
                                  SILENCE, m, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", sets))
                          .body())
                  .path("silenceID")
                  .asString();
          JsonNode s = JSON.readTree(send("GET", "/silence/" + id, "").body());
          assertThat(s.path("matcherSets")).hasSize(2);
          assertThat(s.path("receiverMatcherSets")).hasSize(1);
          assertThat(s.path("matchers").path(0).path("name").asString()).isEqualTo("a");
          // Who does not know sets moves the end, and takes nothing away.
          String moved =
              JSON.readTree(
                      send(
                              "POST",
                              "/silences",
                              String.format(
                                  SILENCE,
                                  m,
                                  "2026-01-01T00:00:00Z",
                                  "2026-01-03T00:00:00Z",
                                  ",\"id\":\"" + id + "\""))
                          .body())
                  .path("silenceID")
                  .asString();
          assertThat(moved).isEqualTo(id);
          assertThat(JSON.readTree(send("GET", "/silence/" + id, "").body()).path("matcherSets"))
              .hasSize(2);
        });
  }
}
