package dev.tethys.api.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Recorded searches of Jaeger's integration tests, and answers of its {@code api_v3}. */
@Tag("slow")
class JaegerConformanceTest {
  private static final long NOW = 1_485_460_000_000_000_000L;

  private static String micros(Object rfc3339) {
    Instant t = Instant.parse(String.valueOf(rfc3339));
    return Long.toString(t.getEpochSecond() * 1_000_000 + t.getNano() / 1000);
  }

  @Test
  void findsTracesOfTheRecordedQueries() throws Exception {
    Path folder = Shared.conformance("jaeger").resolve("integration");
    List<String> failures = new ArrayList<>();
    try (TracesServer server = new TracesServer(NOW)) {
      try (var files = Files.list(folder.resolve("traces"))) {
        for (Path f : files.sorted().toList()) {
          if (!f.getFileName().toString().startsWith("tags_")
              || !f.getFileName().toString().contains("escaped")) {
            server.add(Files.readString(f));
          }
        }
      }
      ArrayValue cases =
          (ArrayValue)
              Objects.requireNonNull(
                  JsonValues.read(Files.readString(folder.resolve("queries.json"))));
      assertThat(cases.size()).isGreaterThan(20);
      for (int i = 0; i < cases.size(); i++) {
        Attributes c = (Attributes) Objects.requireNonNull(cases.get(i));
        Attributes q = (Attributes) Objects.requireNonNull(c.get("Query"));
        List<String> params =
            new ArrayList<>(
                List.of(
                    "service", AttributeText.text(q.get("ServiceName")),
                    "operation", AttributeText.text(q.get("OperationName")),
                    "start", micros(Objects.requireNonNull(q.get("StartTimeMin"))),
                    "end", micros(Objects.requireNonNull(q.get("StartTimeMax"))),
                    "limit", AttributeText.text(q.get("NumTraces"))));
        if (q.get("Tags") instanceof Attributes tags) {
          params.addAll(List.of("tags", AttributeText.json(new StringBuilder(), tags).toString()));
        }
        if (q.get("DurationMin") instanceof Long n && n > 0) {
          params.addAll(List.of("minDuration", n + "ns"));
        }
        if (q.get("DurationMax") instanceof Long n && n > 0) {
          params.addAll(List.of("maxDuration", n + "ns"));
        }
        Attributes answer =
            (Attributes) server.get("/jaeger/api/traces", params.toArray(String[]::new));
        TreeSet<String> found = new TreeSet<>();
        ArrayValue data = (ArrayValue) Objects.requireNonNull(answer.get("data"));
        for (int t = 0; t < data.size(); t++) {
          Attributes trace = (Attributes) Objects.requireNonNull(data.get(t));
          found.add("0".repeat(32 - id(trace).length()) + id(trace));
        }
        TreeSet<String> wanted = new TreeSet<>();
        ArrayValue fixtures = (ArrayValue) Objects.requireNonNull(c.get("ExpectedFixtures"));
        for (int t = 0; t < fixtures.size(); t++) {
          String file = fixtures.get(t) + ".json";
          String text = Files.readString(folder.resolve("traces").resolve(file));
          int at = text.indexOf("\"traceId\": \"") + "\"traceId\": \"".length();
          wanted.add(text.substring(at, at + 32));
        }
        if (!found.equals(wanted)) {
          failures.add(c.get("Caption") + ": found " + found + ", expected " + wanted);
        }
      }
    }
    assertThat(failures).isEmpty();
  }

  private static String id(Attributes trace) {
    return String.valueOf(trace.get("traceID"));
  }

  /** A recorded answer without messages that are empty, which protobuf's JSON may omit. */
  private static Object recorded(Path file) throws Exception {
    Object json = Objects.requireNonNull(JsonValues.read(Files.readString(file)));
    removeEmpty(json);
    return json;
  }

  private static void removeEmpty(@Nullable Object json) {
    if (json instanceof Attributes a) {
      a.removeIf((k, v) -> v instanceof Attributes x && x.isEmpty());
      a.forEach((k, v) -> removeEmpty(v));
    } else if (json instanceof ArrayValue list) {
      for (int i = 0; i < list.size(); i++) {
        removeEmpty(list.get(i));
      }
    }
  }

  @Test
  void versionThreeRespondsAsRecorded() throws Exception {
    Path folder = Shared.conformance("jaeger").resolve("api-v3");
    String trace =
        """
        {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001",
        "spanId":"0000000000000002","name":"foobar","kind":2,"status":{"code":2}}]}]}]}
        """;
    try (TracesServer server = new TracesServer(1_000_000_000L)) {
      server.add(trace);
      assertThat(server.get("/jaeger/api/v3/traces/1"))
          .isEqualTo(recorded(folder.resolve("GetTrace.json")));
      assertThat(server.get("/jaeger/api/v3/traces", "query.operation_name", "foobar"))
          .isEqualTo(recorded(folder.resolve("FindTraces.json")));
    }
    try (TracesServer server = new TracesServer(1_000_000_000L)) {
      server.add(
          """
          {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":
          {"stringValue":"foo"}}]},"scopeSpans":[{"spans":[{"traceId":
          "00000000000000000000000000000001","spanId":"0000000000000002","name":"get_users",
          "kind":2}]}]}]}
          """);
      assertThat(server.get("/jaeger/api/v3/services"))
          .isEqualTo(recorded(folder.resolve("GetServices.json")));
      assertThat(server.get("/jaeger/api/v3/operations", "service", "foo"))
          .isEqualTo(recorded(folder.resolve("GetOperations.json")));
    }
  }
}
