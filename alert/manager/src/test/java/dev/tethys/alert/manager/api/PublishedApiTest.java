package dev.tethys.alert.manager.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The API against the description that Alertmanager publishes (Swagger 2): each operation with each
 * parameter, each response with its schema, each required property of what is posted.
 */
@Tag("slow")
@Timeout(60)
class PublishedApiTest extends ServedApi {
  /** Our additions to the description: docs/alertmanager.md, "Silences with several sets". */
  private static final Set<String> OURS = Set.of("matcherSets", "receiverMatcherSets");

  private static final String CONFIG =
      """
      route: {receiver: hook, group_by: [alertname], routes: [{matchers: [kind=muted], mute_time_intervals: [all]}]}
      receivers: [{name: hook, labels: {team: x}}, {name: other}]
      time_intervals: [{name: all, time_intervals: [{}]}]
      inhibit_rules: [{source_matchers: [kind=plain], target_matchers: [kind=inhibited]}]
      """;

  private final JsonNode spec = spec();

  private static JsonNode spec() {
    try {
      return JSON.valueToTree(
          new Load(LoadSettings.builder().build())
              .loadFromString(
                  Files.readString(Shared.conformance("alertmanager/api/v2-openapi.yaml"))));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode resolved(JsonNode n) {
    JsonNode ref = n.path("$ref");
    return ref.isMissingNode() ? n : resolved(spec.at(ref.asString().substring(1)));
  }

  /** All properties of a schema, and which of them must be there. */
  private void properties(JsonNode schema, Map<String, JsonNode> all, Set<String> required) {
    JsonNode s = resolved(schema);
    s.path("allOf").forEach(part -> properties(part, all, required));
    s.path("properties").forEachEntry(all::put);
    s.path("required").forEach(r -> required.add(r.asString()));
  }

  private List<String> problems(JsonNode schema, JsonNode value, String at) {
    JsonNode s = resolved(schema);
    List<String> out = new ArrayList<>();
    String type = s.has("allOf") ? "object" : s.path("type").asString();
    boolean right =
        switch (type) {
          case "object" -> value.isObject();
          case "array" -> value.isArray();
          case "string" -> value.isString();
          case "boolean" -> value.isBoolean();
          default -> throw new AssertionError("a type that this test does not know: " + type);
        };
    if (!right) {
      return List.of(at + " is no " + type + ": " + value);
    }
    if (s.has("enum") && s.path("enum").valueStream().noneMatch(value::equals)) {
      out.add(at + " is none of " + s.path("enum") + ": " + value);
    }
    switch (s.path("format").asString("")) {
      case "" -> {}
      case "date-time" -> {
        try {
          OffsetDateTime.parse(value.asString());
        } catch (DateTimeParseException e) {
          out.add(at + " is no time: " + value);
        }
      }
      case "uri" -> URI.create(value.asString());
      default -> throw new AssertionError("a format that this test does not know: " + s);
    }
    if (value.size() < s.path("minItems").asInt(0)) {
      out.add(at + " has too few items");
    }
    for (int i = 0; type.equals("array") && i < value.size(); i++) {
      out.addAll(problems(s.path("items"), value.get(i), at + "[" + i + "]"));
    }
    if (type.equals("object")) {
      Map<String, JsonNode> known = new LinkedHashMap<>();
      Set<String> required = new TreeSet<>();
      properties(s, known, required);
      required.stream().filter(r -> !value.has(r)).forEach(r -> out.add(at + " lacks " + r));
      value.forEachEntry(
          (name, v) -> {
            JsonNode of = known.getOrDefault(name, s.path("additionalProperties"));
            if (!of.isMissingNode()) {
              out.addAll(problems(of, v, at + "." + name));
            } else if (!OURS.contains(name)) {
              out.add(at + " has " + name + ", which is not described");
            }
          });
    }
    return out;
  }

  /** Calls, and compares status and answer with those of the operation. */
  private JsonNode call(String method, String template, String path, String body, int status)
      throws IOException, InterruptedException {
    HttpResponse<String> r = send(method, path, body);
    String what = method + " " + path + " " + body + " -> " + r.body();
    assertThat(r.statusCode()).as(what).isEqualTo(status);
    JsonNode operation =
        spec.path("paths").path(template).path(method.toLowerCase(java.util.Locale.ROOT));
    JsonNode response = resolved(operation.path("responses").path(String.valueOf(status)));
    assertThat(response.isMissingNode()).as(what + " is not described").isFalse();
    JsonNode schema = response.path("schema");
    if (schema.isMissingNode()) {
      return JSON.nullNode();
    }
    JsonNode answer = JSON.readTree(r.body());
    assertThat(problems(schema, answer, method + " " + template)).as(what).isEmpty();
    return answer;
  }

  private String silence(String id, String matcher, String start, String end) {
    return """
    {"id": "%s", "matchers": [{"name": "kind", "value": "%s", "isRegex": false}], "startsAt": "%s", "endsAt": "%s", "createdBy": "me", "comment": "why", "annotations": {"a": "b"}}\
    """
        .formatted(id, matcher, start, end);
  }

  private static String alert(String kind) {
    return """
    {"labels": {"alertname": "A", "kind": "%s"}, "annotations": {"a": "b"}, "generatorURL": "http://p/x", "startsAt": "2025-12-31T23:00:00.5+01:00", "endsAt": "2026-01-01T09:00:00Z"}\
    """
        .formatted(kind);
  }

  /** An Alertmanager that has one of everything. */
  private String seed() throws Exception {
    String alerts = "[%s, %s, %s, %s]";
    call(
        "POST",
        "/alerts",
        "/alerts",
        alerts.formatted(alert("plain"), alert("inhibited"), alert("silenced"), alert("muted")),
        200);
    String soon = "2026-01-01T05:00:00Z";
    String now = "2026-01-01T00:00:00Z";
    String path = "/silences";
    JsonNode made = call("POST", path, path, silence("", "silenced", now, soon), 200);
    String id = made.path("silenceID").asString();
    call("POST", path, path, silence("", "x", soon, "2026-01-01T06:00:00Z"), 200);
    JsonNode over = call("POST", path, path, silence("", "y", now, soon), 200);
    String expired = "/silence/" + over.path("silenceID").asString();
    call("DELETE", "/silence/{silenceID}", expired, "", 200);
    clock.advance(java.time.Duration.ofMinutes(1)); // groups have been flushed
    return id;
  }

  @Test
  void everyOperationRespondsWithItsSchema() throws Exception {
    serving(
        CONFIG,
        () -> {
          String id = seed();
          Set<String> called = new TreeSet<>();
          spec.path("paths")
              .forEachEntry(
                  (path, operations) ->
                      operations.forEachEntry(
                          (method, o) -> {
                            if (!method.equals("parameters")) {
                              called.add(method + " " + path);
                            }
                          }));
          assertThat(called)
              .containsExactly(
                  "delete /silence/{silenceID}",
                  "get /alerts",
                  "get /alerts/groups",
                  "get /receivers",
                  "get /silence/{silenceID}",
                  "get /silences",
                  "get /status",
                  "post /alerts",
                  "post /silences");
          for (String path : List.of("/alerts", "/alerts/groups", "/receivers", "/silences")) {
            assertThat(call("GET", path, path, "", 200)).as(path).isNotEmpty();
          }
          call("GET", "/status", "/status", "", 200);
          String one = "/silence/{silenceID}";
          call("GET", one, "/silence/" + id, "", 200);
          String none = "/silence/00000000-0000-0000-0000-000000000000";
          call("GET", one, none, "", 404);
          call("DELETE", one, none, "", 404);
          String soon = "2026-01-01T05:00:00Z";
          String other = "/silences";
          call("POST", other, other, silence(none.substring(9), "z", soon, soon), 400);
          call(
              "POST",
              other,
              other,
              silence(none.substring(9), "z", soon, "2026-01-02T00:00:00Z"),
              404);
          call("POST", "/alerts", "/alerts", "[{\"labels\": {}}]", 400);
        });
  }

  /** What leaving something out by each boolean parameter leaves of four alerts. */
  private static final Map<String, Integer> LEFT =
      Map.of(
          "/alerts?active", 2,
          "/alerts?silenced", 3,
          "/alerts?inhibited", 3,
          "/alerts?unprocessed", 4,
          "/alerts/groups?active", 2, // those of a time interval count as active
          "/alerts/groups?silenced", 3,
          "/alerts/groups?inhibited", 3,
          "/alerts/groups?muted", 3,
          "/silences?active", 2,
          "/silences?expired", 2);

  @Test
  void everyParameterHasAnEffect() throws Exception {
    serving(
        CONFIG,
        () -> {
          seed();
          int seen = 0;
          for (Map.Entry<String, JsonNode> path : spec.path("paths").properties()) {
            String at = path.getKey();
            for (JsonNode parameter : path.getValue().path("get").path("parameters")) {
              JsonNode p = resolved(parameter);
              String name = p.path("name").asString();
              seen++;
              if (p.path("type").asString().equals("boolean")) {
                call("GET", at, at + "?" + name + "=true", "", 200);
                JsonNode left = call("GET", at, at + "?" + name + "=false", "", 200);
                assertThat(items(at, left))
                    .as(at + " " + name)
                    .isEqualTo(LEFT.getOrDefault(at + "?" + name, 2));
                continue;
              }
              String good =
                  switch (name) {
                    case "filter" -> "kind=\"silenced\"";
                    case "receiver" -> "ho.k";
                    case "receiver_matchers" -> "team=\"x\"";
                    default -> throw new AssertionError("a parameter without a test: " + name);
                  };
              String none = name.equals("receiver") ? "other" : "kind=\"none\"";
              assertThat(items(at, call("GET", at, query(at, name, good), "", 200))).isPositive();
              assertThat(items(at, call("GET", at, query(at, name, none), "", 200))).isZero();
              call("GET", at, query(at, name, name.equals("receiver") ? "(" : "a=~("), "", 400);
            }
          }
          assertThat(seen).isEqualTo(19);
        });
  }

  private static String query(String path, String name, String value) {
    return path + "?" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  /** Alerts within groups; else what the list has. */
  private static int items(String path, JsonNode answer) {
    return path.equals("/alerts/groups")
        ? answer.valueStream().mapToInt(g -> g.path("alerts").size()).sum()
        : answer.size();
  }

  @Test
  void reportsMissingRequiredFields() throws Exception {
    serving(
        CONFIG,
        () -> {
          String now = "2026-01-01T00:00:00Z";
          ObjectNode whole =
              (ObjectNode) JSON.readTree(silence("", "z", now, "2026-01-01T05:00:00Z"));
          checkRequired("/silences", "postableSilence", whole, "");
          checkRequired("/alerts", "postableAlert", (ObjectNode) JSON.readTree(alert("z")), "[]");
        });
  }

  private void checkRequired(String path, String definition, ObjectNode whole, String around)
      throws IOException, InterruptedException {
    Map<String, JsonNode> all = new LinkedHashMap<>();
    Set<String> required = new TreeSet<>();
    properties(spec.path("definitions").path(definition), all, required);
    assertThat(whole.propertyNames()).containsExactlyInAnyOrderElementsOf(all.keySet());
    for (String name : all.keySet()) {
      ObjectNode part = whole.deepCopy();
      part.remove(name);
      String body = around.isEmpty() ? part.toString() : "[" + part + "]";
      HttpResponse<String> r = send("POST", path, body);
      assertThat(r.statusCode())
          .as(path + " without " + name + ": " + r.body())
          .isEqualTo(required.contains(name) ? 422 : 200);
    }
    ObjectNode more = whole.deepCopy().put("not_described", 1);
    String body = around.isEmpty() ? more.toString() : "[" + more + "]";
    assertThat(send("POST", path, body).statusCode()).isEqualTo(200);
  }
}
