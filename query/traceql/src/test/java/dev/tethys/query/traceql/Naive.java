package dev.tethys.query.traceql;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.Scalar;
import dev.tethys.query.traceql.ast.SpansetOperator;
import dev.tethys.query.traceql.ast.Stage;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Evaluation of pipelines over trees of spans by the definitions, one span at a time. */
final class Naive {
  /** A span with its resource. */
  record Row(ResourceGroup<Span> resource, Span span) {}

  /** Spans of a trace with the values of {@code by} and aggregates. */
  record Set(List<Row> rows, List<String> attributes) {}

  private final List<Row> trace;
  private final Map<Row, Row> parents = new HashMap<>();

  private Naive(List<Row> trace) {
    this.trace = trace;
    trace.sort(
        Comparator.comparingLong((Row r) -> r.span.startTimeUnixNano())
            .thenComparing(r -> r.span.spanId(), Long::compareUnsigned)
            .thenComparing(r -> r.span.parentSpanId(), Long::compareUnsigned)
            .thenComparingLong(Naive::duration));
    for (Row r : trace) {
      Row best = null;
      for (Row o : trace) {
        if (o.span.spanId() == r.span.parentSpanId()
            && r.span.parentSpanId() != 0
            && (best == null || o.span.kind() == 2 && best.span.kind() != 2)) {
          best = o;
        }
      }
      if (best != null && best != r) {
        parents.put(r, best);
      }
    }
    for (Row r : trace) { // the first span of a cycle has no parent
      Row up = parents.get(r);
      for (int i = 0; i <= trace.size() && up != null && up != r; i++) {
        up = parents.get(up);
      }
      if (up == r) {
        parents.remove(r);
      }
    }
  }

  /** Traces of a tree by their ids. */
  static TreeMap<Long, Naive> traces(TracesData data) {
    TreeMap<Long, List<Row>> rows = new TreeMap<>();
    for (ResourceGroup<Span> r : data.resources()) {
      r.scopes()
          .forEach(
              s ->
                  s.items()
                      .forEach(
                          i ->
                              rows.computeIfAbsent(i.traceIdLow(), k -> new ArrayList<>())
                                  .add(new Row(r, i))));
    }
    TreeMap<Long, Naive> out = new TreeMap<>();
    rows.forEach((k, v) -> out.put(k, new Naive(v)));
    return out;
  }

  List<Set> evaluate(Stage.Pipeline p, long from, long to) {
    List<Row> rows =
        trace.stream()
            .filter(r -> r.span.startTimeUnixNano() >= from && r.span.startTimeUnixNano() < to)
            .toList();
    return rows.isEmpty() ? List.of() : pipeline(p, List.of(new Set(rows, List.of())));
  }

  private List<Set> pipeline(Stage.Pipeline p, List<Set> in) {
    List<Set> sets = in;
    for (Stage s : p.stages()) {
      List<Set> next = new ArrayList<>();
      for (Set set : sets) {
        switch (s) {
          case Stage.Spanset e -> next.add(new Set(spanset(e, set.rows), set.attributes));
          case Stage.ScalarFilter f -> scalar(f, set, next);
          case Stage.GroupBy g -> group(g, set, next);
          case Stage.Coalesce _ -> next.add(new Set(set.rows, List.of()));
          case Stage.Select _ -> next.add(set);
        }
      }
      if (s instanceof Stage.Coalesce && next.size() > 1) {
        List<Row> all =
            trace.stream().filter(r -> next.stream().anyMatch(n -> n.rows.contains(r))).toList();
        sets = List.of(new Set(all, List.of()));
      } else {
        sets = next;
      }
      sets = sets.stream().filter(n -> !n.rows.isEmpty()).toList();
    }
    return sets;
  }

  private static void scalar(Stage.ScalarFilter f, Set set, List<Set> out) {
    Scalar.Aggregate a = (Scalar.Aggregate) f.left();
    double limit = ((Scalar.Static) f.right()).value().number();
    List<Double> values = new ArrayList<>();
    for (Row r : set.rows) {
      if (a.of() == null) {
        values.add(1.0);
      } else if (a.of() instanceof FieldExpr.Field) { // duration
        values.add((double) duration(r));
      }
    }
    double v =
        switch (a.function()) {
          case COUNT, SUM -> values.stream().mapToDouble(d -> d).sum();
          case MIN -> values.stream().mapToDouble(d -> d).min().orElse(Double.NaN);
          case MAX -> values.stream().mapToDouble(d -> d).max().orElse(Double.NaN);
          case AVG -> Math.round(values.stream().mapToDouble(d -> d).average().orElse(Double.NaN));
        };
    if (f.operator().holds(v, limit)) {
      List<String> attributes = new ArrayList<>(set.attributes);
      attributes.add(a.text() + "=" + (long) v);
      out.add(new Set(set.rows, attributes));
    }
  }

