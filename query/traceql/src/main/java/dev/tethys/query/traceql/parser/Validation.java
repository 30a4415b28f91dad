package dev.tethys.query.traceql.parser;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import dev.tethys.query.traceql.ast.Metric;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.Root;
import dev.tethys.query.traceql.ast.Scalar;
import dev.tethys.query.traceql.ast.Stage;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import dev.tethys.query.traceql.parser.TraceqlParseException.Kind;

/** Checks the types of a query and rejects the forms that TraceQL defines without an execution. */
public final class Validation {
  /** Maximum number of values that {@code compare} keeps of an attribute. */
  public static final int MAX_TOP = 1000;

  private Validation() {}

  /**
   * Checks a query.
   *
   * @throws TraceqlParseException if types do not fit or a form is not supported
   */
  public static void check(Root root) {
    switch (root) {
      case Root.Search s -> stages(s.pipeline());
      case Root.ScalarComparison c -> {
        scalar(c.left());
        scalar(c.right());
        throw unsupported("comparison of aggregates of two pipelines");
      }
      case Root.Metrics m -> metric(m.metric());
    }
  }

  private static void stages(Stage.Pipeline p) {
    p.stages().forEach(Validation::stage);
  }

  private static void stage(Stage stage) {
    switch (stage) {
      case Stage.Filter f -> filter(f);
      case Stage.Operation o -> {
        stage(o.left());
        stage(o.right());
      }
      case Stage.Pipeline p -> stages(p);
      case Stage.ScalarFilter f -> scalarFilter(f);
      case Stage.GroupBy g -> {
        type(g.expression());
        if (!readsSpan(g.expression())) {
          throw invalid("by(" + g.expression().text() + ") groups by a constant, expected a field");
        }
      }
      case Stage.Coalesce _ -> {}
      case Stage.Select s -> s.fields().forEach(Validation::type);
    }
  }

  private static void filter(Stage.Filter f) {
    ValueType t = type(f.expression());
    if (t != ValueType.BOOL && t != ValueType.ATTRIBUTE) {
      throw invalid(
          "filter { "
              + f.expression().text()
              + " } is of type "
              + t.label()
              + ", expected boolean");
    }
  }

  private static void scalarFilter(Stage.ScalarFilter f) {
    ValueType l = scalar(f.left());
    ValueType r = scalar(f.right());
    if (!l.fits(r)) {
      throw invalid("comparison of " + l.label() + " with " + r.label());
    }
    if (!(f.left() instanceof Scalar.Aggregate) || !Constants.isConstant(f.right())) {
      throw unsupported(
          "arithmetic of aggregates and comparisons other than of an aggregate with a number");
    }
  }

  private static ValueType scalar(Scalar s) {
    return switch (s) {
      case Scalar.Static c -> c.value().type();
      case Scalar.Aggregate a -> aggregate(a);
      case Scalar.Arithmetic a -> {
        ValueType l = scalar(a.left());
        ValueType r = scalar(a.right());
        yield l == ValueType.INT ? r : l;
      }
      case Scalar.OfPipeline p -> {
        stages(p.pipeline());
        yield aggregate(p.aggregate());
      }
    };
  }

  private static ValueType aggregate(Scalar.Aggregate a) {
    FieldExpr of = a.of();
    if (of == null) {
      return ValueType.INT;
    }
    ValueType t = type(of);
    if (!t.isNumeric() && t != ValueType.ATTRIBUTE) {
      throw invalid(a.text() + " is over values of type " + t.label() + ", expected numbers");
    }
    if (!readsSpan(of)) {
      throw invalid(a.text() + " is over a constant, expected a field of the span");
    }
    return t;
  }

  private static boolean readsSpan(FieldExpr e) {
    return switch (e) {
      case FieldExpr.Static _ -> false;
      case FieldExpr.Attribute _, FieldExpr.Field _ -> true;
      case FieldExpr.Binary b -> readsSpan(b.left()) || readsSpan(b.right());
      case FieldExpr.Unary u -> readsSpan(u.operand());
    };
  }

  private static ValueType type(FieldExpr e) {
    return switch (e) {
      case FieldExpr.Static s -> s.value().type();
      case FieldExpr.Attribute a -> {
        if (a.ofParent()) {
          throw unsupported("attribute of the parent " + a.text());
        }
        yield ValueType.ATTRIBUTE;
      }
      case FieldExpr.Field f -> {
        if (f.intrinsic() == Intrinsic.PARENT) {
          throw unsupported("the field parent");
        }
        yield f.intrinsic().type();
      }
      case FieldExpr.Unary u -> unary(u);
      case FieldExpr.Binary b -> binary(b);
    };
  }

  private static ValueType unary(FieldExpr.Unary u) {
    ValueType t = type(u.operand());
    boolean not = u.operator() == Operator.NOT;
    if (t != ValueType.ATTRIBUTE && (not ? t != ValueType.BOOL : !t.isNumeric())) {
      throw invalid(
          u.operator().text()
              + " of type "
              + t.label()
              + " in "
              + u.text()
              + ", expected "
              + (not ? "boolean" : "a number"));
    }
    return not ? ValueType.BOOL : t;
  }

