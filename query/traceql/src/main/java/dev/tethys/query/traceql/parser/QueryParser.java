package dev.tethys.query.traceql.parser;

import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Metric;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.Root;
import dev.tethys.query.traceql.ast.Scalar;
import dev.tethys.query.traceql.ast.SpansetOperator;
import dev.tethys.query.traceql.ast.Stage;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Parses queries. Parentheses may hold spansets, pipelines, scalars, metrics or numbers, which only
 * their content distinguishes, so that terms are parsed by one grammar and checked by their kind
 * where an operator joins them.
 */
public final class QueryParser {
  /** Result of parsing with the hints. */
  public record Parsed(Root root, Map<String, TraceValue> hints) {}

  /** Part of a query whose kind is known after parsing. */
  private sealed interface Term {
    record OfStage(Stage stage) implements Term {}

    record OfScalar(Scalar scalar) implements Term {}

    record OfMetric(Metric metric) implements Term {}

    /** Comparison of aggregates of pipelines, which no stage follows. */
    record OfComparison(Root.ScalarComparison comparison) implements Term {}
  }

  private final TraceqlTokenReader in;
  private final FieldParser fields;
  private final TraceqlMetricParser metrics;

  private QueryParser(String text) {
    in = new TraceqlTokenReader(text);
    fields = new FieldParser(in);
    metrics = new TraceqlMetricParser(in, fields);
  }

  /**
   * Parses a query without checking its types.
   *
   * @throws TraceqlParseException if it is not in the grammar
   */
  public static Parsed parse(String text) {
    return new QueryParser(text).root();
  }

  /**
   * Parses the name of an attribute or an intrinsic field, such as {@code resource.service.name}.
   *
   * @throws TraceqlParseException if it is not a field
   */
  public static FieldExpr parseField(String text) {
    QueryParser p = new QueryParser(text);
    FieldExpr f = p.fields.field();
    if (p.in.peek().kind() != TraceqlToken.Kind.END) {
      throw p.in.unexpected("expected a single attribute or intrinsic field");
    }
    return f;
  }

  private Parsed root() {
    Term t = pipeline(false);
    Map<String, TraceValue> hints = in.peek().isWord("with") ? hints() : Map.of();
    if (in.peek().kind() != TraceqlToken.Kind.END) {
      throw in.unexpected("expected an operator, | or with");
    }
    return new Parsed(asRoot(t), hints);
  }

  private Root asRoot(Term t) {
    return switch (t) {
      case Term.OfStage s ->
          new Root.Search(
              s.stage() instanceof Stage.Pipeline p ? p : new Stage.Pipeline(List.of(s.stage())));
      case Term.OfMetric m -> new Root.Metrics(m.metric());
      case Term.OfComparison c -> c.comparison();
      case Term.OfScalar _ -> throw in.unexpected("expected a comparison after an aggregate");
    };
  }

  private Map<String, TraceValue> hints() {
    in.take();
    in.expect("(");
    Map<String, TraceValue> out = new LinkedHashMap<>();
    do {
      TraceqlToken name = in.take();
      if (name.kind() != TraceqlToken.Kind.WORD) {
        throw in.unexpected(name, "expected the name of a hint");
      }
      in.expect("=");
      TraceqlToken at = in.peek();
      if (!(fields.expression() instanceof FieldExpr.Static s)) {
        throw in.unexpected(at, "expected a literal as the value of the hint " + name.text());
      }
      out.put(name.text(), s.value());
    } while (in.accept(","));
    in.expect(")");
    return out;
  }

  private Term pipeline(boolean inParentheses) {
    Term first = element(true);
    if (first instanceof Term.OfMetric m) {
      return new Term.OfMetric(metrics.secondStages(m.metric()));
    }
    if (!(first instanceof Term.OfStage s)) {
      return first;
    }
    List<Stage> stages = new ArrayList<>();
    stages.add(s.stage());
    while (in.peek().is("|")) {
      in.take();
      in.countOperator();
      Stage.Pipeline before = new Stage.Pipeline(stages);
      Metric m = metrics.firstStage(before);
      if (m != null) {
        return new Term.OfMetric(metrics.secondStages(m));
      }
      TraceqlToken at = in.peek();
      switch (element(false)) {
        case Term.OfStage e -> stages.add(e.stage());
        case Term.OfScalar(Scalar.Aggregate a) when inParentheses && in.peek().is(")") -> {
          return new Term.OfScalar(new Scalar.OfPipeline(before, a));
        }
        case Term.OfScalar _ -> throw in.unexpected("expected a comparison after an aggregate");
        default -> throw in.error(at, "this part cannot be a stage of a pipeline");
      }
    }
    Stage only = stages.getFirst();
    boolean alone = stages.size() == 1 && (only instanceof Stage.Spanset || isFilter(only));
    return new Term.OfStage(alone ? only : new Stage.Pipeline(stages));
  }