  private void group(Stage.GroupBy g, Set set, List<Set> out) {
    Map<TraceValue, List<Row>> groups = new LinkedHashMap<>();
    for (Row r : set.rows) {
      List<TraceValue> v = values(g.expression(), r);
      TraceValue key =
          v.isEmpty() ? TraceValue.NIL : v.size() == 1 ? v.getFirst() : new TraceValue.Items(v);
      groups.computeIfAbsent(key, k -> new ArrayList<>()).add(r);
    }
    groups.forEach(
        (k, rows) -> {
          List<String> attributes = new ArrayList<>(set.attributes);
          attributes.add("by(" + g.expression().text() + ")=" + k.text());
          out.add(new Set(rows, attributes));
        });
  }

  private List<Row> spanset(Stage.Spanset e, List<Row> in) {
    return switch (e) {
      case Stage.Filter f -> in.stream().filter(r -> truth(f.expression(), r)).toList();
      case Stage.Pipeline p -> {
        List<Set> sets = pipeline(p, List.of(new Set(in, List.of())));
        yield in.stream().filter(r -> sets.stream().anyMatch(s -> s.rows.contains(r))).toList();
      }
      case Stage.Operation o -> {
        List<Row> l = spanset(o.left(), in);
        List<Row> r = spanset(o.right(), in);
        SpansetOperator op = o.operator();
        yield switch (op) {
          case AND -> l.isEmpty() || r.isEmpty() ? List.of() : union(in, l, r);
          case OR -> union(in, l, r);
          default -> {
            List<Row> right =
                r.stream()
                    .filter(
                        x ->
                            l.stream()
                                    .anyMatch(
                                        y -> related(Objects.requireNonNull(op.relation()), x, y))
                                != op.isNegated())
                    .toList();
            yield op.isUnion()
                ? union(
                    in,
                    right,
                    l.stream()
                        .filter(
                            y ->
                                r.stream()
                                    .anyMatch(
                                        x -> related(Objects.requireNonNull(op.relation()), x, y)))
                        .toList())
                : right;
          }
        };
      }
    };
  }

  private static List<Row> union(List<Row> order, List<Row> a, List<Row> b) {
    return order.stream().filter(x -> has(a, x) || has(b, x)).toList();
  }

  private static boolean has(List<Row> rows, Row r) {
    return rows.stream().anyMatch(x -> x == r);
  }

  private boolean related(SpansetOperator.Relation relation, Row x, Row y) {
    return switch (relation) {
      case CHILD -> parents.get(x) == y;
      case PARENT -> parents.get(y) == x;
      case DESCENDANT -> below(x, y);
      case ANCESTOR -> below(y, x);
      case SIBLING -> x != y && parents.get(x) != null && parents.get(x) == parents.get(y);
    };
  }

  private boolean below(Row x, Row y) {
    for (Row up = parents.get(x); up != null; up = parents.get(up)) {
      if (up == y) {
        return true;
      }
    }
    return false;
  }

  boolean truth(FieldExpr e, Row r) {
    return switch (e) {
      case FieldExpr.Static s -> s.value().equals(TraceValue.TRUE);
      case FieldExpr.Attribute _ -> values(e, r).stream().anyMatch(v -> v.equals(TraceValue.TRUE));
      case FieldExpr.Field _ -> false;
      case FieldExpr.Unary u ->
          u.operator() == Operator.NOT
              && (u.operand() instanceof FieldExpr.Attribute
                  ? values(u.operand(), r).stream().anyMatch(v -> v.equals(TraceValue.FALSE))
                  : !truth(u.operand(), r));
      case FieldExpr.Binary b -> binary(b, r);
    };
  }

  private boolean binary(FieldExpr.Binary b, Row r) {
    Operator op = b.operator();
    if (op == Operator.AND) {
      return truth(b.left(), r) && truth(b.right(), r);
    }
    if (op == Operator.OR) {
      return truth(b.left(), r) || truth(b.right(), r);
    }
    if (b.left() instanceof FieldExpr.Static && !op.isPattern()) {
      return binary(new FieldExpr.Binary(op.flipped(), b.right(), b.left()), r);
    }
    List<TraceValue> left = values(b.left(), r);
    List<TraceValue> right = values(b.right(), r);
    boolean nil = b.right() instanceof FieldExpr.Static s && s.value().type() == ValueType.NIL;
    if (nil) {
      return left.isEmpty() == (op == Operator.EQUAL);
    }
    if (!(b.right() instanceof FieldExpr.Static) && (left.size() > 1 || right.size() > 1)) {
      return false; // arrays compare with literals only
    }
    boolean some = false;
    boolean none = true;
    for (TraceValue x : left) {
      for (TraceValue y : right) {
        Boolean c = compare(op, x, y);
        some |= Boolean.TRUE.equals(c);
        none &= !Boolean.FALSE.equals(c);
      }
    }
    boolean negative = op == Operator.NOT_EQUAL || op == Operator.NOT_MATCHES;
    boolean repeated = b.left() instanceof FieldExpr.Attribute a && a.field().scope().isRepeated();
    return some && (none || !negative || repeated);
  }

