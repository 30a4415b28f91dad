package dev.tethys.query.promql.plan;

import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Call;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.MatrixSelector;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.ast.Expr.StringLiteral;
import dev.tethys.query.promql.ast.Expr.Subquery;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorSelector;
import dev.tethys.query.promql.exec.Absence;
import dev.tethys.query.promql.exec.Dates;
import dev.tethys.query.promql.exec.HistogramQuantiles;
import dev.tethys.query.promql.exec.InfoJoin;
import dev.tethys.query.promql.exec.InstantMath;
import dev.tethys.query.promql.exec.InstantSelect;
import dev.tethys.query.promql.exec.LabelChange;
import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.RangeCall;
import dev.tethys.query.promql.exec.RangeSource;
import dev.tethys.query.promql.exec.Scalars;
import dev.tethys.query.promql.exec.Selector;
import dev.tethys.query.promql.exec.Sorting;
import dev.tethys.query.promql.plan.Planner.Context;
import dev.tethys.query.promql.plan.Planner.Planned;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes operators of function calls. */
final class CallPlanner {
  /** Functions whose result depends on the step even if their arguments do not. */
  private static final Set<String> VARYING =
      Set.of(
          "days_in_month",
          "day_of_month",
          "day_of_week",
          "day_of_year",
          "hour",
          "minute",
          "month",
          "year",
          "predict_linear",
          "time",
          "timestamp");

  private static final List<String> ANCHORED =
      List.of("changes", "delta", "increase", "rate", "resets");
  private static final List<String> SMOOTHED = List.of("delta", "increase", "rate");

  /** Where annotations about a subquery point, as in Prometheus: the beginning. */
  private static final Span BEGINNING = new Span(0, 0);

  private final Planner planner;

  CallPlanner(Planner planner) {
    this.planner = planner;
  }

  /** The arguments of a call, made into operators once; texts and ranges are left as they are. */
  private final class Arguments {
    final Call call;
    final List<Expr> exprs = new ArrayList<>();
    final List<@Nullable Planned> planned = new ArrayList<>();
    int range = -1;
    @Nullable RangeSource source;
    boolean invariant = true;

    Arguments(Call call, Context c) {
      this.call = call;
      for (Expr raw : call.arguments()) {
        Expr e = Planner.unwrap(raw);
        Planned p = null;
        if (e.type() == ValueType.MATRIX) {
          source =
              e instanceof Subquery s ? planner.range(s, c) : planner.range((MatrixSelector) e, c);
          range = exprs.size();
          invariant &= source.isFixed();
        } else if (call.function().name().equals("info") && exprs.size() == 1) {
          // a selector that is not looked at by itself
          invariant &= e instanceof VectorSelector v && planner.at(v.shift()) != null;
        } else if (!(e instanceof StringLiteral)) {
          p = planner.plan(e, c);
          invariant &= p.invariant();
        }
        exprs.add(e);
        planned.add(p);
      }
    }

    int size() {
      return exprs.size();
    }

    /** The operator of an argument, on its own computed once if all of the call is not. */
    Operator operator(int i, boolean wholeCallInvariant) {
      Planned p = Objects.requireNonNull(planned.get(i));
      return wholeCallInvariant ? p.operator() : p.wrapped();
    }

    String text(int i) {
      return exprs.get(i) instanceof StringLiteral s ? s.value() : "";
    }

    Span span(int i) {
      return exprs.get(i) instanceof Subquery ? BEGINNING : exprs.get(i).span();
    }
  }

  Planned plan(Call call, Context outer) {
    String name = call.function().name();
    Operator constant = constant(name);
    if (constant != null) {
      return new Planned(constant, true, false);
    }
    Arguments a = new Arguments(call, outer.inside(name));
    boolean ofFixedSelector =
        name.equals("timestamp") && a.exprs.getFirst() instanceof VectorSelector && a.invariant;
    boolean invariant = a.invariant && !VARYING.contains(name) || ofFixedSelector;
    return new Planned(operator(name, a, invariant, outer), invariant, invariant);
  }