  private static ValueType binary(FieldExpr.Binary b) {
    ValueType l = type(b.left());
    ValueType r = type(b.right());
    Operator op = b.operator();
    if (l == ValueType.NIL || r == ValueType.NIL) {
      return nil(b, op, l, r);
    }
    if (!l.fits(r)) {
      throw invalid("types " + l.label() + " and " + r.label() + " do not fit in " + b.text());
    }
    for (ValueType t : new ValueType[] {l, r}) {
      if (!op.takes(t)) {
        throw invalid(
            "operator " + op.text() + " does not take type " + t.label() + " in " + b.text());
      }
    }
    if (op.isPattern()) {
      pattern(b);
    }
    return op.isComparison() || op.isLogical() ? ValueType.BOOL : arithmetic(l, r);
  }

  private static ValueType arithmetic(ValueType l, ValueType r) {
    if (l == ValueType.ATTRIBUTE || r == ValueType.ATTRIBUTE) {
      return l == ValueType.ATTRIBUTE ? r : l;
    }
    return l == ValueType.DURATION || r == ValueType.DURATION
        ? ValueType.DURATION
        : l == ValueType.FLOAT || r == ValueType.FLOAT ? ValueType.FLOAT : l;
  }

  private static ValueType nil(FieldExpr.Binary b, Operator op, ValueType l, ValueType r) {
    if (op != Operator.EQUAL && op != Operator.NOT_EQUAL) {
      throw invalid("operator " + op.text() + " does not take nil in " + b.text());
    }
    FieldExpr other = l == ValueType.NIL ? b.right() : b.left();
    boolean always =
        op == Operator.EQUAL
            && (other instanceof FieldExpr.Field
                || other instanceof FieldExpr.Attribute a
                    && a.text().equals("resource.service.name"));
    boolean constant = other instanceof FieldExpr.Static s && s.value() != TraceValue.NIL;
    if (always || constant) {
      throw invalid(other.text() + " is never nil in " + b.text());
    }
    return ValueType.BOOL;
  }

  private static void pattern(FieldExpr.Binary b) {
    if (!(b.right() instanceof FieldExpr.Static(TraceValue.Text text))) {
      throw invalid(
          "pattern of " + b.operator().text() + " is " + b.right().text() + ", expected a string");
    }
    try {
      Regex.whole(text.value());
    } catch (RegexSyntaxException e) {
      throw invalid("pattern " + text.literal() + " is not valid: " + e.getMessage());
    }
  }

  private static void metric(Metric m) {
    switch (m) {
      case Metric.Query q -> query(q);
      case Metric.Top t -> {
        metric(t.of());
        noCompare(t.of(), t.highest() ? "topk" : "bottomk");
        if (t.count() <= 0) {
          throw invalid(
              (t.highest() ? "topk(" : "bottomk(") + t.count() + "), expected at least 1");
        }
      }
      case Metric.Threshold t -> {
        metric(t.of());
        noCompare(t.of(), t.operator().text());
      }
      case Metric.Arithmetic a -> {
        metric(a.left());
        metric(a.right());
        noCompare(a.left(), a.operator().text());
        noCompare(a.right(), a.operator().text());
      }
      case Metric.Number _ -> {}
    }
  }

  private static void noCompare(Metric m, String operator) {
    if (m instanceof Metric.Query q && q.comparison() != null) {
      throw invalid("compare() cannot be an operand of " + operator);
    }
  }

  private static void query(Metric.Query q) {
    stages(q.pipeline());
    q.by().forEach(Validation::type);
    FieldExpr value = q.value();
    if (value != null) {
      ValueType t = type(value);
      if (!t.isNumeric() && t != ValueType.ATTRIBUTE) {
        throw invalid(
            q.function().text()
                + "("
                + value.text()
                + ") is over values of type "
                + t.label()
                + ", expected numbers");
      }
    }
    Metric.Comparison c = q.comparison();
    if (c != null) {
      filter(c.selection());
      if (c.top() <= 0 || c.top() > MAX_TOP) {
        throw invalid("number of values of compare is " + c.top() + ", expected 1 to " + MAX_TOP);
      }
      if (c.start() != 0 || c.end() != 0) {
        if (c.start() <= 0 || c.end() <= c.start()) {
          throw invalid(
              "time range of compare is "
                  + c.start()
                  + " to "
                  + c.end()
                  + ", expected a start above 0 and an end after it");
        }
      }
    }
  }

  private static TraceqlParseException invalid(String reason) {
    return new TraceqlParseException(Kind.INVALID, 0, 0, reason);
  }

  private static TraceqlParseException unsupported(String what) {
    return new TraceqlParseException(Kind.UNSUPPORTED, 0, 0, what + " is not supported");
  }
}
