package dev.tethys.query.logql;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.ast.MetricExpr;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.format.LogqlFormatter;
import dev.tethys.query.logql.format.LogqlPrinter;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.logql.parser.LogqlParser;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.query.logql.pipeline.LogPipeline;
import dev.tethys.query.logql.pipeline.NameTable;
import dev.tethys.query.logql.pipeline.Row;
import dev.tethys.query.logql.pipeline.UsedLabels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;

/** Readers of recorded cases, by file. */
final class ConformanceCases {
  /** What a case gave: empty if that is what was expected. */
  record Outcome(String id, String difference) {}

  /** Runs the cases of a file. */
  interface Runner {
    List<Outcome> run(String text);
  }

  static final Map<String, Runner> FILES = files();

  private ConformanceCases() {}

  private static Map<String, Runner> files() {
    Map<String, Runner> m = new LinkedHashMap<>();
    m.put("loki/logql/parse.jsonl", each(ConformanceCases::parse));
    m.put("loki/logql/canonical.jsonl", each(ConformanceCases::canonical));
    m.put("loki/logql/format.jsonl", each(ConformanceCases::format));
    m.put("loki/logql/durations.jsonl", each(ConformanceCases::duration));
    m.put("loki/logql/line-filters.jsonl", each(ConformanceCases::lineFilters));
    m.put("loki/stages/stage-cases.jsonl", each(ConformanceCases::stage));
    m.put("loki/stages/stage-validity.jsonl", each(ConformanceCases::stageValidity));
    m.put("loki/stages/ip-filter.jsonl", each(ConformanceCases::ip));
    m.put("loki/stages/pattern.jsonl", each(ConformanceCases::pattern));
    m.put("loki/stages/pattern-validity.jsonl", each(ConformanceCases::patternValidity));
    m.put("loki/stages/metric-extraction.jsonl", each(ConformanceCases::extraction));
    m.put("loki/stages/template-functions.jsonl", each(ConformanceCases::templateFunction));
    return m;
  }

