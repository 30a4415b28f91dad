package dev.tethys.query.traceql.exec;

import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.parser.Constants;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Second stages and arithmetic of series. */
final class SeriesMath {
  private SeriesMath() {}

  /** Series with the highest or lowest values of each step; of equal ones the first. */
  static List<Series> top(List<Series> in, boolean highest, int count) {
    int steps = in.isEmpty() ? 0 : in.getFirst().values().length;
    List<double[]> out = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      double[] v = new double[steps];
      Arrays.fill(v, Double.NaN);
      out.add(v);
    }
    Integer[] order = new Integer[in.size()];
    for (int step = 0; step < steps; step++) {
      int s = step;
      int n = 0;
      for (int i = 0; i < in.size(); i++) {
        if (!Double.isNaN(in.get(i).values()[s])) {
          order[n++] = i;
        }
      }
      Arrays.sort(
          order,
          0,
          n,
          (a, b) -> {
            int c = Double.compare(in.get(a).values()[s], in.get(b).values()[s]);
            return c == 0 ? Integer.compare(a, b) : highest ? -c : c;
          });
      for (int k = 0; k < Math.min(n, count); k++) {
        out.get(order[k])[s] = in.get(order[k]).values()[s];
      }
    }
    List<Series> result = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      result.add(in.get(i).with(out.get(i)));
    }
    return notEmpty(result);
  }

  private static List<Series> notEmpty(List<Series> in) {
    return in.stream().filter(s -> !s.isEmpty()).toList();
  }

  /** Keeps values for which a comparison is true; durations are in seconds. */
  static List<Series> threshold(List<Series> in, Operator op, TraceValue limit) {
    double d = limit instanceof TraceValue.Duration n ? n.nanos() / 1e9 : limit.number();
    List<Series> out = new ArrayList<>();
    for (Series s : in) {
      double[] v = s.values().clone();
      for (int i = 0; i < v.length; i++) {
        if (!op.holds(v[i], d)) {
          v[i] = Double.NaN;
        }
      }
      out.add(s.with(v));
    }
    return notEmpty(out);
  }

  /** Applies an operator with a number on the left side. */
  static List<Series> scalar(Operator op, TraceValue number, List<Series> in) {
    double d = number.number();
    return map(in, v -> apply(op, d, v));
  }

  /** Applies an operator with a number on the right side. */
  static List<Series> scalar(Operator op, List<Series> in, TraceValue number) {
    double d = number.number();
    return map(in, v -> apply(op, v, d));
  }

  private static List<Series> map(List<Series> in, java.util.function.DoubleUnaryOperator f) {
    return in.stream().map(s -> s.with(Arrays.stream(s.values()).map(f).toArray())).toList();
  }

  private static double apply(Operator op, double a, double b) {
    return op == Operator.DIVIDE && b == 0 ? Double.NaN : Constants.real(op, a, b);
  }

  /**
   * Computes the arithmetic of series with equal labels. A side that is one series without labels
   * is an operand for each series of the other. Series without a partner have no values.
   */
  static List<Series> join(Operator op, List<Series> left, List<Series> right) {
    boolean spreadLeft = isSingle(left) && !isSingle(right);
    boolean spreadRight = isSingle(right) && !isSingle(left);
    List<Series> out = new ArrayList<>();
    if (spreadLeft || spreadRight) {
      double[] one = (spreadLeft ? left : right).getFirst().values();
      for (Series s : spreadLeft ? right : left) {
        out.add(s.with(spreadLeft ? apply(op, one, s.values()) : apply(op, s.values(), one)));
      }
      return out;
    }
    Map<List<NamedValue>, Series> byLabels = new HashMap<>();
    for (Series s : right) {
      byLabels.put(s.key(), s);
    }
    Set<List<NamedValue>> joined = new HashSet<>();
    for (Series s : left) {
      Series other = byLabels.get(s.key());
      double[] v = new double[s.values().length];
      Arrays.fill(v, Double.NaN);
      joined.add(s.key());
      out.add(s.with(other == null ? v : apply(op, s.values(), other.values())));
    }
    for (Series s : right) {
      if (!joined.contains(s.key())) {
        double[] v = new double[s.values().length];
        Arrays.fill(v, Double.NaN);
        out.add(s.with(v));
      }
    }
    return notEmpty(out);
  }

  private static boolean isSingle(List<Series> s) {
    return s.size() == 1 && s.getFirst().key().isEmpty();
  }

  private static double[] apply(Operator op, double[] a, double[] b) {
    double[] out = new double[a.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = apply(op, a[i], b[i]);
    }
    return out;
  }
}
