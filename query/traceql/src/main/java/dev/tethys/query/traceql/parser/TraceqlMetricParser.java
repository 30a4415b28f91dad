package dev.tethys.query.traceql.parser;

import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Metric;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.Stage;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parses the stages of metrics. */
final class TraceqlMetricParser {
  private final TraceqlTokenReader in;
  private final FieldParser fields;

  TraceqlMetricParser(TraceqlTokenReader in, FieldParser fields) {
    this.in = in;
    this.fields = fields;
  }

  /**
   * Parses the first stage with its comparisons; returns null if the next token does not start one.
   */
  @Nullable Metric firstStage(Stage.Pipeline pipeline) {
    TraceqlToken t = in.peek();
    Metric.Function f = t.kind() == TraceqlToken.Kind.WORD ? function(t.text()) : null;
    if (f == null) {
      return null;
    }
    in.take();
    in.expect("(");
    FieldExpr value = f.hasValue() ? fields.field() : null;
    List<Double> quantiles = new ArrayList<>();
    while (f == Metric.Function.QUANTILE_OVER_TIME && (quantiles.isEmpty() || in.peek().is(","))) {
      in.expect(",");
      in.countOperator();
      TraceqlToken at = in.peek();
      TraceValue q = literal();
      if (q instanceof TraceValue.Duration || !(q.number() >= 0 && q.number() <= 1)) {
        throw in.error(at, "quantile " + q.text() + " is not between 0 and 1");
      }
      quantiles.add(q.number());
    }
    Metric.Comparison comparison = f == Metric.Function.COMPARE ? comparison() : null;
    in.expect(")");
    List<FieldExpr> by = new ArrayList<>();
    if (f != Metric.Function.COMPARE && in.peek().isWord("by")) {
      in.take();
      in.expect("(");
      do {
        in.countOperator();
        by.add(fields.field());
      } while (in.accept(","));
      in.expect(")");
    }
    return thresholds(new Metric.Query(pipeline, f, value, quantiles, by, comparison));
  }

  private static Metric.@Nullable Function function(String word) {
    for (Metric.Function f : Metric.Function.values()) {
      if (f.text().equals(word)) {
        return f;
      }
    }
    return null;
  }

  private Metric.Comparison comparison() {
    Stage.Filter selection = QueryParser.filter(in, fields);
    int top = Metric.Comparison.DEFAULT_TOP;
    long start = 0;
    long end = 0;
    if (in.accept(",")) {
      top = Math.toIntExact(Math.min(Integer.MAX_VALUE, integer("number of values")));
      if (in.accept(",")) {
        start = integer("start of the selection, in nanoseconds");
        in.expect(",");
        end = integer("end of the selection, in nanoseconds");
      }
    }
    return new Metric.Comparison(selection, top, start, end);
  }

  private long integer(String what) {
    TraceqlToken t = in.peek();
    if (t.value() instanceof TraceValue.Int i) {
      in.take();
      return i.value();
    }
    throw in.unexpected("expected an integer: " + what);
  }

  /** Parses second stages after {@code |}, each with its comparisons. */
  Metric secondStages(Metric of) {
    Metric m = of;
    while (in.accept("|")) {
      in.countOperator();
      TraceqlToken t = in.peek();
      if (!t.isWord("topk") && !t.isWord("bottomk")) {
        throw in.unexpected("expected topk or bottomk after metrics");
      }
      in.take();
      in.expect("(");
      int n = (int) Math.min(Integer.MAX_VALUE, integer("number of series"));
      in.expect(")");
      m = thresholds(new Metric.Top(m, t.isWord("topk"), n));
    }
    return m;
  }

  private Metric thresholds(Metric of) {
    Metric m = of;
    while (true) {
      Operator op = comparison(in.peek());
      if (op == null) {
        return m;
      }
      in.take();
      in.countOperator();
      m = new Metric.Threshold(m, op, sum());
    }
  }

  private static @Nullable Operator comparison(TraceqlToken t) {
    if (t.kind() == TraceqlToken.Kind.SYMBOL) {
      for (Operator op : Operator.values()) {
        if (op.isComparison() && !op.isPattern() && op.text().equals(t.text())) {
          return op;
        }
      }
    }
    return null;
  }

  private TraceValue sum() {
    TraceValue v = product();
    while (in.peek().is("+") || in.peek().is("-")) {
      v = fold(v, in.take(), product());
    }
    return v;
  }

  private TraceValue product() {
    TraceValue v = literal();
    while (in.peek().is("*") || in.peek().is("/")) {
      v = fold(v, in.take(), literal());
    }
    return v;
  }

  private TraceValue fold(TraceValue a, TraceqlToken op, TraceValue b) {
    in.countOperator();
    if (a instanceof TraceValue.Duration || b instanceof TraceValue.Duration) {
      throw in.error(op, "a duration cannot be an operand of metrics arithmetic");
    }
    Operator o =
        switch (op.text()) {
          case "+" -> Operator.ADD;
          case "-" -> Operator.SUBTRACT;
          case "*" -> Operator.MULTIPLY;
          default -> Operator.DIVIDE;
        };
    return Constants.arithmetic(o, a, b);
  }

  /** Parses a number or duration with an optional sign. */
  TraceValue literal() {
    boolean negative = in.accept("-");
    TraceqlToken t = in.peek();
    TraceValue v = t.value();
    if (v == null || !v.type().isNumeric()) {
      throw in.unexpected("expected a number");
    }
    in.take();
    TraceValue n = negative ? FieldParser.negative(v) : v;
    return n == null ? v : n;
  }
}
