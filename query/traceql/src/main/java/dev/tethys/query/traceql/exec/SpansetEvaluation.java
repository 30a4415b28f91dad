package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Scalar;
import dev.tethys.query.traceql.ast.SpansetOperator;
import dev.tethys.query.traceql.ast.Stage;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import dev.tethys.query.traceql.parser.Constants;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Evaluation of a pipeline over the traces of a frame. */
final class SpansetEvaluation {
  /**
   * Spans of a trace.
   *
   * @param rows rows of the frame, ascending
   */
  record Spanset(int[] rows, List<NamedValue> attributes) {}

  private final Stage.Pipeline pipeline;
  private final ExecutionColumns slots;
  private final long from;
  private final long to;
  private final Map<Stage.Filter, boolean[]> filters = new IdentityHashMap<>();
  private final Map<FieldExpr, RowValue> values = new IdentityHashMap<>();
  private TraceFrame frame;

  /**
   * @param from first start of spans that filters fit
   * @param to end of the starts, exclusive
   */
  SpansetEvaluation(Stage.Pipeline pipeline, ExecutionColumns slots, long from, long to) {
    this.pipeline = pipeline;
    this.slots = slots;
    this.from = from;
    this.to = to;
    frame = new TraceFrame(slots, TraceFrame.Core.NONE, 0);
    addSlots(pipeline);
  }

  private void addSlots(Stage s) {
    switch (s) {
      case Stage.Filter f -> slots.addAll(f.expression());
      case Stage.Operation o -> {
        addSlots(o.left());
        addSlots(o.right());
      }
      case Stage.Pipeline p -> p.stages().forEach(this::addSlots);
      case Stage.ScalarFilter f -> {
        if (f.left() instanceof Scalar.Aggregate(Scalar.Function _, FieldExpr of) && of != null) {
          slots.addAll(of);
        }
      }
      case Stage.GroupBy g -> slots.addAll(g.expression());
      case Stage.Coalesce _ -> {}
      case Stage.Select c -> c.fields().forEach(slots::addAll);
    }
  }

  /** Sets the frame of traces to evaluate next. */
  void over(TraceFrame f) {
    frame = f;
    filters.clear();
    values.clear();
  }

  private boolean[] filter(Stage.Filter f) {
    return filters.computeIfAbsent(
        f,
        k -> {
          boolean[] out = new boolean[frame.frame.count];
          RowTest.of(ConstantFolding.fold(k.expression()), slots).test(frame.frame, out);
          return out;
        });
  }

  private RowValue value(FieldExpr e) {
    return values.computeIfAbsent(e, k -> RowValue.of(ConstantFolding.fold(k), slots));
  }

  /** Spansets of a trace; empty if it does not fit. */
  List<Spanset> evaluate(int trace) {
    int begin = frame.from(trace);
    int[] rows = new int[frame.to(trace) - begin];
    int n = 0;
    for (int r = begin; r < frame.to(trace); r++) {
      if (frame.starts[r] >= from && frame.starts[r] < to) {
        rows[n++] = r;
      }
    }
    return n == 0
        ? List.of()
        : pipeline(trace, pipeline, List.of(new Spanset(Arrays.copyOf(rows, n), List.of())));
  }

  private List<Spanset> pipeline(int trace, Stage.Pipeline p, List<Spanset> input) {
    List<Spanset> sets = input;
    for (Stage s : p.stages()) {
      sets = stage(trace, s, sets);
      if (sets.isEmpty()) {
        return sets;
      }
    }
    return sets;
  }

  private List<Spanset> stage(int trace, Stage s, List<Spanset> input) {
    return switch (s) {
      case Stage.Spanset e -> {
        List<Spanset> out = new ArrayList<>();
        for (Spanset in : input) {
          int[] rows = spanset(trace, e, in.rows());
          if (rows.length > 0) {
            out.add(new Spanset(rows, in.attributes()));
          }
        }
        yield out;
      }
      case Stage.ScalarFilter f -> scalarFilter(f, input);
      case Stage.GroupBy g -> groupBy(g, input);
      case Stage.Coalesce _ -> {
        int[] all = new int[0];
        for (Spanset in : input) {
          all = union(all, in.rows());
        }
        yield List.of(new Spanset(all, List.of()));
      }
      case Stage.Select _ -> input;
    };
  }

  private int[] spanset(int trace, Stage.Spanset e, int[] input) {
    return switch (e) {
      case Stage.Filter f -> {
        boolean[] fits = filter(f);
        int[] out = new int[input.length];
        int n = 0;
        for (int r : input) {
          if (fits[r]) {
            out[n++] = r;
          }
        }
        yield n == input.length ? input : Arrays.copyOf(out, n);
      }
      case Stage.Pipeline p -> {
        int[] all = new int[0];
        for (Spanset s : pipeline(trace, p, List.of(new Spanset(input, List.of())))) {
          all = union(all, s.rows());
        }
        yield all;
      }
      case Stage.Operation o -> operation(trace, o, input);
    };
  }

