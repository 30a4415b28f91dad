package dev.tethys.api.loki;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.json.tree.JsonReader;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Answers over HTTP to the same questions while entries are in the head, in parts, merged and
 * reopened: they are equal, and equal what was sent.
 */
@Timeout(120)
@Tag("slow")
class StoredAnswersTest {
  private static final long SECOND = 1_000_000_000L;
  private static final List<String> TENANTS = List.of("a", "b");

  private static final List<String> LOG_QUERIES =
      List.of(
          "{app=~\".+\"}",
          "{app=\"api\"} | num > 97",
          "{app=~\".+\"} | num > 5 and user=~\"u.*\"",
          "{app=~\".+\"} |= \"took\" | user != \"\"",
          "{app=~\".+\"} | line_format \"{{.user}} {{.num}} {{.span_id}} {{.trace_id}}\"",
          "{app=~\".+\"} | label_format who=user, both=\"{{.user}}/{{.span_id}}\"",
          "{app=~\".+\"} | keep num, user",
          "{app=~\".+\"} | drop trace_id, span_id",
          "{app=~\".+\"} | json | line_format \"{{.user_extracted}} {{.user}} {{.num}}\"",
          "{app=~\".+\"} | logfmt | keep took, user, span_id, detected_level");

  private static final List<String> METRIC_QUERIES =
      List.of(
          "count by (num, user) (count_over_time({app=~\".+\"}[1h]))",
          "sum by (user) (count_over_time({app=~\".+\"} | num > 50 [1h]))",
          "sum by (span_id, flag, ratio) (bytes_over_time({app=~\".+\"}[1h]))",
          "sum by (detected_level, user) (count_over_time({app=~\".+\"}[10m]))",
          "sum by (user) (sum_over_time({app=~\".+\"} | unwrap num [1h]))",
          "topk(3, sum by (trace_id, user) (count_over_time({app=~\".+\"} | user=\"u1\" [1h])))",
          "max by (user) (max_over_time({app=~\".+\"} | label_format n=num | unwrap n [1h]))");

  @TempDir Path folder;
  private final Map<String, List<Sent>> sent = new TreeMap<>();
  private LokiServer server;
  private long now;

  private record Sent(String app, long time, String line, Map<String, String> metadata) {}

  @BeforeEach
  void start() throws Exception {
    server = new LokiServer(folder, true);
    now = LokiServer.now() / SECOND * SECOND;
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private List<Sent> random(Random r, int n, long from) {
    List<Sent> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Map<String, String> m = new TreeMap<>();
      String hex = Long.toHexString(r.nextLong() | Long.MIN_VALUE);
      put(m, r, "user", "u" + r.nextInt(5));
      put(m, r, "num", String.valueOf(r.nextInt(200)));
      put(m, r, "span_id", hex);
      put(m, r, "trace_id", hex + "0123456789abcdef");
      put(m, r, "ratio", String.valueOf(r.nextInt(9) / 8.0));
      put(m, r, "flag", String.valueOf(r.nextBoolean()));
      put(m, r, "padded", String.format("%06d", r.nextInt(1_000_000)));
      put(m, r, "text", "täst " + "xyz ".repeat(r.nextInt(40)) + i);
      put(m, r, "same", "constant");
      put(m, r, "at", java.time.Instant.ofEpochSecond((from + i * SECOND) / SECOND).toString());
      put(m, r, "rare_" + r.nextInt(30), "r" + r.nextInt());
      String line =
          switch (r.nextInt(3)) {
            case 0 -> "{\"user\":\"in-line\",\"took\":" + r.nextInt(99) + "}";
            case 1 -> "level=warn took=" + r.nextInt(99) + "ms user=other";
            default -> "request " + i + " took " + r.nextInt(99) + "ms";
          };
      out.add(new Sent(r.nextBoolean() ? "api" : "shop", from + i * SECOND / 10, line, m));
    }
    return out;
  }

  private static void put(Map<String, String> m, Random r, String name, String value) {
    if (r.nextInt(4) > 0) {
      m.put(name, value);
    }
  }

  private static String json(String s) {
    return JsonValues.write(s);
  }

