package dev.tethys.query.traceql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Spans, queries and expected answers of {@code shop.traceql}. */
final class ScriptTest {
  private final Spans spans = new Spans();

  @TestFactory
  List<DynamicTest> answers() throws Exception {
    String text;
    try (var in = Objects.requireNonNull(ScriptTest.class.getResourceAsStream("/shop.traceql"))) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    List<DynamicTest> out = new ArrayList<>();
    List<String> lines = text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("span ")) {
        span(line.substring(5).split(" "));
        continue;
      }
      List<String> expected = new ArrayList<>();
      while (i + 1 < lines.size()
          && (lines.get(i + 1).startsWith("  ") || lines.get(i + 1).startsWith("invalid: "))) {
        expected.add(lines.get(++i).strip());
      }
      out.add(DynamicTest.dynamicTest(line, () -> assertThat(run(line)).isEqualTo(expected)));
    }
    return out;
  }

  private void span(String[] f) {
    Map<String, Object> attributes = new HashMap<>();
    attributes.put("resource.service.name", Map.of("string", f[3]));
    for (int i = 9; i < f.length; i++) {
      String[] kv = f[i].split("=", 2);
      attributes.put("span." + kv[0], value(kv[1]));
    }
    Span s = spans.add(attributes, Long.parseLong(f[0]));
    s.setSpanId(Long.parseLong(f[1]));
    s.setParentSpanId(f[2].equals("-") ? 0 : Long.parseLong(f[2]));
    s.setName(f[4]);
    s.setKind(Integer.parseInt(f[5]));
    s.setStatusCode(Integer.parseInt(f[6]));
    s.setStartTimeUnixNano(Long.parseLong(f[7]) * 1_000_000);
    s.setEndTimeUnixNano((Long.parseLong(f[7]) + Long.parseLong(f[8])) * 1_000_000);
  }

  private static Map<String, Object> value(String v) {
    if (v.startsWith("\"")) {
      return Map.of("string", v.substring(1, v.length() - 1));
    }
    if (v.equals("true") || v.equals("false")) {
      return Map.of("bool", Boolean.valueOf(v));
    }
    return v.contains(".") ? Map.of("float", Double.valueOf(v)) : Map.of("int", Long.valueOf(v));
  }

  private List<String> run(String line) {
    TraceQueries q = spans.queries();
    try {
      if (line.startsWith("search ")) {
        return Spans.search(q, line.substring(7)).stream()
            .sorted(java.util.Comparator.comparing(FoundTrace::traceLow))
            .map(ScriptTest::text)
            .toList();
      }
      String[] f = line.split(" ", 5);
      long ms = 1_000_000;
      return q
          .range(
              Scope.of("t"),
              TraceQuery.parse(f[4]),
              Long.parseLong(f[2]) * ms,
              Long.parseLong(f[3]) * ms,
              Long.parseLong(f[1]) * ms,
              0)
          .series()
          .stream()
          .map(ScriptTest::text)
          .toList();
    } catch (TraceqlParseException e) {
      return List.of("invalid: " + e.reason().replaceFirst(",.*", ""));
    }
  }

  private static String text(FoundTrace t) {
    return t.traceLow()
        + ": "
        + t.spansets().stream().map(ScriptTest::text).collect(Collectors.joining(" | "));
  }

  private static String text(FoundTrace.Spanset s) {
    String ids =
        s.spans().stream().map(x -> Long.toString(x.spanId())).collect(Collectors.joining(" "));
    return s.attributes().isEmpty() ? ids : ids + " [" + labels(s.attributes()) + "]";
  }

  private static String labels(List<NamedValue> values) {
    return values.stream()
        .map(v -> v.name() + "=" + v.value().text())
        .collect(Collectors.joining(" "));
  }

  private static String text(TraceSeriesResult.Series s) {
    StringBuilder sb = new StringBuilder(labels(s.labels())).append(':');
    for (double v : s.values()) {
      sb.append(' ').append(Double.isNaN(v) ? "-" : new TraceValue.Real(v).text());
    }
    return sb.toString();
  }
}
