package dev.tethys.query.traceql;

import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/** Readers of recorded cases that are executed. */
@NullUnmarked // recorded cases have the keys that are read
final class ExecutionCases {
  private ExecutionCases() {}

  static String matches(Map<String, Object> c) {
    Spans s = new Spans();
    Map<?, ?> span = (Map<?, ?>) c.get("span");
    s.add((Map<?, ?>) span.get("attributes"), 1);
    boolean got = !Spans.search(s.queries(), ConformanceCases.text(c, "query")).isEmpty();
    return Objects.equals(got, c.get("matches")) ? "" : "matches: " + got;
  }

  static String evaluate(Map<String, Object> c) {
    String query = ConformanceCases.text(c, "query");
    Spans s = new Spans();
    Map<Long, Integer> spansetOf = new HashMap<>();
    Map<Long, String> textOf = new HashMap<>();
    int n = 0;
    for (Object spanset : (List<?>) c.get("input")) {
      n++;
      for (Object o : (List<?>) ((Map<?, ?>) spanset).get("spans")) {
        Map<?, ?> m = (Map<?, ?>) o;
        if (m.containsKey("nested_set")) {
          return ""; // its numbers are no tree; see RelationsTest
        }
        Map<?, ?> attributes =
            m.containsKey("attributes") ? (Map<?, ?>) m.get("attributes") : Map.of();
        Span span = s.add(attributes, query.contains("coalesce") ? 1 : n);
        spansetOf.put(span.spanId(), n);
        textOf.put(span.spanId(), String.valueOf(attributes));
      }
    }
    List<String> got = new ArrayList<>();
    for (FoundTrace t : Spans.search(s.queries(), query)) {
      for (FoundTrace.Spanset set : t.spansets()) {
        List<String> spans = new ArrayList<>();
        set.spans().forEach(p -> spans.add(textOf.get(p.spanId())));
        spans.sort(null);
        got.add(spans + attributes(set.attributes()));
      }
    }
    List<String> want = new ArrayList<>();
    for (Object spanset : (List<?>) c.get("output")) {
      Map<?, ?> m = (Map<?, ?>) spanset;
      List<String> spans = new ArrayList<>();
      for (Object o : (List<?>) m.get("spans")) {
        Map<?, ?> span = (Map<?, ?>) o;
        spans.add(
            String.valueOf(span.containsKey("attributes") ? span.get("attributes") : Map.of()));
      }
      spans.sort(null);
      List<String> attributes = new ArrayList<>();
      if (m.get("attributes") instanceof List<?> l) {
        for (Object a : l) {
          Map<?, ?> v = (Map<?, ?>) ((Map<?, ?>) a).get("value");
          attributes.add(((Map<?, ?>) a).get("name") + "=" + v.values().iterator().next());
        }
      }
      want.add(spans + attributes.toString());
    }
    got.sort(null);
    want.sort(null);
    return got.equals(want) ? "" : query + " gives " + got + ", not " + want;
  }

  private static String attributes(List<NamedValue> values) {
    List<String> out = new ArrayList<>();
    for (NamedValue v : values) {
      out.add(
          v.name()
              + "="
              + (v.value() instanceof TraceValue.Duration d ? d.nanos() : v.value().text()));
    }
    return out.toString();
  }

  static String metrics(Map<String, Object> c) {
    Spans s = new Spans();
    if (c.get("spans") instanceof List<?> l) {
      for (Object o : l) {
        Map<?, ?> m = (Map<?, ?>) o;
        Span span = s.add((Map<?, ?>) m.get("attributes"), 1);
        time(
            span,
            ((Number) m.get("start_ns")).longValue(),
            ((Number) m.get("duration_ns")).longValue());
      }
    } else {
      for (Object o : (List<?>) c.get("generated")) {
        Map<?, ?> m = (Map<?, ?>) o;
        for (int i = 1; i <= ((Number) m.get("count")).intValue(); i++) {
          for (Object start : (List<?>) m.get("start_s")) {
            Span span = s.add(Map.of("span.foo", Map.of("string", m.get("span.foo"))), 1);
            time(span, ((Number) start).longValue() * 1_000_000_000L, 128L * i);
          }
        }
      }
    }
    TraceSeriesResult r =
        s.queries()
            .range(
                Scope.of("t"),
                TraceQuery.parse(ConformanceCases.text(c, "query")),
                ((Number) c.get("start_ns")).longValue(),
                ((Number) c.get("end_ns")).longValue(),
                ((Number) c.get("step_ns")).longValue(),
                10);
    Map<String, double[]> got = new HashMap<>();
    r.series().forEach(x -> got.put(labels(x.labels()), x.values()));
    Set<String> wanted = new HashSet<>();
    for (Object o : (List<?>) c.get("series")) {
      Map<?, ?> m = (Map<?, ?>) o;
      List<NamedValue> labels = new ArrayList<>();
      ((Map<?, ?>) m.get("labels")).forEach((k, v) -> labels.add(named(k, v)));
      String key = labels(labels);
      wanted.add(key);
      String difference = difference(got.get(key), (List<?>) m.get("values"));
      if (!difference.isEmpty()) {
        return c.get("query") + " " + key + ": " + difference + " of " + got.keySet();
      }
    }
    return got.keySet().equals(wanted)
        ? ""
        : c.get("query") + " has series " + got.keySet() + ", not " + wanted;
  }

