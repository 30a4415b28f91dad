package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Merges series with identical labels, which may result from dropping a name or changing a label.
 * Two samples of one series at the same step are an error.
 */
final class SeriesMerge {
  private SeriesMerge() {}

  /** Merges where steps do not overlap; the block is used up. */
  static Block byStep(Execution x, Block b, Grid grid) {
    if (!hasSameLabels(b.columns())) {
      return b;
    }
    Builder out = new Builder(x, grid.steps());
    for (Column c : b.columns()) {
      out.add(c);
    }
    x.release(b);
    return x.hold(out.columns());
  }

  static boolean hasSameLabels(List<Column> columns) {
    if (columns.size() < 2) {
      return false;
    }
    Map<Labels, Boolean> seen = new HashMap<>(columns.size() * 2);
    for (Column c : columns) {
      if (seen.put(c.labels(), true) != null) {
        return true;
      }
    }
    return false;
  }

  /** Collects samples by labels and keeps the order of first appearance. */
  static final class Builder {
    private final int steps;
    private final Execution.Draft draft;
    private final Map<Labels, Entry> entries = new LinkedHashMap<>();

    /** A series that grows step by step. */
    static final class Entry {
      final Labels labels;
      final boolean dropName;
      final double[] values;
      @Nullable Histogram @Nullable [] histograms;

      Entry(Labels labels, boolean dropName, int steps) {
        this.labels = labels;
        this.dropName = dropName;
        this.values = Column.absent(steps);
      }

      boolean has(int step) {
        return !Column.isAbsent(values[step]) || histograms != null && histograms[step] != null;
      }

      void set(int step, Histogram h) {
        @Nullable Histogram[] hs = histograms;
        if (hs == null) {
          hs = new Histogram[values.length];
          histograms = hs;
        }
        hs[step] = h;
      }
    }

    Builder(Execution x, int steps) {
      this.steps = steps;
      this.draft = x.draft();
    }

    /** Series with the given labels. */
    Entry entry(Labels labels, boolean dropName) {
      Entry e = entries.get(labels);
      if (e == null) {
        draft.addSeries(labels, steps);
        e = new Entry(labels, dropName, steps);
        entries.put(labels, e);
      }
      return e;
    }

    /** Adds a float; another sample at the step is an error. */
    void add(Labels labels, boolean dropName, int step, double v) {
      Entry e = entry(labels, dropName);
      if (e.has(step)) {
        throw Streams.sameLabelset();
      }
      e.values[step] = v;
    }

    /** Adds a histogram; another sample at the step is an error. */
    void add(Labels labels, boolean dropName, int step, Histogram h) {
      Entry e = entry(labels, dropName);
      if (e.has(step)) {
        throw Streams.sameLabelset();
      }
      e.set(step, h);
    }

    /** Adds a sample of a column. */
    void add(Labels labels, boolean dropName, int step, Column from) {
      Histogram h = from.histogram(step);
      if (h != null) {
        add(labels, dropName, step, h);
      } else if (!Column.isAbsent(from.value(step))) {
        add(labels, dropName, step, from.value(step));
      }
    }

    /** Adds all samples of a column. */
    void add(Column c) {
      for (int s = 0; s < steps; s++) {
        if (c.has(s)) {
          add(c.labels(), c.dropName(), s, c);
        }
      }
    }

    /**
     * Returns the collected columns in the order of first samples; the caller accounts for them.
     */
    List<Column> columns() {
      draft.close();
      List<Column> out = new ArrayList<>(entries.size());
      for (Entry e : entries.values()) {
        out.add(new Column(e.labels, e.dropName, e.values, e.histograms));
      }
      return out;
    }
  }
}
