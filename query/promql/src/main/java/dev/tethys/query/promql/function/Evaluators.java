package dev.tethys.query.promql.function;

import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.MatrixSelector;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.ast.Expr.VectorSelector;
import dev.tethys.query.promql.exec.Absence;
import dev.tethys.query.promql.exec.HistogramQuantiles;
import dev.tethys.query.promql.exec.InfoJoin;
import dev.tethys.query.promql.exec.LabelChange;
import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.RangeCall;
import dev.tethys.query.promql.exec.RangeFunction;
import dev.tethys.query.promql.exec.Sorting;
import dev.tethys.query.promql.exec.WindowSummary;
import dev.tethys.query.promql.function.CallArguments.SelectorTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Operators of function calls that need more than an expression. */
final class Evaluators {
  private Evaluators() {}

  static boolean isSelector(CallArguments a, int i) {
    return a.expr(i) instanceof VectorSelector;
  }

  static Operator window(
      CallArguments a, String name, RangeFunction f, @Nullable WindowSummary summary) {
    return new RangeCall(name, f, summary, false, a.range(), a.scalars(), a.span(0));
  }

  static Operator absentOverTime(
      CallArguments a, String name, RangeFunction f, @Nullable WindowSummary summary) {
    Operator present = new RangeCall(name, f, summary, true, a.range(), a.scalars(), a.span(0));
    return new Absence(present, missing(a.expr(0)), true);
  }

  static Operator absent(CallArguments a) {
    return new Absence(a.operator(0), missing(a.expr(0)), false);
  }

  /** Returns the labels that a selector's matchers give to the absent series. */
  private static Labels missing(Expr e) {
    List<Matcher> matchers =
        e instanceof VectorSelector v
            ? v.matchers()
            : e instanceof MatrixSelector m ? m.selector().matchers() : List.of();
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

  static Operator sort(CallArguments a, boolean descending) {
    return new Sorting(a.operator(0), false, List.of(), descending, a.callSpan());
  }

  static Operator sortByLabels(CallArguments a, boolean descending) {
    return new Sorting(a.operator(0), true, a.texts(1), descending, a.callSpan());
  }

  /** Evaluates {@code histogram_quantiles}: a series for each quantile, named by a label. */
  static Operator labelledQuantiles(CallArguments a) {
    requireName(a.text(1), "destination", "histogram_quantiles");
    return quantiles(a, 0, 2, a.size(), false, a.text(1));
  }

  static Operator quantiles(
      CallArguments a, int vector, int from, int to, boolean fraction, @Nullable String label) {
    List<Operator> scalars = new ArrayList<>();
    List<Span> spans = new ArrayList<>();
    for (int i = from; i < to; i++) {
      scalars.add(a.operator(i));
      spans.add(a.span(i));
    }
    return new HistogramQuantiles(
        a.operator(vector), a.span(vector), scalars, spans, fraction, label);
  }

  static Operator labelReplace(CallArguments a) {
    Regex p;
    try {
      p = Regex.anchored(a.text(4));
      if (a.text(2).indexOf('$') >= 0) {
        p.withBoundedGroups(Long.MAX_VALUE); // memory is reserved when it runs
      }
    } catch (RegexSyntaxException e) {
      throw new QueryException(
          QueryException.Kind.EXECUTION,
          "invalid regular expression in label_replace(): " + a.text(4),
          e);
    }
    requireName(a.text(1), "destination", "label_replace");
    return LabelChange.replace(a.operator(0), a.text(1), a.text(2), a.text(3), p);
  }

  static Operator labelJoin(CallArguments a) {
    List<String> sources = a.texts(3);
    for (String s : sources) {
      requireName(s, "source", "label_join");
    }
    requireName(a.text(1), "destination", "label_join");
    return LabelChange.join(a.operator(0), a.text(1), a.text(2), sources);
  }

  private static void requireName(String name, String which, String function) {
    if (!LabelNames.isUtf8LabelName(name)) {
      throw QueryException.execution(
          "invalid " + which + " label name in " + function + "(): " + name);
    }
  }

  static Operator info(CallArguments a) {
    List<Matcher> matchers =
        a.size() > 1 && a.expr(1) instanceof VectorSelector v ? v.matchers() : null;
    SelectorTime time = a.firstSelector(0);
    return new InfoJoin(a.operator(0), matchers, time.at(), time.offset(), a.expr(0).span());
  }
}