  private @Nullable Operator constant(String name) {
    return switch (name) {
      case "pi" -> new Scalars.Constant(Math.PI);
      case "start" -> new Scalars.Constant((double) planner.start / 1000);
      case "end" -> new Scalars.Constant((double) planner.end / 1000);
      case "range" -> new Scalars.Constant((double) (planner.end - planner.start) / 1000);
      case "step" ->
          new Scalars.Constant(planner.start == planner.end ? 0 : (double) planner.step / 1000);
      default -> null;
    };
  }

  private Operator operator(String name, Arguments a, boolean invariant, Context outer) {
    if (a.range >= 0) {
      return rangeCall(name, a, invariant);
    }
    switch (name) {
      case "time":
        return new Scalars.Time();
      case "label_replace":
        return labelReplace(a, invariant);
      case "label_join":
        return labelJoin(a, invariant);
      case "info":
        return info(a, invariant);
      default:
        break;
    }
    if (a.size() == 0) { // a date of the step itself
      return dates(name, new Scalars.ToVector(new Scalars.WholeSeconds()));
    }
    Expr first = a.exprs.getFirst();
    if (first instanceof VectorSelector v
        && (name.equals("timestamp") || name.equals("start_timestamp"))) {
      return timestamp(v, name, outer.inside(name));
    }
    return ofVectors(name, a, invariant);
  }

  private static Operator dates(String name, Operator vector) {
    Operator o = Dates.of(name, vector);
    if (o == null) {
      throw new IllegalStateException("no function " + name);
    }
    return o;
  }

  private Operator timestamp(VectorSelector v, String name, Context c) {
    Selector s = planner.selector(v, c);
    return new InstantSelect(
        s,
        name.equals("timestamp")
            ? InstantSelect.Part.TIMESTAMP
            : InstantSelect.Part.START_TIMESTAMP);
  }

  private Operator ofVectors(String name, Arguments a, boolean invariant) {
    Operator first = a.operator(0, invariant);
    return switch (name) {
      case "scalar" -> new Scalars.OfVector(first);
      case "vector" -> new Scalars.ToVector(first);
      case "min_of" -> new Scalars.OfTwo(InstantMath::goMin, first, a.operator(1, invariant));
      case "max_of" -> new Scalars.OfTwo(InstantMath::goMax, first, a.operator(1, invariant));
      case "absent" -> new Absence(first, missing(a.exprs.getFirst()), false);
      case "sort" -> new Sorting(first, false, List.of(), false, a.call.span());
      case "sort_desc" -> new Sorting(first, false, List.of(), true, a.call.span());
      case "sort_by_label" -> new Sorting(first, true, texts(a, 1), false, a.call.span());
      case "sort_by_label_desc" -> new Sorting(first, true, texts(a, 1), true, a.call.span());
      case "timestamp" -> InstantMath.stepTime(first);
      case "start_timestamp" -> InstantMath.nothing(first);
      case "round" ->
          InstantMath.round(
              first, a.size() > 1 ? a.operator(1, invariant) : new Scalars.Constant(1));
      case "clamp" -> InstantMath.clamp(first, a.operator(1, invariant), a.operator(2, invariant));
      case "clamp_min" ->
          InstantMath.clamp(
              first, a.operator(1, invariant), new Scalars.Constant(Double.POSITIVE_INFINITY));
      case "clamp_max" ->
          InstantMath.clamp(
              first, new Scalars.Constant(Double.NEGATIVE_INFINITY), a.operator(1, invariant));
      case "histogram_quantile" -> quantiles(a, 1, 0, 1, false, null, invariant);
      case "histogram_fraction" -> quantiles(a, 2, 0, 2, true, null, invariant);
      case "histogram_quantiles" -> {
        requireName(a.text(1), "destination", name);
        yield quantiles(a, 0, 2, a.size(), false, a.text(1), invariant);
      }
      default -> {
        Operator o = InstantMath.floats(name, first);
        if (o == null) {
          o = InstantMath.histograms(name, first);
        }
        yield o != null ? o : dates(name, first);
      }
    };
  }

  private static Operator quantiles(
      Arguments a,
      int vector,
      int from,
      int to,
      boolean fraction,
      @Nullable String label,
      boolean invariant) {
    List<Operator> scalars = new ArrayList<>();
    List<Span> spans = new ArrayList<>();
    for (int i = from; i < to; i++) {
      scalars.add(a.operator(i, invariant));
      spans.add(a.span(i));
    }
    return new HistogramQuantiles(
        a.operator(vector, invariant), a.span(vector), scalars, spans, fraction, label);
  }

