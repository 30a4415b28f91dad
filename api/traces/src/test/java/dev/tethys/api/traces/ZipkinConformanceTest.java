package dev.tethys.api.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.zipkin.ZipkinReader;
import dev.tethys.insight.graph.ServiceLinks;
import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.testkit.MemoryTraceStore;
import dev.tethys.testkit.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Recorded cases of Zipkin's links between services and of spans that share an id. */
@Tag("slow")
class ZipkinConformanceTest {
  @Test
  void linksServicesAsRecorded() throws Exception {
    List<String> failures = new ArrayList<>();
    int cases = 0;
    for (String line :
        Files.readAllLines(Shared.conformance("zipkin").resolve("dependency-links.jsonl"))) {
      Attributes c = (Attributes) Objects.requireNonNull(JsonValues.read(line));
      if (!(c.get("traces") instanceof ArrayValue traces)) {
        continue;
      }
      cases++;
      MemoryTraceStore store = new MemoryTraceStore();
      for (int i = 0; i < traces.size(); i++) {
        // each list is its own trace, although some lists share an id
        String json =
            AttributeText.json(new StringBuilder(), traces.get(i))
                .toString()
                .replace("\"000000000000000a\",\"id\"", "\"00000000000000a" + i + "\",\"id\"");
        byte[] b = json.getBytes(StandardCharsets.UTF_8);
        store.append(
            Scope.DEFAULT,
            SpanBatch.of(ZipkinReader.json(b, 0, b.length, 2, false, 1_000_000).traces()));
      }
      TreeSet<String> found = new TreeSet<>();
      ServiceLinks.find(store, Scope.DEFAULT, 0, Long.MAX_VALUE)
          .counts()
          .forEach(
              (l, n) -> found.add(l.parent() + " " + l.child() + " " + n.calls + " " + n.errors));
      TreeSet<String> wanted = new TreeSet<>();
      ArrayValue links = (ArrayValue) Objects.requireNonNull(c.get("links"));
      for (int i = 0; i < links.size(); i++) {
        Attributes l = (Attributes) Objects.requireNonNull(links.get(i));
        Object errors = l.get("errorCount");
        wanted.add(
            l.get("parent")
                + " "
                + l.get("child")
                + " "
                + l.get("callCount")
                + " "
                + (errors == null ? 0 : errors));
      }
      if (!found.equals(wanted)) {
        failures.add(c.get("id") + " " + c.get("name") + ": " + found + ", expected " + wanted);
      }
    }
    assertThat(cases).isGreaterThan(30);
    assertThat(failures).isEmpty();
  }

  /**
   * Spans are sent to the store and read back, without times: a piece of a span that says none gets
   * that of its arrival.
   */
  @Test
  void mergesSpansAsRecorded() throws Exception {
    int cases = 0;
    for (String line :
        Files.readAllLines(Shared.conformance("zipkin").resolve("trace-merge.jsonl"))) {
      Attributes c = (Attributes) Objects.requireNonNull(JsonValues.read(line));
      String name = String.valueOf(c.get("name"));
      if (name.equals("choosesBestTraceId")) {
        continue; // ids of 64 bits are other traces here
      }
      cases++;
      byte[] sent = json(c.get("spans")).getBytes(StandardCharsets.UTF_8);
      try (TracesServer server = new TracesServer(1_000_000_000)) {
        server.store.append(
            Scope.DEFAULT,
            SpanBatch.of(ZipkinReader.json(sent, 0, sent.length, 2, false, 1_000).traces()));
        ArrayValue read = (ArrayValue) server.get("/zipkin/api/v2/trace/000000000000000a");
        assertThat(timeless(read))
            .as(name)
            .containsExactlyInAnyOrderElementsOf(
                timeless((ArrayValue) Objects.requireNonNull(c.get("want_any_order"))));
      }
    }
    assertThat(cases).isEqualTo(7);
  }

  private static List<String> timeless(ArrayValue spans) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < spans.size(); i++) {
      TreeMap<String, String> fields = new TreeMap<>();
      ((Attributes) Objects.requireNonNull(spans.get(i)))
          .forEach(
              (k, v) -> {
                if (!k.equals("timestamp") && !k.equals("duration")) {
                  fields.put(k, json(v));
                }
              });
      out.add(fields.toString());
    }
    return out;
  }

  private static String json(@Nullable Object value) {
    return AttributeText.json(new StringBuilder(), value).toString();
  }

  @Test
  void spansInPiecesHaveTheirFullTimes() throws Exception {
    String piece =
        "{\"traceId\":\"a\",\"id\":\"b\",\"kind\":\"%s\",\"name\":\"%s\",\"timestamp\":%d,\"duration\":%d,"
            + "\"localEndpoint\":{\"serviceName\":\"%s\"},\"tags\":{\"%s\":\"1\"}}";
    String sent =
        "["
            + piece.formatted("CLIENT", "get", 2_000_100, 50, "web", "x")
            + ","
            + piece.formatted("CLIENT", "get", 2_000_000, 100, "web", "y")
            + ","
            + piece.formatted("SERVER", "get", 2_000_020, 60, "db", "z")
            + "]";
    byte[] b = sent.getBytes(StandardCharsets.UTF_8);
    try (TracesServer server = new TracesServer(3_000_000_000L)) {
      server.store.append(
          Scope.DEFAULT, SpanBatch.of(ZipkinReader.json(b, 0, b.length, 2, false, 1).traces()));
      assertThat(json(server.get("/zipkin/api/v2/trace/a")))
          .isEqualTo(
              "[{\"traceId\":\"000000000000000a\",\"id\":\"000000000000000b\",\"kind\":\"CLIENT\","
                  + "\"name\":\"get\",\"timestamp\":2000000,\"duration\":150,"
                  + "\"localEndpoint\":{\"serviceName\":\"web\"},\"tags\":{\"x\":\"1\",\"y\":\"1\"}},"
                  + "{\"traceId\":\"000000000000000a\",\"id\":\"000000000000000b\",\"kind\":\"SERVER\","
                  + "\"name\":\"get\",\"timestamp\":2000020,\"duration\":60,"
                  + "\"localEndpoint\":{\"serviceName\":\"db\"},\"tags\":{\"z\":\"1\"},\"shared\":true}]");
    }
  }
}
