package dev.tethys.query.promql.exec;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Matching of the series of two vectors, by the labels that {@code on} or {@code ignoring} select.
 */
final class Matching {
  private final boolean on;
  private final byte[][] signature;
  private final byte[][] matched;
  private final Map<Labels, Integer> numbers = new HashMap<>();

  Matching(VectorMatching m) {
    on = m.on();
    List<String> names = new ArrayList<>(m.labels());
    if (!on) {
      names.add(Labels.METRIC_NAME);
    }
    signature = Labels.sortedNames(names);
    matched = Labels.sortedNames(m.labels());
  }

  /** Adds how vectors meet to a description. */
  static Description describe(Description d, VectorMatching m) {
    if (m.on() || !m.labels().isEmpty()) {
      d.with(m.on() ? "on" : "ignoring", m.labels());
    }
    switch (m.cardinality()) {
      case MANY_TO_ONE -> d.with("group_left", m.include());
      case ONE_TO_MANY -> d.with("group_right", m.include());
      case ONE_TO_ONE, MANY_TO_MANY -> {}
    }
    Double l = m.fillLeft();
    Double r = m.fillRight();
    if (l != null) {
      d.with("fill_left", GoFloat.g(l));
    }
    if (r != null) {
      d.with("fill_right", GoFloat.g(r));
    }
    return d;
  }

  /**
   * Returns the number of each series' signature; equal signatures of both sides have equal
   * numbers.
   */
  int[] number(List<Column> columns) {
    int[] out = new int[columns.size()];
    for (int i = 0; i < out.length; i++) {
      Labels key = columns.get(i).labels().filter(signature, on);
      Integer n = numbers.get(key);
      if (n == null) {
        n = numbers.size();
        numbers.put(key, n);
      }
      out[i] = n;
    }
    return out;
  }

  /** Returns the number of signatures. */
  int size() {
    return numbers.size();
  }

  /** Returns the labels by which a series was matched, as used in messages and filled samples. */
  Labels matchedLabels(Labels l) {
    if (on) {
      return l.filter(matched, true);
    }
    return l.dropMetricName().filter(matched, false);
  }

  /** Returns the series of each signature. */
  static int[][] bySignature(int[] numbers, int size) {
    int[] count = new int[size];
    for (int n : numbers) {
      count[n]++;
    }
    int[][] out = new int[size][];
    for (int g = 0; g < size; g++) {
      out[g] = new int[count[g]];
    }
    for (int i = numbers.length - 1; i >= 0; i--) {
      out[numbers[i]][--count[numbers[i]]] = i;
    }
    return out;
  }
}
