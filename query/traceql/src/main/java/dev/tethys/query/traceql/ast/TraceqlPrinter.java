package dev.tethys.query.traceql.ast;

import dev.tethys.model.GoFloat;
import dev.tethys.model.traces.SpanField;
import java.util.Map;
import java.util.StringJoiner;

/** Printed form of trees, which parses to the same tree. The layout is Tempo's. */
public final class TraceqlPrinter {
  private static final String NAME_ENDS = " \t\n\r\u000b\f{}()=~!<>&|^,\"\\";

  private TraceqlPrinter() {}

  /** Returns the text of a query without its hints. */
  public static String root(Root root) {
    return switch (root) {
      case Root.Search s -> pipeline(s.pipeline());
      case Root.ScalarComparison c ->
          scalar(c.left()) + " " + c.operator().text() + " " + scalar(c.right());
      case Root.Metrics m -> metric(m.metric());
    };
  }

  /** Hints after the word {@code with}; empty if there are none. */
  public static String hints(Map<String, TraceValue> hints) {
    if (hints.isEmpty()) {
      return "";
    }
    StringJoiner sj = new StringJoiner(", ", " with(", ")");
    hints.forEach((k, v) -> sj.add(k + "=" + v.literal()));
    return sj.toString();
  }

  private static String pipeline(Stage.Pipeline p) {
    StringJoiner sj = new StringJoiner("|");
    for (Stage s : p.stages()) {
      sj.add(stage(s));
    }
    return sj.toString();
  }

  private static String stage(Stage stage) {
    return switch (stage) {
      case Stage.Filter f -> "{ " + field(f.expression()) + " }";
      case Stage.Operation o ->
          operand(o.left()) + " " + o.operator().text() + " " + operand(o.right());
      case Stage.Pipeline p -> "(" + pipeline(p) + ")";
      case Stage.ScalarFilter f ->
          wrapped(f.left()) + " " + f.operator().text() + " " + wrapped(f.right());
      case Stage.GroupBy g -> "by(" + field(g.expression()) + ")";
      case Stage.Coalesce _ -> "coalesce()";
      case Stage.Select s -> {
        StringJoiner sj = new StringJoiner(", ", "select(", ")");
        s.fields().forEach(f -> sj.add(field(f)));
        yield sj.toString();
      }
    };
  }

  private static String operand(Stage.Spanset s) {
    return s instanceof Stage.Pipeline ? stage(s) : "(" + stage(s) + ")";
  }

  /** Formats a scalar. */
  static String scalar(Scalar scalar) {
    return switch (scalar) {
      case Scalar.Aggregate a ->
          a.function().text() + "(" + (a.of() == null ? "" : field(a.of())) + ")";
      case Scalar.Static s -> s.value().literal();
      case Scalar.Arithmetic a ->
          wrapped(a.left()) + " " + a.operator().text() + " " + wrapped(a.right());
      case Scalar.OfPipeline p -> "(" + pipeline(p.pipeline()) + "|" + scalar(p.aggregate()) + ")";
    };
  }

  private static String wrapped(Scalar s) {
    return s instanceof Scalar.Static || s instanceof Scalar.OfPipeline
        ? scalar(s)
        : "(" + scalar(s) + ")";
  }

  /** Formats a field expression. */
  static String field(FieldExpr e) {
    return switch (e) {
      case FieldExpr.Static s -> s.value().literal();
      case FieldExpr.Attribute a -> prefix(a) + name(a.name());
      case FieldExpr.Field f -> f.intrinsic().text();
      case FieldExpr.Binary b ->
          nested(b.left()) + " " + b.operator().text() + " " + nested(b.right());
      case FieldExpr.Unary u -> u.operator().text() + nested(u.operand());
    };
  }

  private static String nested(FieldExpr e) {
    return e instanceof FieldExpr.Binary || e instanceof FieldExpr.Unary
        ? "(" + field(e) + ")"
        : field(e);
  }

  private static String prefix(FieldExpr.Attribute a) {
    String scope = scope(a.scope());
    return a.ofParent() ? "parent" + (scope.equals(".") ? "." : "." + scope) : scope;
  }

  /** Returns the prefix of attributes of a scope. */
  public static String scope(SpanField.Scope scope) {
    return switch (scope) {
      case SPAN_ATTRIBUTE -> "span.";
      case RESOURCE_ATTRIBUTE -> "resource.";
      case EVENT_ATTRIBUTE -> "event.";
      case LINK_ATTRIBUTE -> "link.";
      case SCOPE_ATTRIBUTE -> "instrumentation.";
      default -> ".";
    };
  }

  /** Formats an attribute name, quoted if a query requires it. */
  static String name(String name) {
    boolean plain = !name.isEmpty() && !(name.charAt(0) >= '0' && name.charAt(0) <= '9');
    for (int i = 0; i < name.length() && plain; i++) {
      char c = name.charAt(i);
      plain = NAME_ENDS.indexOf(c) < 0 && !Character.isWhitespace(c);
    }
    return plain ? name : '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String metric(Metric m) {
    return switch (m) {
      case Metric.Query q -> query(q);
      case Metric.Top t ->
          side(t.of()) + " | " + (t.highest() ? "topk(" : "bottomk(") + t.count() + ")";
      case Metric.Threshold t -> side(t.of()) + " " + t.operator().text() + " " + number(t.value());
      case Metric.Arithmetic a ->
          inParentheses(a.left()) + " " + a.operator().text() + " " + inParentheses(a.right());
      case Metric.Number n -> number(n.value());
    };
  }

  /** Operand of a second stage: needs no parentheses, since stages bind last. */
  private static String side(Metric m) {
    return metric(m);
  }

  private static String inParentheses(Metric m) {
    return m instanceof Metric.Number ? metric(m) : "(" + metric(m) + ")";
  }

  private static String number(TraceValue v) {
    return v instanceof TraceValue.Duration d ? GoFloat.g(d.nanos() / 1e9) : v.literal();
  }

  private static String query(Metric.Query q) {
    StringBuilder sb = new StringBuilder(pipeline(q.pipeline())).append(" | ");
    sb.append(q.function().text()).append('(');
    if (q.value() != null) {
      sb.append(field(q.value()));
    }
    for (double d : q.quantiles()) {
      sb.append(',').append(GoFloat.format(d, 'f', 5));
    }
    Metric.Comparison c = q.comparison();
    if (c != null) {
      sb.append(stage(c.selection())).append(", ").append(c.top());
      if (c.start() != 0 || c.end() != 0) {
        sb.append(", ").append(c.start()).append(", ").append(c.end());
      }
    }
    sb.append(')');
    if (!q.by().isEmpty()) {
      StringJoiner sj = new StringJoiner(",", "by(", ")");
      q.by().forEach(f -> sj.add(field(f)));
      sb.append(sj);
    }
    return sb.toString();
  }
}