  private static boolean isFilter(Stage s) {
    return s instanceof Stage.ScalarFilter;
  }

  private Term element(boolean first) {
    TraceqlToken t = in.peek();
    if (t.kind() == TraceqlToken.Kind.WORD && in.peekSecond().is("(")) {
      switch (t.text()) {
        case "by" -> {
          in.take();
          in.take();
          FieldExpr e = fields.expression();
          in.expect(")");
          return new Term.OfStage(new Stage.GroupBy(e));
        }
        case "coalesce" -> {
          if (first) {
            throw in.unexpected("coalesce() joins spansets and cannot come first");
          }
          in.take();
          in.take();
          in.expect(")");
          return new Term.OfStage(new Stage.Coalesce());
        }
        case "select" -> {
          in.take();
          in.take();
          List<FieldExpr> selected = new ArrayList<>();
          do {
            in.countOperator();
            selected.add(fields.field());
          } while (in.accept(","));
          in.expect(")");
          return new Term.OfStage(new Stage.Select(selected));
        }
        default -> {
          // an aggregate
        }
      }
    }
    return binary(1);
  }

  private Term binary(int min) {
    Term left = primary();
    while (true) {
      TraceqlToken t = in.peek();
      int level = level(t);
      if (level < min) {
        return left;
      }
      if (!takes(left, t)) {
        return left; // what follows reports the operator
      }
      in.take();
      in.countOperator();
      TraceqlToken rightToken = in.peek();
      Term right = binary(t.is("^") ? level : level + 1);
      left = join(t, left, rightToken, right);
    }
  }

  /** Returns the precedence of an operator; 0 for other tokens. */
  private static int level(TraceqlToken t) {
    if (t.kind() != TraceqlToken.Kind.SYMBOL) {
      return 0;
    }
    return switch (t.text()) {
      case "&&", "||" -> 1;
      case "+", "-" -> 3;
      case "*", "/", "%" -> 5;
      case "^" -> 6;
      case "{", "}", "(", ")", ",", "|", "!", "=~" -> 0;
      default -> 2;
    };
  }

  private static boolean takes(Term left, TraceqlToken operator) {
    Operator op = operator(operator.text());
    return switch (left) {
      case Term.OfStage s ->
          s.stage() instanceof Stage.Spanset && spansetOperator(operator.text()) != null;
      case Term.OfScalar _ -> op != null && !op.isLogical();
      case Term.OfMetric _ ->
          op != null && !op.isLogical() && op != Operator.MODULO && op != Operator.POWER;
      case Term.OfComparison _ -> false;
    };
  }

  private static @Nullable SpansetOperator spansetOperator(String text) {
    for (SpansetOperator op : SpansetOperator.values()) {
      if (op.text().equals(text)) {
        return op;
      }
    }
    return null;
  }

  private static @Nullable Operator operator(String text) {
    for (Operator op : Operator.values()) {
      if (op != Operator.NOT && !op.isPattern() && op.text().equals(text)) {
        return op;
      }
    }
    return null;
  }