  private static @Nullable Boolean compare(Operator op, TraceValue x, TraceValue y) {
    if (!x.type().fits(y.type()) || !op.takes(x.type())) {
      return null;
    }
    if (op.isPattern()) {
      return Regex.whole(y.text()).matches(x.text()) == (op == Operator.MATCHES);
    }
    return switch (x.type()) {
      case STRING -> op.holds(x.text().compareTo(y.text()));
      case INT, FLOAT, DURATION -> op.holds(x.number(), y.number());
      default -> x.equals(y) == (op == Operator.EQUAL);
    };
  }

  private static long duration(Row r) {
    return Math.max(0, r.span.endTimeUnixNano() - r.span.startTimeUnixNano());
  }

  /** Values of an operand. */
  List<TraceValue> values(FieldExpr e, Row r) {
    return switch (e) {
      case FieldExpr.Static s -> List.of(s.value());
      case FieldExpr.Attribute a ->
          switch (a.scope()) {
            case SPAN_ATTRIBUTE -> attribute(r.span.attributes(), a.name());
            case RESOURCE_ATTRIBUTE -> attribute(r.resource.resource().attributes(), a.name());
            case EVENT_ATTRIBUTE -> {
              List<TraceValue> out = new ArrayList<>();
              for (SpanEvent v : r.span.events()) {
                out.addAll(attribute(v.attributes(), a.name()));
              }
              yield out;
            }
            default ->
                attribute(
                    r.span.attributes().contains(a.name())
                        ? r.span.attributes()
                        : r.resource.resource().attributes(),
                    a.name());
          };
      case FieldExpr.Field f -> List.copyOf(field(f, r));
      case FieldExpr.Unary _ -> List.of();
      case FieldExpr.Binary b -> {
        List<TraceValue> x = values(b.left(), r);
        List<TraceValue> y = values(b.right(), r);
        boolean one = x.size() == 1 && y.size() == 1;
        yield one && x.getFirst().type().isNumeric() && y.getFirst().type().isNumeric()
            ? List.of(
                dev.tethys.query.traceql.parser.Constants.arithmetic(
                    b.operator(), x.getFirst(), y.getFirst()))
            : List.of();
      }
    };
  }

  private List<TraceValue> field(FieldExpr.Field f, Row r) {
    Row root = trace.stream().filter(x -> x.span.parentSpanId() == 0).findFirst().orElse(null);
    return switch (f.intrinsic()) {
      case DURATION -> List.of(new TraceValue.Duration(duration(r)));
      case NAME -> List.of(new TraceValue.Text(r.span.name()));
      case STATUS -> List.of(new TraceValue.Status(r.span.statusCode()));
      case KIND -> List.of(new TraceValue.Kind(r.span.kind()));
      case ROOT_NAME -> root == null ? List.of() : List.of(new TraceValue.Text(root.span.name()));
      case TRACE_DURATION -> {
        long start = trace.getFirst().span.startTimeUnixNano();
        long end =
            trace.stream().mapToLong(x -> x.span.startTimeUnixNano() + duration(x)).max().orElse(0);
        yield List.of(new TraceValue.Duration(end - start));
      }
      case CHILD_COUNT ->
          List.of(new TraceValue.Int(trace.stream().filter(x -> parents.get(x) == r).count()));
      case NESTED_SET_PARENT -> {
        if (r.span.parentSpanId() == 0) {
          yield List.of(new TraceValue.Int(-1));
        }
        // the number itself is not defined, only whether there is a parent in the trace
        yield List.of(new TraceValue.Int(parents.containsKey(r) ? 1 : 0));
      }
      default -> throw new IllegalArgumentException(f.text());
    };
  }

  private static List<TraceValue> attribute(Attributes attributes, String key) {
    Object v = attributes.get(key);
    List<TraceValue> out = new ArrayList<>();
    if (v instanceof ArrayValue a) {
      for (int i = 0; i < a.size(); i++) {
        out.add(value(Objects.requireNonNull(a.get(i))));
      }
    } else if (v != null) {
      out.add(value(v));
    }
    return out;
  }

  private static TraceValue value(Object v) {
    return switch (v) {
      case Long l -> new TraceValue.Int(l);
      case Double d -> new TraceValue.Real(d);
      case Boolean b -> b ? TraceValue.TRUE : TraceValue.FALSE;
      default -> new TraceValue.Text(String.valueOf(v));
    };
  }
}
