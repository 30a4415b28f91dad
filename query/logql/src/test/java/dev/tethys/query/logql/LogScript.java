package dev.tethys.query.logql;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Script of log lines, metric queries and expected results: {@code clear}, {@code load} with lines
 * {@code {labels} "line" @ offset [repeat every d for n] [metadata k="v"]}, {@code eval instant at
 * t query}, {@code eval range from a to b step s query}, results {@code {labels} v v v} with {@code
 * _} for none, {@code expect fail [msg: …|regex: …]}, {@code expect empty}, {@code expect ordered}.
 * Scenarios begin with {@code # scenario name}.
 */
final class LogScript {
  /** One evaluation. */
  record Eval(String scenario, int line, String head, List<String> body) {}

  /** One scenario. */
  private record Load(List<String> lines) {}

  private static final Pattern ENTRY =
      Pattern.compile("(\\{.*?})\\s+(\"[^\"]*\"|`[^`]*`)\\s+@\\s+(\\S+)((?:\\s+\\[[^\\]]*])*)\\s*");
  private static final Pattern PAIR = Pattern.compile("(\\w+)=\"([^\"]*)\"");
  private static final Pattern INSTANT = Pattern.compile("eval instant at (\\S+) (.*)");
  private static final Pattern RANGE =
      Pattern.compile("eval range from (\\S+) to (\\S+) step (\\S+) (.*)");
  private static final Pattern RESULT = Pattern.compile("(\\{.*?})\\s+(.*)");

  private LogScript() {}

  /**
   * Runs a script.
   *
   * @param report takes each evaluation with what is wrong, empty for nothing
   */
  static void run(String script, BiConsumer<Eval, String> report) {
    InMemoryLogStore store = new InMemoryLogStore(4);
    try (LogqlEngine engine =
        new LogqlEngine(store, 2, MemoryShare.unlimited(), System::nanoTime)) {
      String scenario = "";
      List<String> lines = Arrays.asList(script.split("\n", -1));
      int i = 0;
      while (i < lines.size()) {
        String l = lines.get(i).strip();
        if (l.startsWith("# scenario")) {
          scenario = l.substring(11).strip();
          i++;
        } else if (l.isEmpty() || l.startsWith("#")) {
          i++;
        } else if (l.equals("clear")) {
          store.clear();
          i++;
        } else if (l.equals("load")) {
          i++;
          while (i < lines.size() && (lines.get(i).startsWith(" ") || lines.get(i).isEmpty())) {
            if (!lines.get(i).isBlank()) {
              load(store, lines.get(i).strip());
            }
            i++;
          }
        } else {
          int at = i++;
          List<String> body = new ArrayList<>();
          while (i < lines.size() && lines.get(i).startsWith(" ")) {
            String b = lines.get(i++).strip();
            if (!b.isEmpty() && !b.startsWith("skip ")) {
              body.add(b);
            }
          }
          Eval e = new Eval(scenario, at + 1, l, body);
          report.accept(e, evaluate(engine, e));
        }
      }
    }
  }

  private static long duration(String s) {
    try {
      return Units.queryDuration(s);
    } catch (Units.UnitException e) {
      throw new IllegalArgumentException(s, e);
    }
  }

  private static Labels labels(String text) {
    LabelsBuilder b = new LabelsBuilder();
    Matcher m = PAIR.matcher(text);
    while (m.find()) {
      b.show(m.group(1), m.group(2));
    }
    return b.build();
  }

  private static void load(InMemoryLogStore store, String line) {
    Matcher m = ENTRY.matcher(line);
    if (!m.matches()) {
      throw new IllegalArgumentException("not an entry: " + line);
    }
    LabelsBuilder stream = new LabelsBuilder();
    Matcher pairs = PAIR.matcher(m.group(1));
    while (pairs.find()) {
      stream.set(pairs.group(1), pairs.group(2)); // streams have no empty labels
    }
    String body = m.group(2).substring(1, m.group(2).length() - 1);
    long at = duration(m.group(3));
    String rest = m.group(4);
    long every = 0;
    int n = 1;
    Matcher repeat = Pattern.compile("\\[repeat every (\\S+)\\s+for (\\d+)]").matcher(rest);
    if (repeat.find()) {
      every = duration(repeat.group(1));
      n = Integer.parseInt(repeat.group(2));
    }
    List<String> metadata = new ArrayList<>();
    Matcher meta = Pattern.compile("\\[metadata ([^\\]]*)]").matcher(rest);
    if (meta.find()) {
      Matcher p = PAIR.matcher(meta.group(1));
      while (p.find()) {
        metadata.add(p.group(1));
        metadata.add(p.group(2));
      }
    }
    for (int i = 0; i < n; i++) {
      store.add(
          stream.build(),
          at + i * every,
          body.replace("{{.i}}", String.valueOf(i)),
          metadata.toArray(String[]::new));
    }
  }

  private static LogqlRequest request(String head) {
    Matcher m = INSTANT.matcher(head);
    if (m.matches()) {
      return LogqlRequest.instant(Scope.DEFAULT, m.group(2), duration(m.group(1)));
    }
    m = RANGE.matcher(head);
    if (!m.matches()) {
      throw new IllegalArgumentException(head);
    }
    return LogqlRequest.range(
        Scope.DEFAULT,
        m.group(4),
        duration(m.group(1)),
        duration(m.group(2)),
        duration(m.group(3)));
  }

  private static String evaluate(LogqlEngine engine, Eval e) {
    LogqlRequest r = request(e.head);
    LogqlValue value;
    try {
      value = engine.query(r, LogqlLimits.DEFAULT).value();
    } catch (LogqlParseException | QueryException x) {
      return failure(e, String.valueOf(x.getMessage()));
    }
    if (e.body.stream().anyMatch(b -> b.startsWith("expect fail"))) {
      return "did not fail: " + value;
    }
    Value v = ((LogqlValue.Metric) value).value();
    return switch (v) {
      case Value.Scalar s ->
          e.body.size() == 1 && same(Double.parseDouble(go(e.body.getFirst())), s.value())
              ? ""
              : "gave " + s.value();
      case Value.InstantVector i -> vector(e, i);
      case Value.Matrix m -> matrix(e, r, m);
      case Value.Text t -> "gave a text";
    };
  }

  private static String failure(Eval e, String message) {
    for (String b : e.body) {
      if (b.startsWith("expect fail")) {
        String want = b.substring("expect fail".length()).strip();
        boolean ok =
            want.isEmpty()
                || want.startsWith("msg: ") && message.contains(want.substring(5))
                || want.startsWith("regex: ")
                    && Pattern.compile(want.substring(7)).matcher(message).find();
        return ok ? "" : "failed with: " + message;
      }
    }
    return "failed with: " + message;
  }

  private static String go(String s) {
    return s.replace("Inf", "Infinity");
  }

  private static boolean same(double a, double b) {
    return Double.isNaN(a) && Double.isNaN(b)
        || a == b
        || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  }

  private static Map<Labels, List<String>> expected(Eval e) {
    Map<Labels, List<String>> out = new LinkedHashMap<>();
    for (String b : e.body) {
      if (b.startsWith("expect ")) {
        continue;
      }
      Matcher m = RESULT.matcher(b);
      if (!m.matches()) {
        throw new IllegalArgumentException("not a result: " + b);
      }
      List<String> values = new ArrayList<>();
      for (String v : m.group(2).strip().split("\\s+")) {
        values.addAll(points(v));
      }
      out.put(labels(m.group(1)), values);
    }
    return out;
  }

  /** A value, or {@code a+bxN}: N + 1 values. */
  private static List<String> points(String v) {
    Matcher m = Pattern.compile("(-?[\\d.]+)([+-][\\d.]+)?x(\\d+)").matcher(v);
    if (!m.matches()) {
      return List.of(v);
    }
    double d = Double.parseDouble(m.group(1));
    double by = m.group(2) == null ? 0 : Double.parseDouble(m.group(2));
    List<String> out = new ArrayList<>();
    for (int i = 0; i <= Integer.parseInt(m.group(3)); i++) {
      out.add(String.valueOf(d + i * by));
    }
    return out;
  }

  private static String vector(Eval e, Value.InstantVector v) {
    Map<Labels, List<String>> want = expected(e);
    if (want.size() != v.samples().size()) {
      return "gave " + v.samples();
    }
    for (Value.Sample s : v.samples()) {
      List<String> w = want.get(s.labels());
      if (w == null || !same(Double.parseDouble(go(w.getFirst())), s.value())) {
        return "gave " + v.samples();
      }
    }
    if (e.body.contains("expect ordered")
        && !List.copyOf(want.keySet())
            .equals(v.samples().stream().map(Value.Sample::labels).toList())) {
      return "gave another order: " + v.samples();
    }
    return "";
  }

  private static String matrix(Eval e, LogqlRequest r, Value.Matrix m) {
    Map<Labels, List<String>> want = expected(e);
    if (want.size() != m.series().size()) {
      return "gave " + text(m);
    }
    for (Value.Series s : m.series()) {
      List<String> w = want.get(s.labels());
      if (w == null) {
        return "gave " + text(m);
      }
      int n = 0;
      for (int k = 0; k < w.size(); k++) {
        if (w.get(k).equals("_")) {
          continue;
        }
        long time = (r.start() + k * r.step()) / 1_000_000;
        if (n >= s.size()
            || s.timestamps()[n] != time
            || !same(Double.parseDouble(go(w.get(k))), s.values()[n])) {
          return "gave " + text(m);
        }
        n++;
      }
      if (n != s.size()) {
        return "gave " + text(m);
      }
    }
    return "";
  }

  private static String text(Value.Matrix m) {
    StringBuilder sb = new StringBuilder();
    for (Value.Series s : m.series()) {
      sb.append(s.labels());
      for (int i = 0; i < s.size(); i++) {
        sb.append(' ').append(s.timestamps()[i]).append('=').append(s.values()[i]);
      }
      sb.append("; ");
    }
    return sb.toString();
  }
}