  private Term join(TraceqlToken operator, Term left, TraceqlToken rightToken, Term right) {
    String text = operator.text();
    if (left instanceof Term.OfStage(Stage.Spanset l)) {
      if (!(right instanceof Term.OfStage(Stage.Spanset r))) {
        throw in.unexpected(rightToken, "expected { or ( with a spanset after " + text);
      }
      in.countSpansetOperator();
      return new Term.OfStage(
          new Stage.Operation(Objects.requireNonNull(spansetOperator(text)), l, r));
    }
    Operator op = Objects.requireNonNull(operator(text));
    if (left instanceof Term.OfScalar(Scalar l) && right instanceof Term.OfScalar(Scalar r)) {
      return joinScalars(op, operator, l, r);
    }
    Metric l = metric(left);
    Metric r = metric(right);
    if (l == null || r == null || l instanceof Metric.Number && r instanceof Metric.Number) {
      throw in.unexpected(rightToken, "operands of " + text + " must be of one kind");
    }
    if (op.isComparison()) {
      if (!(r instanceof Metric.Number n)) {
        throw in.unexpected(rightToken, "metrics can only be compared with a number");
      }
      return new Term.OfMetric(new Metric.Threshold(l, op, n.value()));
    }
    for (Metric side : new Metric[] {l, r}) {
      if (side instanceof Metric.Number n && n.value() instanceof TraceValue.Duration) {
        throw in.error(operator, "a duration cannot be an operand of metrics arithmetic");
      }
    }
    if (op == Operator.MODULO || op == Operator.POWER) {
      throw in.unexpected(operator, "metrics support only the operators + - * /");
    }
    return new Term.OfMetric(new Metric.Arithmetic(op, l, r));
  }

  private static @Nullable Metric metric(Term t) {
    return switch (t) {
      case Term.OfMetric m -> m.metric();
      case Term.OfScalar(Scalar.Static s) -> new Metric.Number(s.value());
      default -> null;
    };
  }

  private Term joinScalars(Operator op, TraceqlToken at, Scalar l, Scalar r) {
    boolean constant = Constants.isConstant(l) && Constants.isConstant(r);
    if (op.isComparison()) {
      if (constant) {
        throw in.unexpected(at, "a comparison needs an aggregate");
      }
      return ofPipelines(l) || ofPipelines(r)
          ? new Term.OfComparison(new Root.ScalarComparison(l, op, r))
          : new Term.OfStage(new Stage.ScalarFilter(l, op, r));
    }
    // a computed duration is not an operand of metrics: it remains arithmetic
    if (l instanceof Scalar.Static(TraceValue a)
        && r instanceof Scalar.Static(TraceValue b)
        && a.type() != ValueType.DURATION
        && b.type() != ValueType.DURATION) {
      return new Term.OfScalar(new Scalar.Static(Constants.arithmetic(op, a, b)));
    }
    return new Term.OfScalar(new Scalar.Arithmetic(op, l, r));
  }

  private static boolean ofPipelines(Scalar s) {
    return switch (s) {
      case Scalar.OfPipeline _ -> true;
      case Scalar.Arithmetic a -> ofPipelines(a.left()) || ofPipelines(a.right());
      default -> false;
    };
  }

  private Term primary() {
    TraceqlToken t = in.peek();
    if (t.is("{")) {
      return new Term.OfStage(filter(in, fields));
    }
    if (in.accept("(")) {
      in.enter();
      Term inner = pipeline(true);
      if (!in.peek().is(")")) {
        throw in.unexpected("expected ) or |");
      }
      in.take();
      in.leave();
      return inner;
    }
    if (t.is("-") || t.kind() == TraceqlToken.Kind.LITERAL) {
      return new Term.OfScalar(new Scalar.Static(metrics.literal()));
    }
    if (t.kind() == TraceqlToken.Kind.WORD) {
      for (Scalar.Function f : Scalar.Function.values()) {
        if (f.text().equals(t.text())) {
          return new Term.OfScalar(aggregate(f));
        }
      }
    }
    throw in.unexpected("");
  }

  /** Parses a filter in braces. */
  static Stage.Filter filter(TraceqlTokenReader in, FieldParser fields) {
    in.expect("{");
    if (in.accept("}")) {
      return new Stage.Filter(FieldExpr.TRUE);
    }
    FieldExpr e = fields.expression();
    if (!in.peek().is("}")) {
      throw in.unexpected(in.peek().kind() == TraceqlToken.Kind.END ? "expected }" : "");
    }
    in.take();
    return new Stage.Filter(e);
  }

  private Scalar.Aggregate aggregate(Scalar.Function f) {
    in.take();
    in.expect("(");
    FieldExpr of = f == Scalar.Function.COUNT ? null : fields.expression();
    in.expect(")");
    return new Scalar.Aggregate(f, of);
  }
}