  private static Runner each(Function<Map<String, Object>, String> check) {
    return text -> {
      List<Outcome> out = new ArrayList<>();
      for (String line : text.split("\n")) {
        if (!line.isBlank()) {
          Map<String, Object> c = object(read(line));
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
    };
  }

  private static Object read(String json) {
    try {
      return Objects.requireNonNull(JsonReader.read(json));
    } catch (MalformedJsonException e) {
      throw new IllegalArgumentException(json, e);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object o) {
    return (Map<String, Object>) o;
  }

  private static Object there(Map<String, Object> c, String key) {
    return Objects.requireNonNull(c.get(key));
  }

  private static String text(Map<String, Object> c, String key) {
    return String.valueOf(c.get(key));
  }

  private static String equal(Object want, Object got) {
    return want.equals(got) ? "" : "wants " + want + " and got " + got;
  }

  // ---- syntax

  private static String parse(Map<String, Object> c) {
    LogqlExpr e;
    try {
      e =
          c.containsKey("query_hex")
              ? LogqlParser.parse(HexFormat.of().parseHex(text(c, "query_hex")))
              : LogqlParser.parse(text(c, "query"));
    } catch (LogqlParseException x) {
      Object error = c.get("error");
      if (error == null) {
        return Boolean.FALSE.equals(c.get("valid")) ? "" : "refused: " + x.getMessage();
      }
      return equal(text(object(error), "message"), String.valueOf(x.getMessage()));
    }
    if (!Boolean.TRUE.equals(c.get("valid"))) {
      return "accepted";
    }
    if (!(c.get("tree") instanceof Map<?, ?>)) {
      return "";
    }
    return NeutralTree.difference(object(there(c, "tree")), e);
  }

  private static String canonical(Map<String, Object> c) {
    LogqlExpr e = LogqlParser.parse(text(c, "query"));
    String printed = LogqlPrinter.print(e);
    if (!LogqlParser.parse(printed).equals(e)) {
      return "prints another query: " + printed;
    }
    boolean loose = "ignore-whitespace".equals(c.get("compare"));
    String want = text(c, "canonical");
    if (loose && e instanceof MetricExpr) {
      // the recorded form is the query itself: equal as trees
      return LogqlParser.parse(want).equals(e) ? "" : "another tree: " + printed;
    }
    return loose
        ? equal(want.replaceAll("\\s", ""), printed.replaceAll("\\s", ""))
        : equal(want, printed);
  }

  private static String format(Map<String, Object> c) {
    return equal(text(c, "formatted"), LogqlFormatter.format(LogqlParser.parse(text(c, "query"))));
  }

  private static String duration(Map<String, Object> c) {
    double want = ((Number) there(c, "seconds")).doubleValue();
    try {
      double got = Units.queryDuration(text(c, "text")) / 1e9;
      return Math.abs(got - want) < 1e-12 ? "" : "wants " + want + " and got " + got;
    } catch (Units.UnitException e) {
      return e.reason();
    }
  }

  // ---- lines

  private static boolean kept(String query, String line) {
    InMemoryLogStore store = new InMemoryLogStore(1);
    store.add(Labels.of("app", "foo", "cluster", "xbar"), 1, line);
    try (LogqlEngine engine =
        new LogqlEngine(store, 1, MemoryShare.unlimited(), System::nanoTime)) {
      LogqlResult r =
          engine.query(
              LogqlRequest.entries(Scope.DEFAULT, query, 0, 10, Direction.FORWARD, 10),
              LogqlLimits.DEFAULT);
      return r.statistics().entriesReturned() == 1;
    }
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Map<String, Object> c, String key) {
    Object l = c.get(key);
    return l == null ? List.of() : (List<Object>) l;
  }

  private static String lineFilters(Map<String, Object> c) {
    StringBuilder sb = new StringBuilder();
    for (Object l : list(c, "lines")) {
      Map<String, Object> line = object(l);
      boolean kept = kept(text(c, "query"), text(line, "line"));
      if (kept != Boolean.TRUE.equals(line.get("kept"))) {
        sb.append(line).append(" was ").append(kept ? "kept; " : "dropped; ");
      }
    }
    return sb.toString();
  }

  private static String ip(Map<String, Object> c) {
    try {
      if (c.containsKey("filter") && c.containsKey("lines")) {
        List<Object> got = new ArrayList<>();
        List<Object> lines = list(c, "lines");
        for (int i = 0; i < lines.size(); i++) {
          if (kept("{app=\"foo\"} " + text(c, "filter"), String.valueOf(lines.get(i)))) {
            got.add((long) i);
          }
        }
        return equal(numbers(list(c, "kept")), numbers(got));
      }
      if (c.containsKey("filter")) {
        boolean kept = kept("{app=\"foo\"} " + text(c, "filter"), text(c, "line"));
        return Boolean.TRUE.equals(c.get("invalid")) ? "accepted" : equal(there(c, "match"), kept);
      }
      boolean kept =
          kept(
              "{app=\"foo\"} | logfmt " + text(c, "label_filter"),
              "addr=" + text(c, "label_value"));
      return equal(there(c, "match"), kept);
    } catch (LogqlParseException e) {
      return Boolean.TRUE.equals(c.get("invalid")) ? "" : "refused: " + e.getMessage();
    }
  }

  private static List<Long> numbers(List<Object> l) {
    return l.stream().map(n -> ((Number) n).longValue()).toList();
  }

  // ---- stages

  private record StageRun(boolean kept, Row row) {}

  private static StageRun run(String stages, Map<String, Object> c) {
    LogExpr log = (LogExpr) LogqlParser.parse("{a=\"a\"} " + stages);
    NameTable names = new NameTable();
    LogPipeline p = LogPipeline.compile(log.stages(), names, UsedLabels.ALL);
    Row row = new Row(names);
    row.clear();
    row.time = c.get("ts_ns") instanceof Number n ? n.longValue() : 0;
    byte[] line = text(c, "line").getBytes(StandardCharsets.UTF_8);
    row.line(line, 0, line.length);
    object(c.getOrDefault("labels", Map.of()))
        .forEach(
            (k, v) -> {
              byte[] b = String.valueOf(v).getBytes(StandardCharsets.UTF_8);
              row.addStream(names.id(k), b, 0, b.length);
            });
    object(c.getOrDefault("structured_metadata", Map.of()))
        .forEach(
            (k, v) -> {
              byte[] b = String.valueOf(v).getBytes(StandardCharsets.UTF_8);
              row.addMetadata(names.id(k), b, 0, b.length);
            });
    return new StageRun(p.process(row), row);
  }

  private static Map<String, String> labels(Row row) {
    Map<String, String> out = new TreeMap<>();
    for (int s = 0; s < row.slots(); s++) {
      if (row.holds(s)) {
        out.put(
            row.names().name(row.nameAt(s)),
            new String(row.bufferAt(s), row.fromAt(s), row.lengthAt(s), StandardCharsets.UTF_8));
      }
    }
    return out;
  }

  private static String stage(Map<String, Object> c) {
    StageRun r = run(text(c, "stages"), c);
    if (r.kept != Boolean.TRUE.equals(c.get("keep"))) {
      return r.kept ? "kept" : "dropped";
    }
    if (!r.kept) {
      return "";
    }
    String want = c.containsKey("want_line") ? text(c, "want_line") : text(c, "line");
    String line = equal(want, r.row.lineText());
    Map<String, String> wanted = new TreeMap<>();
    object(there(c, "want_labels")).forEach((k, v) -> wanted.put(k, String.valueOf(v)));
    return line + equal(wanted, labels(r.row));
  }

  private static String stageValidity(Map<String, Object> c) {
    String error = "";
    try {
      LogqlEngine.check("{a=\"a\"} " + text(c, "stage"));
    } catch (LogqlParseException e) {
      error = String.valueOf(e.getMessage());
    }
    if (c.containsKey("error_contains")) {
      return error.contains(text(c, "error_contains")) ? "" : "got: " + error;
    }
    return error.isEmpty() == Boolean.TRUE.equals(c.get("valid")) ? "" : "got: " + error;
  }

  private static String quoted(String s) {
    return dev.tethys.model.GoQuote.quote(s);
  }

  private static String pattern(Map<String, Object> c) {
    StageRun r =
        run(
            "| pattern " + quoted(text(c, "pattern")),
            Map.of("line", text(c, "in"), "labels", Map.of()));
    List<String> got = new ArrayList<>();
    for (int s = 0; s < r.row.slots(); s++) {
      got.add(
          new String(
              r.row.bufferAt(s), r.row.fromAt(s), r.row.lengthAt(s), StandardCharsets.UTF_8));
    }
    String captures = equal(list(c, "captures"), got);
    String filter = text(c, "pattern").replaceAll("<[a-z_]+>", "<_>");
    boolean fits = kept("{app=\"foo\"} |> " + quoted(filter), text(c, "in"));
    return captures + equal(there(c, "filter_matches"), fits);
  }

  private static String patternValidity(Map<String, Object> c) {
    boolean parser = "parser".equals(c.get("as"));
    boolean valid = true;
    try {
      LogqlEngine.check(
          "{a=\"a\"} " + (parser ? "| pattern " : "|> ") + quoted(text(c, "pattern")));
    } catch (LogqlParseException e) {
      valid = false;
    }
    return equal(there(c, "valid"), valid);
  }

  private static String extraction(Map<String, Object> c) {
    InMemoryLogStore store = new InMemoryLogStore(1);
    Map<String, String> labels = new TreeMap<>();
    object(there(c, "labels")).forEach((k, v) -> labels.put(k, String.valueOf(v)));
    store.add(Labels.of(labels), 1_000_000_000L, text(c, "line"));
    String query = text(c, "query").replaceFirst("\\brate\\(", "sum_over_time(");
    if (!query.contains("unwrap")) {
      query = query.replaceFirst("sum_over_time\\(", "count_over_time(");
    }
    // one sample instead of its rate; absence is asked by a count
    query = query.replaceFirst("absent_over_time\\((.*)\\)", "sum(count_over_time($1))");
    try (LogqlEngine engine =
        new LogqlEngine(store, 1, MemoryShare.unlimited(), System::nanoTime)) {
      LogqlValue v =
          engine
              .query(
                  LogqlRequest.instant(Scope.DEFAULT, query, 2_000_000_000L), LogqlLimits.DEFAULT)
              .value();
      var samples =
          ((dev.tethys.query.promql.Value.InstantVector) ((LogqlValue.Metric) v).value()).samples();
      if (!Boolean.TRUE.equals(c.get("ok"))) {
        return samples.isEmpty() ? "" : "gave " + samples;
      }
      return samples.size() != 1
          ? "gave " + samples
          : equal(((Number) there(c, "value")).doubleValue(), samples.getFirst().value())
              + equal(series(text(c, "series")), samples.getFirst().labels());
    }
  }

  private static Labels series(String text) {
    Map<String, String> m = new TreeMap<>();
    var pairs = java.util.regex.Pattern.compile("(\\w+)=\"([^\"]*)\"").matcher(text);
    while (pairs.find()) {
      m.put(pairs.group(1), pairs.group(2));
    }
    return Labels.of(m);
  }

  private static String templateFunction(Map<String, Object> c) {
    StringBuilder call = new StringBuilder("{{ " + text(c, "template_function"));
    for (Object a : list(c, "args")) {
      call.append(' ').append(a instanceof String s ? quoted(s) : String.valueOf(a));
    }
    call.append(" }}");
    StageRun r = run("| line_format " + quoted(call.toString()), Map.of("line", ""));
    return equal(text(c, "want"), r.row.lineText());
  }
}
