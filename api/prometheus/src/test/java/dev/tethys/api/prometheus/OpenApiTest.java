package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** That {@code openapi.yaml} is what the API is: routes, parameters and answers. */
@Tag("slow")
class OpenApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What other rooms add to a server. */
  private static final Pattern ELSEWHERE =
      Pattern.compile("/(read|write|otlp/v1/metrics|import.*|pipelines.*|insight/.*|dashboards.*)");

  /** A value that is valid, by the name of its parameter. */
  private static final Map<String, String> RIGHT =
      Map.ofEntries(
          Map.entry("query", "rate(x_total[1m])"),
          Map.entry("time", "240"),
          Map.entry("start", "0"),
          Map.entry("end", "1970-01-01T00:05:00Z"),
          Map.entry("step", "1m"),
          Map.entry("timeout", "10s"),
          Map.entry("lookback_delta", "5m"),
          Map.entry("stats", "all"),
          Map.entry("max_source_resolution", "0s"),
          Map.entry("match[]", "{job=~\".+\"}"),
          Map.entry("fuzz_alg", "jarowinkler"),
          Map.entry("sort_by", "alpha"),
          Map.entry("sort_dir", "dsc"),
          Map.entry("label", "job"),
          Map.entry("scrapePool", "a"),
          Map.entry("state", "active"),
          Map.entry("match_target", "{job=\"a\"}"),
          Map.entry("labels", "{\"a\":\"b\"}"),
          Map.entry("type", "alert"),
          Map.entry("metric_name_pattern", "prometheus_.*"),
          Map.entry("order", "bytes"));

  private PromqlEngine engine;
  private ApiServer server;
  private JsonNode doc;

  @BeforeEach
  void start() throws IOException {
    engine = new PromqlEngine(EngineOptions.defaults());
    server = new ApiServer(ApiSettings.DEFAULT.with(true, false, true));
    server.engine = QueryEngine.of(engine, server.store);
    server.targets = ServerApiTest.TARGETS;
    server.deliveries = DeliveriesApiTest.DELIVERIES;
    for (int k = 0; k < 20; k++) {
      server.sample(Labels.of("__name__", "x_total", "job", "a"), k * 15_000L, k);
    }
    server.notifications.add(Notifications.CONFIGURATION_FAILED);
    doc = document("?openapi_version=3.2");
  }

  @AfterEach
  void stop() {
    server.close();
    engine.close();
  }

  private JsonNode document(String query) {
    String answer = server.get("/api/v1/openapi.yaml" + query);
    assertThat(answer).startsWith("200 ").doesNotContain("${", "# 3.2");
    return JSON.valueToTree(
        new Load(LoadSettings.builder().build()).loadFromString(answer.substring(4)));
  }

  private JsonNode resolved(JsonNode n) {
    JsonNode ref = n.path("$ref");
    return ref.isMissingNode() ? n : resolved(doc.at(ref.asString().substring(1)));
  }

  /** An operation: its parameters by name, resolved. */
  private record Operation(
      String path, String method, JsonNode node, Map<String, JsonNode> parameters) {
    @Override
    public String toString() {
      return method + " " + path;
    }

    boolean isOf(Pattern paths) {
      return paths.matcher(path).matches();
    }
  }

  private List<Operation> operations() {
    List<Operation> all = new ArrayList<>();
    doc.path("paths")
        .forEachEntry(
            (path, methods) ->
                methods.forEachEntry(
                    (method, node) -> {
                      if (!method.equals("parameters")) {
                        Map<String, JsonNode> parameters = new LinkedHashMap<>();
                        for (JsonNode p : node.path("parameters")) {
                          JsonNode r = resolved(p);
                          parameters.put(r.path("name").asString(), r);
                        }
                        all.add(new Operation(path, method, node, parameters));
                      }
                    }));
    return all;
  }

  @Test
  void servesBothVersionsLikePrometheus() {
    HttpResponse<String> r = server.send(server.request("/api/v1/openapi.yaml"));
    assertThat(r.headers().firstValue("Content-Type")).contains("application/yaml; charset=utf-8");
    assertThat(r.headers().firstValue("Cache-Control"))
        .contains("no-cache, no-store, must-revalidate");
    assertThat(r.body()).doesNotContain("itemSchema", "/notifications/live").startsWith("openapi:");
    for (String v : List.of("", "?openapi_version=3.1.0", "?openapi_version=4")) {
      JsonNode d = document(v);
      assertThat(d.path("openapi").asString()).isEqualTo("3.1.0");
      assertThat(d.path("tags").path(0).has("summary")).isFalse();
      assertThat(d.path("info").path("version").asString()).isEqualTo("3.14.0");
      assertThat(d.path("servers").path(0).path("url").asString())
          .isEqualTo("https://prom.example:8443/prefix/api/v1");
    }
    assertThat(document("?openapi_version=3.2.0")).isEqualTo(doc);
    assertThat(doc.path("openapi").asString()).isEqualTo("3.2.0");
    assertThat(doc.path("tags").path(0).path("summary").asString()).isEqualTo("Query");
    assertThat(doc.path("paths").path("/notifications/live").toString()).contains("itemSchema");
    server.readiness = Readiness.STARTING;
    assertThat(server.get("/api/v1/openapi.yaml")).startsWith("503 ");
  }

  @Test
  void namesAreSound() {
    for (JsonNode ref : doc.findValues("$ref")) {
      assertThat(doc.at(ref.asString().substring(1)).isMissingNode()).as("%s", ref).isFalse();
    }
    Set<String> ids = new HashSet<>();
    Set<String> tags = new HashSet<>();
    doc.path("tags").forEach(t -> tags.add(t.path("name").asString()));
    Map<String, Set<String>> asked = new TreeMap<>();
    for (Operation o : operations()) {
      assertThat(ids.add(o.node().path("operationId").asString())).as("%s", o).isTrue();
      assertThat(tags).contains(o.node().path("tags").path(0).asString());
      if (o.method().equals("get")) {
        asked.put(o.path(), o.parameters().keySet());
      }
      JsonNode form = form(o);
      // The form of a path that also has GET has the parameters of its GET.
      if (!form.isMissingNode() && doc.path("paths").path(o.path()).has("get")) {
        assertThat(asked).as("%s", o).containsKey(o.path());
        assertThat(form.path("properties").propertyNames())
            .as("%s", o)
            .containsExactlyInAnyOrderElementsOf(asked.get(o.path()));
      }
      List<String> names = new ArrayList<>();
      Pattern.compile("\\{(\\w+)}").matcher(o.path()).results().forEach(m -> names.add(m.group(1)));
      assertThat(doc.path("paths").path(o.path()).path("parameters").findValuesAsString("name"))
          .isEqualTo(names);
    }
  }

  private JsonNode form(Operation o) {
    JsonNode content = o.node().path("requestBody").path("content");
    return resolved(content.path("application/x-www-form-urlencoded").path("schema"));
  }

  @Test
  void describesExactlyTheRoutedPaths() {
    Set<String> described = new TreeSet<>();
    operations().stream()
        .filter(o -> !o.isOf(ELSEWHERE))
        .forEach(o -> described.add(o.method().toUpperCase(Locale.ROOT) + " " + o.path()));
    Set<String> routed = new TreeSet<>();
    server
        .routes
        .added()
        .forEach(
            (path, methods) -> {
              if (path.startsWith("/api/v1/") && !path.equals("/api/v1/{path...}")) {
                methods.forEach(m -> routed.add(m + " " + path.substring(7)));
              }
            });
    routed.removeIf(r -> r.startsWith("OPTIONS "));
    assertThat(described).isEqualTo(routed);
  }

  /** With what is required, with everything, without one, and with one that is wrong. */
  @Test
  void parametersAndResponsesMatchTheDescription() {
    for (Operation o : operations()) {
      if (o.isOf(ELSEWHERE) || o.path().contains("/live") || o.method().equals("delete")) {
        continue;
      }
      Map<String, JsonNode> parameters = new LinkedHashMap<>(o.parameters());
      form(o).path("properties").forEachEntry(parameters::put);
      parameters.remove("group_next_token"); // there are no groups
      Set<String> required = new TreeSet<>();
      form(o).path("required").forEach(r -> required.add(r.asString()));
      o.parameters()
          .forEach(
              (n, p) -> {
                if (p.path("required").asBoolean(false)) {
                  required.add(n);
                }
              });
      Map<String, String> least = new TreeMap<>();
      required.forEach(n -> least.put(n, right(n)));
      answered(o, least);
      Map<String, String> all = new TreeMap<>();
      parameters.keySet().forEach(n -> all.put(n, right(n)));
      answered(o, all);
      parameters.forEach(
          (name, p) -> {
            Map<String, String> changed = new TreeMap<>(least);
            if (required.contains(name)) {
              changed.remove(name);
              assertThat(send(o, changed).statusCode()).as("%s without %s", o, name).isEqualTo(400);
            }
            JsonNode schema = p.has("schema") ? p.path("schema") : p;
            String type = schema.path("type").asString("");
            boolean any =
                switch (type) {
                  case "string" -> !schema.has("enum");
                  case "array" -> !name.equals("match[]");
                  default -> false;
                };
            if (!any) {
              changed.put(name, "?!");
              assertThat(send(o, changed).statusCode()).as("%s of %s", name, o).isEqualTo(400);
            }
          });
    }
  }

  private static String right(String name) {
    return RIGHT.getOrDefault(name, "1");
  }

  private HttpResponse<String> send(Operation o, Map<String, String> parameters) {
    StringBuilder s = new StringBuilder();
    parameters.forEach(
        (n, v) ->
            s.append(s.isEmpty() ? "" : "&")
                .append(URLEncoder.encode(n, StandardCharsets.UTF_8))
                .append('=')
                .append(URLEncoder.encode(v, StandardCharsets.UTF_8)));
    String path = "/api/v1" + o.path().replace("{name}", "job");
    if (!form(o).isMissingNode()) {
      return server.send(
          server
              .request(path)
              .header("Content-Type", "application/x-www-form-urlencoded")
              .POST(HttpRequest.BodyPublishers.ofString(s.toString())));
    }
    return server.send(
        server
            .request(path + "?" + s)
            .method(o.method().toUpperCase(Locale.ROOT), HttpRequest.BodyPublishers.noBody()));
  }

  private void answered(Operation o, Map<String, String> parameters) {
    HttpResponse<String> r = send(o, parameters);
    JsonNode response = o.node().path("responses").path(String.valueOf(r.statusCode()));
    assertThat(response.isMissingNode())
        .as("%s %s: %d %s", o, parameters, r.statusCode(), r.body())
        .isFalse();
    String type = r.headers().firstValue("Content-Type").orElse("").split(";", 2)[0];
    JsonNode content = response.path("content");
    assertThat(content.isMissingNode() ? type : content.has(type) ? "" : type)
        .as("%s %s", o, parameters)
        .isEmpty();
    if (type.equals("application/json")) {
      assertThat(problems(content.path(type).path("schema"), JSON.readTree(r.body()), "answer"))
          .as("%s %s: %s", o, parameters, r.body())
          .isEmpty();
    }
  }

  /** What of a value is not as a schema says, properties that it does not name among it. */
  private List<String> problems(JsonNode schema, JsonNode v, String at) {
    JsonNode s = resolved(schema);
    for (String choice : List.of("anyOf", "oneOf")) {
      if (s.has(choice)) {
        List<String> nearest = List.of(at + " is none of " + choice);
        for (JsonNode c : s.path(choice)) {
          nearest = problems(c, v, at).isEmpty() ? List.of() : nearest;
        }
        return nearest;
      }
    }
    Map<String, JsonNode> properties = new TreeMap<>();
    Set<String> required = new TreeSet<>();
    for (JsonNode part : s.has("allOf") ? s.path("allOf") : JSON.createArrayNode().add(s)) {
      resolved(part).path("properties").forEachEntry(properties::put);
      resolved(part).path("required").forEach(n -> required.add(n.asString()));
    }
    List<String> types = new ArrayList<>();
    if (s.path("type").isArray()) {
      s.path("type").forEach(t -> types.add(t.asString()));
    } else {
      types.add(s.path("type").asString("object"));
    }
    String type =
        v.isNull()
            ? "null"
            : v.isObject()
                ? "object"
                : v.isArray() ? "array" : v.isString() ? "string" : v.isBoolean() ? "boolean" : "";
    if (!types.contains(type)
        && !(type.isEmpty() && (types.contains("number") || types.contains("integer")))) {
      return List.of(at + " is no " + types + ": " + v);
    }
    List<String> out = new ArrayList<>();
    if (s.has("enum") && s.path("enum").valueStream().noneMatch(v::equals)) {
      out.add(at + " is none of " + s.path("enum") + ": " + v);
    }
    if (v.isArray()) {
      v.forEach(x -> out.addAll(problems(s.path("items"), x, at + "[]")));
    }
    if (v.isObject()) {
      required.removeIf(v::has);
      required.forEach(n -> out.add(at + " has no " + n));
      JsonNode others = s.path("additionalProperties");
      v.forEachEntry(
          (n, x) -> {
            JsonNode p = properties.getOrDefault(n, others);
            if (p.isMissingNode()) {
              out.add(at + "." + n + " is not described");
            } else if (p.isObject()) {
              out.addAll(problems(p, x, at + "." + n));
            }
          });
    }
    return out;
  }
}