  private void push(String tenant, List<Sent> entries) throws Exception {
    StringBuilder body = new StringBuilder("{\"streams\":[");
    for (Sent s : entries) {
      body.append(body.charAt(body.length() - 1) == '[' ? "" : ",");
      body.append("{\"stream\":{\"app\":\"").append(s.app).append("\"},\"values\":[[\"");
      body.append(s.time).append("\",").append(json(s.line)).append(",{");
      List<String> pairs = new ArrayList<>();
      s.metadata.forEach((name, value) -> pairs.add(json(name) + ":" + json(value)));
      body.append(String.join(",", pairs)).append("}]]}");
    }
    HttpRequest r =
        HttpRequest.newBuilder(server.uri("http", "/loki/api/v1/push"))
            .header("Content-Type", "application/json")
            .header("X-Scope-OrgID", tenant)
            .POST(BodyPublishers.ofString(body.append("]}").toString()))
            .build();
    HttpResponse<String> answer = server.client.send(r, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
    sent.computeIfAbsent(tenant, t -> new ArrayList<>()).addAll(entries);
  }

  private Object data(String tenant, String path, String... params) throws Exception {
    List<String> all = new ArrayList<>(List.of(params));
    all.addAll(
        List.of(
            "start",
            String.valueOf(now - 3600 * SECOND),
            "end",
            String.valueOf(now),
            "limit",
            "5000"));
    HttpResponse<String> r =
        server.call("GET", tenant, "/loki/api/v1" + path, all.toArray(String[]::new));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return Objects.requireNonNull(JsonReader.read(r.body()));
  }

  private static Object field(Object of, String name) {
    return Objects.requireNonNull(((Map<?, ?>) of).get(name));
  }

  /** Responses to all questions, by question. */
  private Map<String, String> answers() throws Exception {
    Map<String, String> out = new TreeMap<>();
    for (String tenant : List.of("a", "b", "a|b")) {
      for (String direction : List.of("forward", "backward")) {
        for (String q : LOG_QUERIES) {
          Object d = data(tenant, "/query_range", "query", q, "direction", direction);
          out.put(tenant + " " + direction + " " + q, sorted(field(field(d, "data"), "result")));
        }
      }
      for (String q : METRIC_QUERIES) {
        Object d = data(tenant, "/query_range", "query", q, "step", "60");
        out.put(tenant + " " + q, sorted(field(field(d, "data"), "result")));
      }
      Object fields = data(tenant, "/detected_fields", "query", "{app=~\".+\"}");
      out.put(tenant + " fields", sorted(field(fields, "fields")));
      for (String name : List.of("user", "span_id", "num", "trace_id")) {
        Object values =
            data(tenant, "/detected_field/" + name + "/values", "query", "{app=\"api\"}");
        out.put(tenant + " values of " + name, sorted(field(values, "values")));
      }
    }
    return out;
  }

  private static String sorted(Object list) {
    return ((List<?>) list).stream().map(String::valueOf).sorted().toList().toString();
  }

  private void checkSent() throws Exception {
    for (String tenant : TENANTS) {
      List<String> expected = new ArrayList<>();
      for (Sent s : Objects.requireNonNull(sent.get(tenant))) {
        expected.add(s.app + " " + s.time + " " + s.line + " " + s.metadata);
      }
      List<String> found = new ArrayList<>();
      Object d = data(tenant, "/query_range", "query", "{app=~\".+\"}");
      for (Object stream : (List<?>) field(field(d, "data"), "result")) {
        Map<String, String> labels = new TreeMap<>();
        ((Map<?, ?>) field(stream, "stream")).forEach((k, v) -> labels.put((String) k, (String) v));
        String app = labels.remove("app");
        labels.remove("service_name");
        labels.remove("detected_level");
        for (Object value : (List<?>) field(stream, "values")) {
          List<?> entry = (List<?>) value;
          found.add(app + " " + entry.get(0) + " " + entry.get(1) + " " + labels);
        }
      }
      assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void resultsDoNotDependOnWhereEntriesAreStored() throws Exception {
    for (long seed = 1; seed <= 3; seed++) {
      Random r = new Random(seed);
      for (String tenant : TENANTS) {
        push(tenant, random(r, 70, now - 3000 * SECOND + seed * 100 * SECOND));
      }
      Map<String, String> inHead = answers();
      checkSent();
      server.database.flush();
      assertThat(answers()).as("in parts, seed %d", seed).isEqualTo(inHead);
      checkSent();
      server.database.housekeep();
      assertThat(answers()).as("merged, seed %d", seed).isEqualTo(inHead);
      server.close();
      server = new LokiServer(folder, true);
      assertThat(answers()).as("reopened, seed %d", seed).isEqualTo(inHead);
      checkSent();
    }
  }
}
