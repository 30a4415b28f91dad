package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** Which series belong together: {@code by} or {@code without} a list of labels. */
public final class Grouping {
  private final boolean without;
  private final byte[][] names;
  private final List<String> labels;

  public Grouping(List<String> labels, boolean without) {
    this.without = without;
    this.labels = List.copyOf(labels);
    List<String> all = new ArrayList<>(labels);
    if (without) {
      all.add(Labels.METRIC_NAME);
    }
    names = Labels.sortedNames(all);
  }

  /** Adds what it groups by to a description. */
  Description describe(Description d) {
    return d.with(without ? "without" : "by", labels);
  }

  /** The labels of the group that a series belongs to. */
  Labels of(Labels series) {
    return !without && names.length == 0 ? Labels.EMPTY : series.filter(names, !without);
  }

  /** Series by group: the number of each series' group, and the labels of each group. */
  record Groups(int[] ofSeries, List<Labels> labels) {
    int size() {
      return labels.size();
    }
  }

  /** Groups series in the order in which groups appear. */
  Groups group(int series, IntFunction<Labels> labels) {
    int[] of = new int[series];
    List<Labels> out = new ArrayList<>();
    Map<Labels, Integer> index = new HashMap<>();
    for (int i = 0; i < series; i++) {
      Labels l = of(labels.apply(i));
      Integer at = index.get(l);
      if (at == null) {
        at = out.size();
        index.put(l, at);
        out.add(l);
      }
      of[i] = at;
    }
    return new Groups(of, out);
  }
}