  private int[] operation(int trace, Stage.Operation o, int[] input) {
    SpansetOperator op = o.operator();
    int[] left = spanset(trace, o.left(), input);
    int[] right = spanset(trace, o.right(), input);
    if (op == SpansetOperator.OR) {
      return union(left, right);
    }
    if (op == SpansetOperator.AND) {
      return left.length == 0 || right.length == 0 ? new int[0] : union(left, right);
    }
    if (right.length == 0) {
      return right;
    }
    if (left.length == 0) {
      return op.isNegated() ? right : left;
    }
    NestedSets n = frame.nested(trace);
    int base = frame.from(trace);
    int[] l = shifted(left, base);
    int[] r = shifted(right, base);
    SpansetOperator.Relation relation = Objects.requireNonNull(op.relation());
    boolean[] related = Relations.related(n.left, n.right, n.parent, r, l, relation);
    int[] out = kept(right, related, !op.isNegated());
    if (op.isUnion()) {
      boolean[] back =
          Relations.related(n.left, n.right, n.parent, l, r, Relations.inverse(relation));
      out = union(out, kept(left, back, true));
    }
    return out;
  }

  private static int[] shifted(int[] rows, int base) {
    int[] out = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      out[i] = rows[i] - base;
    }
    return out;
  }

  private static int[] kept(int[] rows, boolean[] which, boolean wanted) {
    int[] out = new int[rows.length];
    int n = 0;
    for (int i = 0; i < rows.length; i++) {
      if (which[i] == wanted) {
        out[n++] = rows[i];
      }
    }
    return Arrays.copyOf(out, n);
  }

  static int[] union(int[] a, int[] b) {
    if (a.length == 0 || b.length == 0) {
      return a.length == 0 ? b : a;
    }
    int[] out = new int[a.length + b.length];
    int i = 0;
    int j = 0;
    int n = 0;
    while (i < a.length || j < b.length) {
      int x = i < a.length ? a[i] : Integer.MAX_VALUE;
      int y = j < b.length ? b[j] : Integer.MAX_VALUE;
      out[n++] = Math.min(x, y);
      i += x <= y ? 1 : 0;
      j += y <= x ? 1 : 0;
    }
    return Arrays.copyOf(out, n);
  }

  private List<Spanset> scalarFilter(Stage.ScalarFilter f, List<Spanset> input) {
    Scalar.Aggregate a = (Scalar.Aggregate) f.left();
    TraceValue limit = Constants.value(f.right());
    List<Spanset> out = new ArrayList<>();
    for (Spanset in : input) {
      TraceValue v = aggregate(a, in.rows());
      if (v.type().isNumeric() && f.operator().holds(v.number(), limit.number())) {
        List<NamedValue> attributes = new ArrayList<>(in.attributes());
        attributes.add(new NamedValue(a.text(), v));
        out.add(new Spanset(in.rows(), attributes));
      }
    }
    return out;
  }

  private TraceValue aggregate(Scalar.Aggregate a, int[] rows) {
    FieldExpr of = a.of();
    if (of == null) {
      return new TraceValue.Int(rows.length);
    }
    RowValue value = value(of);
    Cell cell = new Cell();
    int n = 0;
    double sum = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    long wholeSum = 0;
    boolean whole = true;
    boolean duration = false;
    for (int r : rows) {
      value.value(frame.frame, r, cell);
      if (cell.type.isNumeric()) {
        double d = cell.number();
        n++;
        sum += d;
        min = Math.min(min, d);
        max = Math.max(max, d);
        whole &= cell.type != ValueType.FLOAT;
        wholeSum += whole ? cell.bits : 0;
        duration |= cell.type == ValueType.DURATION;
      }
    }
    if (n == 0) {
      return TraceValue.NIL;
    }
    double v =
        switch (a.function()) {
          case MIN -> min;
          case MAX -> max;
          case AVG -> sum / n;
          case SUM -> sum;
          case COUNT -> n;
        };
    if (duration) {
      return new TraceValue.Duration(
          a.function() == Scalar.Function.SUM && whole ? wholeSum : Math.round(v));
    }
    return whole && a.function() != Scalar.Function.AVG
        ? new TraceValue.Int(a.function() == Scalar.Function.SUM ? wholeSum : (long) v)
        : new TraceValue.Real(v);
  }

  private List<Spanset> groupBy(Stage.GroupBy g, List<Spanset> input) {
    String name = "by(" + g.expression().text() + ")";
    RowValue value = value(g.expression());
    Cell cell = new Cell();
    List<Spanset> out = new ArrayList<>();
    for (Spanset in : input) {
      Map<TraceValue, List<Integer>> groups = new LinkedHashMap<>();
      for (int r : in.rows()) {
        value.value(frame.frame, r, cell);
        TraceValue key =
            cell.type == ValueType.ARRAY && ConstantFolding.isReference(g.expression())
                ? items(g.expression(), r)
                : cell.value();
        groups.computeIfAbsent(key, k -> new ArrayList<>()).add(r);
      }
      groups.forEach(
          (k, rows) -> {
            List<NamedValue> attributes = new ArrayList<>(in.attributes());
            attributes.add(new NamedValue(name, k));
            out.add(new Spanset(rows.stream().mapToInt(i -> i).toArray(), attributes));
          });
    }
    return out;
  }

  private TraceValue items(FieldExpr reference, int row) {
    SpanColumn c = frame.frame.columns[slots.slot(reference).index()];
    return Frame.value(c, row, Frame.integers(reference), true);
  }
}
