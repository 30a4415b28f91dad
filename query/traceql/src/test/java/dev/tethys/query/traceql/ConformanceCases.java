package dev.tethys.query.traceql;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.TraceqlPrinter;
import dev.tethys.query.traceql.exec.RecordedMath;
import dev.tethys.query.traceql.parser.QueryParser;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import dev.tethys.query.traceql.parser.TraceqlParseException.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.NullUnmarked;

/** Readers of recorded cases, by file. */
@NullUnmarked // recorded cases have the keys that are read
final class ConformanceCases {
  /** Result of a case: the difference is empty if it is as expected. */
  record Outcome(String id, String difference) {}

  static final Map<String, Function<Map<String, Object>, String>> FILES = files();

  private ConformanceCases() {}

  private static Map<String, Function<Map<String, Object>, String>> files() {
    Map<String, Function<Map<String, Object>, String>> m = new LinkedHashMap<>();
    m.put("tempo/traceql/queries.jsonl", ConformanceCases::query);
    m.put("tempo/traceql/canonical.jsonl", ConformanceCases::canonical);
    m.put("tempo/traceql/identifiers.jsonl", ConformanceCases::identifier);
    m.put("tempo/traceql/errors.jsonl", ConformanceCases::error);
    m.put("tempo/traceql/incomplete.jsonl", ConformanceCases::incomplete);
    m.put("tempo/traceql/matches.jsonl", ExecutionCases::matches);
    m.put("tempo/traceql/evaluate.jsonl", ExecutionCases::evaluate);
    m.put("tempo/traceql/metrics.jsonl", ExecutionCases::metrics);
    m.put("tempo/search/cases.jsonl", c -> ExecutionCases.search(c, "trace"));
    m.put("tempo/search/cases-all-fields.jsonl", c -> ExecutionCases.search(c, "trace-all-fields"));
    m.put("tempo/search/tag-values.jsonl", ExecutionCases::values);
    m.put("tempo/traceql/topk.jsonl", ConformanceCases::top);
    m.put("tempo/traceql/log2-quantile.jsonl", ConformanceCases::quantile);
    return m;
  }

  static List<Outcome> run(String text, Function<Map<String, Object>, String> check) {
    List<Outcome> out = new ArrayList<>();
    for (String line : text.split("\n")) {
      if (!line.isBlank()) {
        Map<String, Object> c = read(line);
        String difference;
        try {
          difference = check.apply(c);
        } catch (RuntimeException e) {
          difference = "threw " + e;
        }
        out.add(new Outcome(String.valueOf(c.get("id")), difference));
      }
    }
    return out;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> read(String json) {
    try {
      return (Map<String, Object>) Objects.requireNonNull(JsonReader.read(json));
    } catch (MalformedJsonException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static String text(Map<String, Object> c, String key) {
    return String.valueOf(c.get(key));
  }

  private static String query(Map<String, Object> c) {
    String q = text(c, "query");
    String got;
    try {
      TraceQuery parsed = TraceQuery.parse(q);
      got = "valid";
      TraceQuery again = TraceQuery.parse(parsed.toString());
      if (!again.toString().equals(parsed.toString())) {
        return "prints as " + parsed + ", which prints as " + again;
      }
    } catch (TraceqlParseException e) {
      got =
          switch (e.kind()) {
            case SYNTAX -> "parse_fails";
            case INVALID -> "validate_fails";
            case UNSUPPORTED -> "unsupported";
          };
    }
    return got.equals(c.get("class")) ? "" : q + " is " + got + ", not " + c.get("class");
  }

  private static String canonical(Map<String, Object> c) {
    String q = text(c, "query");
    String got = print(q);
    if (c.containsKey("roundtrip")) {
      String again = print(got);
      return got.equals(again) ? "" : got + " prints as " + again;
    }
    return got.equals(c.get("canonical")) ? "" : got + " instead of " + c.get("canonical");
  }

  private static String print(String q) {
    QueryParser.Parsed p = QueryParser.parse(q);
    return TraceqlPrinter.root(p.root()) + TraceqlPrinter.hints(p.hints());
  }

  private static String identifier(Map<String, Object> c) {
    String text = text(c, "text");
    try {
      FieldExpr f = TraceQuery.parseField(text);
      String got =
          f instanceof FieldExpr.Attribute a
              ? new FieldExpr.Attribute(a.scope(), a.ofParent(), "x").text().replaceFirst("x$", "")
                  + a.name()
              : f.text();
      return got.equals(c.get("want")) ? "" : text + " is " + got + ", not " + c.get("want");
    } catch (TraceqlParseException e) {
      return e.kind() == Kind.SYNTAX && c.containsKey("error") ? "" : text + ": " + e;
    }
  }

  private static String error(Map<String, Object> c) {
    try {
      TraceQuery.parse(text(c, "query"));
      return "no error";
    } catch (TraceqlParseException e) {
      if (e.kind() != Kind.SYNTAX || !"1".equals(String.valueOf(c.get("line")))) {
        return e.kind() == Kind.SYNTAX ? "" : e.toString();
      }
      String got = e.line() + ":" + e.column();
      String want = c.get("line") + ":" + c.get("col");
      return got.equals(want) ? "" : e + " is at " + got + ", not " + want;
    }
  }

  private static String incomplete(Map<String, Object> c) {
    if (!"lenient".equals(c.get("kind"))) {
      return "";
    }
    String q = text(c, "query");
    try {
      TraceQuery.parseUnfinished(q);
      return c.containsKey("error") ? q + " is parsed" : "";
    } catch (TraceqlParseException e) {
      return c.containsKey("error") ? "" : q + ": " + e;
    }
  }

  private static String top(Map<String, Object> c) {
    Map<String, double[]> in = new LinkedHashMap<>();
    ((Map<?, ?>) c.get("input"))
        .forEach(
            (k, v) ->
                in.put(
                    String.valueOf(k),
                    ((List<?>) v).stream().mapToDouble(ExecutionCases::number).toArray()));
    Map<String, double[]> got =
        RecordedMath.top(in, "topk".equals(c.get("fn")), ((Number) c.get("limit")).intValue());
    Map<?, ?> want = (Map<?, ?>) c.get("want");
    if (!got.keySet().equals(want.keySet())) {
      return got.keySet() + " instead of " + want.keySet();
    }
    for (Map.Entry<?, ?> e : want.entrySet()) {
      String d =
          ExecutionCases.difference(got.get(String.valueOf(e.getKey())), (List<?>) e.getValue());
      if (!d.isEmpty()) {
        return e.getKey() + ": " + d;
      }
    }
    return "";
  }

  private static String quantile(Map<String, Object> c) {
    List<?> buckets = (List<?>) c.get("buckets");
    double[] bounds = new double[buckets.size()];
    double[] counts = new double[buckets.size()];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = ExecutionCases.number(((List<?>) buckets.get(i)).get(0));
      counts[i] = ExecutionCases.number(((List<?>) buckets.get(i)).get(1));
    }
    double got = RecordedMath.quantile(bounds, counts, ExecutionCases.number(c.get("quantile")));
    return ExecutionCases.difference(new double[] {got}, List.of(c.get("want")));
  }
}