  private static void time(Span span, long start, long duration) {
    span.setStartTimeUnixNano(start);
    span.setEndTimeUnixNano(start + duration);
  }

  private static NamedValue named(Object k, Object v) {
    return new NamedValue(
        String.valueOf(k),
        v instanceof Number n
            ? new TraceValue.Real(n.doubleValue())
            : new TraceValue.Text(String.valueOf(v)));
  }

  private static String labels(List<NamedValue> labels) {
    List<String> out = new ArrayList<>();
    labels.forEach(l -> out.add(l.name() + "=" + l.value().text()));
    out.sort(null);
    return out.toString();
  }

  static String difference(double @Nullable [] got, List<?> want) {
    if (got == null) {
      return "absent";
    }
    for (int i = 0; i < Math.max(got.length, want.size()); i++) {
      double w = i < want.size() ? number(want.get(i)) : Double.NaN;
      double g = i < got.length ? got[i] : Double.NaN;
      if (!(Double.isNaN(w) && Double.isNaN(g))
          && w != g
          && !(Math.abs(w - g) <= 1e-12 * Math.abs(w))) {
        return "value " + i + " is " + g + ", not " + w;
      }
    }
    return "";
  }

  static double number(Object o) {
    return o instanceof Number n
        ? n.doubleValue()
        : switch (String.valueOf(o)) {
          case "+Inf" -> Double.POSITIVE_INFINITY;
          case "-Inf" -> Double.NEGATIVE_INFINITY;
          default -> Double.NaN;
        };
  }

  private static TraceQueries recorded(String name) {
    try {
      byte[] json = Files.readAllBytes(Shared.conformance("tempo/search/" + name + ".json"));
      byte[] wire = OtlpJson.toProtobuf(OtlpSignal.TRACES, json, 0, json.length).toByteArray();
      return Spans.queries(new OtlpReader().traces(wire, 0, wire.length));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String search(Map<String, Object> c, String trace) {
    if (!c.containsKey("query")) {
      return ""; // search by tags is of the API
    }
    String query = ConformanceCases.text(c, "query");
    List<FoundTrace> found = Spans.search(recorded(trace), query);
    if (c.containsKey("root_span_in_result")) {
      boolean root =
          found.stream()
              .flatMap(t -> t.spansets().stream())
              .flatMap(t -> t.spans().stream())
              .anyMatch(p -> p.spanId() == 0x40506);
      return Objects.equals(root, c.get("root_span_in_result")) ? "" : query + ": root " + root;
    }
    if (!Objects.equals(!found.isEmpty(), c.get("match"))) {
      return query + (found.isEmpty() ? " finds nothing" : " finds the trace");
    }
    if (c.get("spanSets") instanceof List<?> sets && !found.isEmpty()) {
      List<String> want = new ArrayList<>();
      for (Object s : sets) {
        List<String> ids = new ArrayList<>();
        for (Object span : (List<?>) ((Map<?, ?>) s).get("spans")) {
          ids.add(String.valueOf(((Map<?, ?>) span).get("spanID")));
        }
        ids.sort(null);
        want.add(ids + " " + ((Map<?, ?>) s).get("matched"));
      }
      List<String> got = new ArrayList<>();
      for (FoundTrace.Spanset s : found.getFirst().spansets()) {
        List<String> ids = new ArrayList<>();
        s.spans().forEach(p -> ids.add(java.util.HexFormat.of().toHexDigits(p.spanId())));
        ids.sort(null);
        got.add(ids + " " + s.matched());
      }
      want.sort(null);
      got.sort(null);
      if (!got.equals(want)) {
        return query + " finds " + got + ", not " + want;
      }
    }
    return "";
  }

  static String values(Map<String, Object> c) {
    Set<String> got = new HashSet<>();
    try {
      recorded("trace")
          .values(
              Scope.of("t"),
              TraceQuery.parseField(ConformanceCases.text(c, "tag")),
              TraceQuery.parse(ConformanceCases.text(c, "query")),
              0,
              Long.MAX_VALUE,
              100)
          .forEach(v -> got.add(v.text()));
    } catch (TraceqlParseException e) {
      return c.get("tag") + ": " + e;
    }
    Set<String> want = new HashSet<>();
    ((List<?>) c.get("values"))
        .forEach(v -> want.add(String.valueOf(((Map<?, ?>) v).get("value"))));
    return got.equals(want) ? "" : got + " instead of " + want;
  }
}
