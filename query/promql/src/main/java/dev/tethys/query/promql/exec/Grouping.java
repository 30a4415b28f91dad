package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection.Groups;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** Grouping of series: {@code by} or {@code without} a list of labels. */
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

  /** Adds the grouping labels to a description. */
  Description describe(Description d) {
    return d.with(without ? "without" : "by", labels);
  }

  /** Returns the labels of a series' group. */
  Labels of(Labels series) {
    return isOne() ? Labels.EMPTY : series.filter(names, !without);
  }

  /** Groups the series of a stream, by the store if it can do so. */
  Groups group(SeriesStream in) {
    Groups g = isOne() ? null : in.groups(names, !without);
    return g != null ? g : group(in.size(), in::labels);
  }

  private boolean isOne() {
    return !without && names.length == 0;
  }

  /** Groups series in the order in which groups appear. */
  Groups group(int series, IntFunction<Labels> labels) {
    int[] of = new int[series];
    if (isOne()) {
      return new Groups(of, series == 0 ? List.of() : List.of(Labels.EMPTY));
    }
    List<Labels> out = new ArrayList<>();
    Map<Labels, Integer> index = new HashMap<>();
    int last = 0;
    for (int i = 0; i < series; i++) {
      Labels l = labels.apply(i);
      // Neighbours often belong together.
      if (i == 0 || !l.filtersTo(names, !without, out.get(last))) {
        Labels mine = of(l);
        Integer at = index.get(mine);
        if (at == null) {
          at = out.size();
          index.put(mine, at);
          out.add(mine);
        }
        last = at;
      }
      of[i] = last;
    }
    return new Groups(of, out);
  }
}
