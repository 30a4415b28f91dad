package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import dev.tethys.query.traceql.ast.Metric;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Values of a metrics function by group and step for the rows of one scan. The steps are those that
 * the segment covers, in flat arrays by group.
 */
final class Accumulation {
  /** Columns of a function, which all scans share. */
  static final class Shape {
    final Metric.Query query;
    final TimeGrid grid;
    final ExecutionColumns slots;
    final ExecutionColumns.@Nullable Slot value;
    final ExecutionColumns.@Nullable Slot traceState;
    final boolean ofDuration;
    final boolean exemplars;

    /**
     * @param extrapolate true if spans count by their sampling probability
     * @param exemplars true to keep a span of each value
     */
    Shape(
        Metric.Query query,
        TimeGrid grid,
        ExecutionColumns slots,
        boolean extrapolate,
        boolean exemplars) {
      this.query = query;
      this.grid = grid;
      this.slots = slots;
      this.exemplars = exemplars;
      FieldExpr v = query.value();
      ofDuration = v instanceof FieldExpr.Field f && f.intrinsic() == Intrinsic.DURATION;
      value = v == null || ofDuration ? null : slots.slot(v);
      traceState =
          extrapolate ? slots.slot(SpanField.intrinsic(SpanField.Scope.TRACE_STATE)) : null;
      query.by().forEach(slots::slot);
    }

    /** Returns the factor of durations, whose results are in seconds. */
    double unit() {
      FieldExpr v = query.value();
      return v != null && Frame.integers(v) == dev.tethys.query.traceql.ast.ValueType.DURATION
          ? 1e-9
          : 1;
    }

    boolean isHistogram() {
      return query.function() == Metric.Function.QUANTILE_OVER_TIME
          || query.function() == Metric.Function.HISTOGRAM_OVER_TIME;
    }
  }

  /** Arrays shared by the scans of a thread, one after another. */
  static final class Scratch {
    private int[] groups = {};
    private int[] cells = {}; // of rows: group and step, -1 for rows that do not count

    private void room(int rows) {
      if (cells.length < rows) {
        groups = new int[rows];
        cells = new int[rows];
      }
    }
  }

  private final Shape shape;
  private final GroupIds ids;
  private final TraceStateWeights weights = new TraceStateWeights();

  /** First step and number of steps. */
  final int first;

  final int steps;

  /** Counts, or for {@code min} and {@code max} the values, by group and step. */
  double[] counts = {};

  /** Sums and extremes. */
  double[] sums = {};

  final List<Log2> histograms = new ArrayList<>();
  Exemplars exemplars = new Exemplars(0);
  private final Scratch scratch;
  private int room;

  /**
   * @param firstTime start of the oldest row, or an earlier time
   * @param lastTime start of the newest row, or a later time
   */
  Accumulation(Shape shape, Scratch scratch, long firstTime, long lastTime) {
    this.shape = shape;
    this.scratch = scratch;
    ids = new GroupIds(shape.query.by(), shape.slots);
    first = Math.clamp(shape.grid.index(firstTime), 0, shape.grid.count() - 1);
    int last = Math.clamp(shape.grid.index(lastTime), first, shape.grid.count() - 1);
    steps = last - first + 1;
  }

  int size() {
    return ids.size();
  }

  List<TraceValue> labels(int group) {
    return ids.values(group);
  }

  long bytes() {
    long n = 8L * (counts.length + sums.length) + exemplars.bytes();
    for (Log2 h : histograms) {
      n += h.bytes();
    }
    return n;
  }

  /**
   * Adds rows.
   *
   * @param mask rows to add; null for all
   */
  void add(SpanRows rows, boolean @Nullable [] mask) {
    int n = rows.count;
    scratch.room(n);
    ids.groups(rows, scratch.groups);
    grow(ids.size());
    cells(rows, mask);
    double[] w = shape.traceState == null ? null : weights.weights(rows, shape.traceState.index());
    switch (shape.query.function()) {
      case RATE, COUNT_OVER_TIME -> count(rows, w);
      case QUANTILE_OVER_TIME, HISTOGRAM_OVER_TIME -> histogram(rows, w);
      default -> values(rows, w);
    }
    if (shape.exemplars) {
      addExemplars(rows);
    }
  }

  /** Sets the cell of each row. */
  private void cells(SpanRows rows, boolean @Nullable [] mask) {
    int n = rows.count;
    int[] cells = scratch.cells;
    int[] groups = scratch.groups;
    boolean grouped = !shape.query.by().isEmpty();
    long[] start = rows.start;
    long lo = 0; // times of the step that the row before is in
    long hi = -1;
    int step = 0;
    for (int i = 0; i < n; i++) {
      if (mask != null && !mask[i]) {
        cells[i] = -1;
        continue;
      }
      long t = start[i];
      if (t < lo || t > hi) {
        step = shape.grid.index(t) - first;
        if (step < 0 || step >= steps) {
          lo = 0;
          hi = -1;
          cells[i] = -1;
          continue;
        }
        lo = shape.grid.base() + (long) (step + first) * shape.grid.step() + 1;
        hi = lo + shape.grid.step() - 1;
      }
      cells[i] = grouped ? groups[i] * steps + step : step;
    }
  }