  private static List<String> texts(Arguments a, int from) {
    List<String> out = new ArrayList<>();
    for (int i = from; i < a.size(); i++) {
      out.add(a.text(i));
    }
    return out;
  }

  private static Operator rangeCall(String name, Arguments a, boolean invariant) {
    RangeSource source = Objects.requireNonNull(a.source);
    if (source.extension() == Extension.ANCHORED && !ANCHORED.contains(name)) {
      throw QueryException.execution(
          "anchored modifier can only be used with: "
              + String.join(", ", ANCHORED)
              + " - not with "
              + name);
    }
    if (source.extension() == Extension.SMOOTHED && !SMOOTHED.contains(name)) {
      throw QueryException.execution(
          "smoothed modifier can only be used with: "
              + String.join(", ", SMOOTHED)
              + " - not with "
              + name);
    }
    List<Operator> scalars = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      if (i != a.range) {
        scalars.add(a.operator(i, invariant));
      }
    }
    Operator call = new RangeCall(name, source, scalars, a.span(0));
    return name.equals("absent_over_time")
        ? new Absence(call, missing(a.exprs.getFirst()), true)
        : call;
  }

  /** The labels that the matchers of a selector give to the series that is not there. */
  private static Labels missing(Expr e) {
    List<Matcher> matchers =
        switch (e) {
          case VectorSelector v -> v.matchers();
          case MatrixSelector m -> m.selector().matchers();
          default -> List.of();
        };
    LabelsBuilder b = new LabelsBuilder();
    Set<String> seen = new HashSet<>();
    for (Matcher m : matchers) {
      if (m.name().equals(Labels.METRIC_NAME)) {
        continue;
      }
      if (m.type() == Matcher.Type.EQUAL && seen.add(m.name())) {
        b.set(m.name(), m.value());
      } else {
        b.remove(m.name());
      }
    }
    return b.build();
  }

  private static Operator labelReplace(Arguments a, boolean invariant) {
    Regex p;
    try {
      p = Regex.anchored(a.text(4));
    } catch (RegexSyntaxException e) {
      throw new QueryException(
          QueryException.Kind.EXECUTION,
          "invalid regular expression in label_replace(): " + a.text(4),
          e);
    }
    requireName(a.text(1), "destination", "label_replace");
    return LabelChange.replace(a.operator(0, invariant), a.text(1), a.text(2), a.text(3), p);
  }

  private static Operator labelJoin(Arguments a, boolean invariant) {
    List<String> sources = texts(a, 3);
    for (String s : sources) {
      requireName(s, "source", "label_join");
    }
    requireName(a.text(1), "destination", "label_join");
    return LabelChange.join(a.operator(0, invariant), a.text(1), a.text(2), sources);
  }

  private static void requireName(String name, String which, String function) {
    if (!LabelNames.isUtf8LabelName(name)) {
      throw QueryException.execution(
          "invalid " + which + " label name in " + function + "(): " + name);
    }
  }

  private Operator info(Arguments a, boolean invariant) {
    List<Matcher> matchers =
        a.size() > 1 && a.exprs.get(1) instanceof VectorSelector v ? v.matchers() : null;
    TimeOfFirstSelector time = new TimeOfFirstSelector();
    time.visit(a.exprs.getFirst(), new ArrayList<>());
    return new InfoJoin(
        a.operator(0, invariant), matchers, time.at, time.offset, a.exprs.getFirst().span());
  }

  /** When the first selector inside of an expression looks. */
  private final class TimeOfFirstSelector {
    @Nullable Long at;
    long offset;
    private boolean found;

    void visit(Expr e, List<Subquery> path) {
      if (found) {
        return;
      }
      if (e instanceof VectorSelector v) {
        found = true;
        at = planner.at(v.shift());
        offset = planner.durations.any(v.shift().offset());
        for (int i = path.size() - 1; at == null && i >= 0; i--) {
          offset += planner.durations.any(path.get(i).shift().offset());
          at = planner.at(path.get(i).shift());
        }
        return;
      }
      if (e instanceof Subquery s) {
        path.add(s);
      }
      for (Expr child : e.children()) {
        visit(child, path);
      }
      if (e instanceof Subquery) {
        path.removeLast();
      }
    }
  }
}