  private void grow(int size) {
    if (size <= room) {
      return;
    }
    int before = room;
    room = Math.max(size, Math.max(4, 2 * room));
    if (shape.isHistogram()) {
      return;
    }
    counts = Arrays.copyOf(counts, room * steps);
    if (shape.query.value() != null) {
      sums = Arrays.copyOf(sums, room * steps);
      double empty =
          switch (shape.query.function()) {
            case MIN_OVER_TIME -> Double.POSITIVE_INFINITY;
            case MAX_OVER_TIME -> Double.NEGATIVE_INFINITY;
            default -> 0;
          };
      Arrays.fill(sums, before * steps, sums.length, empty);
    }
  }

  private void count(SpanRows rows, double @Nullable [] w) {
    if (w == null && shape.query.by().isEmpty()) {
      countRuns(rows.count);
      return;
    }
    int[] cells = scratch.cells;
    for (int i = 0; i < rows.count; i++) {
      if (cells[i] >= 0) {
        counts[cells[i]] += w == null ? 1 : w[i];
      }
    }
  }

  /** Counts rows without groups: many in turn are of one step, and each sum waits for the last. */
  private void countRuns(int n) {
    int[] cells = scratch.cells;
    for (int i = 0; i < n; ) {
      int cell = cells[i];
      int first = i++;
      while (i < n && cells[i] == cell) {
        i++;
      }
      if (cell >= 0) {
        counts[cell] += i - first;
      }
    }
  }

  private void histogram(SpanRows rows, double @Nullable [] w) {
    while (histograms.size() < ids.size()) {
      histograms.add(new Log2(steps));
    }
    boolean grouped = !shape.query.by().isEmpty();
    int[] cells = scratch.cells;
    int[] groups = scratch.groups;
    SpanColumn c = shape.value == null ? null : rows.columns[shape.value.index()];
    for (int i = 0; i < rows.count; i++) {
      if (cells[i] < 0) {
        continue;
      }
      int group = grouped ? groups[i] : 0;
      int step = cells[i] - group * steps;
      Log2 h = histograms.get(group);
      double weight = w == null ? 1 : w[i];
      if (c == null) {
        h.add(step, Log2.exponent(rows.duration[i]), weight);
        continue;
      }
      for (int j = Frame.from(c, i), to = Frame.to(c, i); j < to; j++) {
        if (c.types[j] == SpanColumn.INT) {
          h.add(step, Log2.exponent(c.bits[j]), weight);
        } else if (c.types[j] == SpanColumn.DOUBLE) {
          h.add(step, Log2.exponent(Double.longBitsToDouble(c.bits[j])), weight);
        }
      }
    }
  }

  private void values(SpanRows rows, double @Nullable [] w) {
    int[] cells = scratch.cells;
    SpanColumn c = shape.value == null ? null : rows.columns[shape.value.index()];
    for (int i = 0; i < rows.count; i++) {
      int at = cells[i];
      if (at < 0) {
        continue;
      }
      double weight = w == null ? 1 : w[i];
      if (c == null) {
        value(at, rows.duration[i], weight);
        continue;
      }
      for (int j = Frame.from(c, i), to = Frame.to(c, i); j < to; j++) {
        if (c.types[j] == SpanColumn.INT) {
          value(at, c.bits[j], weight);
        } else if (c.types[j] == SpanColumn.DOUBLE) {
          value(at, Double.longBitsToDouble(c.bits[j]), weight);
        }
      }
    }
  }

  private void value(int at, double v, double weight) {
    counts[at] += weight;
    switch (shape.query.function()) {
      case MIN_OVER_TIME -> sums[at] = Math.min(sums[at], v);
      case MAX_OVER_TIME -> sums[at] = Math.max(sums[at], v);
      default -> sums[at] += v * weight;
    }
  }

  private void addExemplars(SpanRows rows) {
    exemplars.grow(ids.size() * steps);
    int[] cells = scratch.cells;
    for (int i = 0; i < rows.count; i++) {
      int cell = cells[i];
      if (cell >= 0 && exemplars.takes(cell, rows.start[i])) {
        exemplars.put(cell, rows, i, exemplarValue(rows, i));
      }
    }
    exemplars.readIds(rows);
  }

  private double exemplarValue(SpanRows rows, int row) {
    if (shape.ofDuration) {
      return rows.duration[row];
    }
    if (shape.value == null) {
      return Double.NaN;
    }
    SpanColumn c = rows.columns[shape.value.index()];
    int j = Frame.from(c, row);
    boolean any = j < Frame.to(c, row);
    if (any && c.types[j] == SpanColumn.INT) {
      return c.bits[j];
    }
    return any && c.types[j] == SpanColumn.DOUBLE ? Double.longBitsToDouble(c.bits[j]) : Double.NaN;
  }
}
