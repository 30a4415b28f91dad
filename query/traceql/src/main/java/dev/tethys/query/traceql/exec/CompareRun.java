package dev.tethys.query.traceql.exec;

import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.TraceQueryException;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Metric;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * The function {@code compare}: counts of each attribute's values inside and outside a selection.
 */
final class CompareRun {
  /** Most distinct values of an attribute that are counted. */
  private static final int MAX_VALUES = 10_000;

  private static final int TRACES_AT_ONCE = 4096;
  private static final int SPREAD = 7;

  private static final String META = "__meta_type";

  private final TraceqlRun work;
  private final TraceStore store;
  private final Scope scope;
  private final TimeGrid grid;
  private final Metric.Query query;
  private final Metric.Comparison comparison;
  private final ExecutionColumns slots = new ExecutionColumns();
  private final List<FieldExpr> fields;

  CompareRun(
      TraceqlRun work,
      TraceStore store,
      Scope scope,
      TimeGrid grid,
      Metric.Query query,
      Metric.Comparison comparison) {
    this.work = work;
    this.store = store;
    this.scope = scope;
    this.grid = grid;
    this.query = query;
    this.comparison = comparison;
    fields = AttributeScan.fields(store, scope, grid.from(), grid.to());
    fields.forEach(slots::slot);
  }

  /** Counts of a value by side and step. */
  private static final class Counts {
    final double[] baseline;
    final double[] selection;
    private long baselineTotal;
    private long selectionTotal;

    Counts(int steps) {
      baseline = new double[steps];
      selection = new double[steps];
    }

    void add(boolean selected, int step, int n) {
      if (selected) {
        selection[step] += n;
        selectionTotal += n;
      } else {
        baseline[step] += n;
        baselineTotal += n;
      }
    }

    long total(boolean selected) {
      return selected ? selectionTotal : baselineTotal;
    }
  }

  /** Counts of one field. */
  private static final class Counted {
    final Map<TraceValue, Counts> values = new HashMap<>();
    boolean tooMany;
  }

  /** Value counts of a field in one scan: by value ID, side and step. */
  private static final class ScanField {
    final ValueIds ids = new ValueIds(MAX_VALUES);
    int[] counts = {};
  }

  List<Series> series() {
    FieldExpr only = RequiredSpans.onlyFilters(query.pipeline());
    if (only == null) {
      throw TraceQueryException.invalid(
          "compare() follows filters in braces only, not structural operators or aggregates");
    }
    FieldExpr folded = ConstantFolding.fold(only);
    FieldExpr selection = ConstantFolding.fold(comparison.selection().expression());
    Pushdown p = Pushdown.of(folded);
    slots.addAll(selection);
    if (!p.exact()) {
      slots.addAll(folded);
    }
    Counted[] all = new Counted[fields.size()];
    Arrays.setAll(all, i -> new Counted());
    if (!slots.ofTrace().isEmpty()) {
      slots.addAll(folded);
      wholeTraces(all, folded, selection);
      return series(all);
    }
    SpanNeeds needs = new SpanNeeds(false, false, true, false, slots.fields());
    try (SpanSelection range = store.select(scope, grid.from(), grid.to())) {
      List<SpanSegment> segments = work.segments(range);
      work.forEach(
          Pushdown.isNone(p.filter()) ? 0 : segments.size(),
          () ->
              s -> {
                ScanField[] scan = new ScanField[fields.size()];
                Arrays.setAll(scan, i -> new ScanField());
                SpanSegment segment = segments.get(s);
                int first = Math.clamp(grid.index(segment.firstTime()), 0, grid.count() - 1);
                int last = Math.clamp(grid.index(segment.lastTime()), first, grid.count() - 1);
                Scan worker = new Scan(scan, folded, p.exact(), selection, first, last - first + 1);
                work.scan(segment, p.filter(), needs, worker::add);
                merge(all, scan, first, last - first + 1, s);
              });
    }
    return series(all);
  }

  /** Counts spans of whole traces, some at a time, for filters by fields of the trace. */
  private void wholeTraces(Counted[] all, FieldExpr folded, FieldExpr selection) {
    TraceFrame.Core core = TraceFrame.Core.of(slots);
    long slack = work.limits().traceNanos();
    try (SpanSelection range = store.select(scope, grid.from(), grid.to());
        SpanSelection wide =
            store.select(scope, Times.minus(grid.from(), slack), Times.plus(grid.to(), slack))) {
      TraceTable.Candidate[] candidates =
          new Candidates(work, work.segments(range))
              .collect(RequiredSpans.of(query.pipeline()))
              .candidates();
      TraceLoader loader = new TraceLoader(work, slots, core, work.segments(wide), SpanFilter.ALL);
      for (int at = 0; at < candidates.length; at += TRACES_AT_ONCE) {
        Cancellation.check();
        int end = Math.min(candidates.length, at + TRACES_AT_ONCE);
        TraceFrame f = loader.load(candidates, at, end);
        ScanField[] scan = new ScanField[fields.size()];
        Arrays.setAll(scan, i -> new ScanField());
        SpanRows rows = new SpanRows();
        rows.count = f.frame.count;
        rows.start = f.starts;
        rows.columns = f.frame.columns;
        new Scan(scan, folded, false, selection, 0, grid.count()).add(rows);
        merge(all, scan, 0, grid.count(), 0);
        loader.release(f);
      }
    }
  }

  /** Counter for one scan. */
  private final class Scan {
    private final ScanField[] fieldCounts;
    private final RowTest test;
    private final RowTest selected;
    private final int first;
    private final int steps;
    private final boolean exact;
    private final Frame frame = new Frame();
    private boolean[] fits = {};
    private boolean[] inside = {};
    private int[] cell = {};
    private int[] values = {};

    Scan(
        ScanField[] fieldCounts,
        FieldExpr filter,
        boolean exact,
        FieldExpr selection,
        int first,
        int steps) {
      this.fieldCounts = fieldCounts;
      this.exact = exact;
      test = RowTest.of(filter, slots);
      selected = RowTest.of(selection, slots);
      this.first = first;
      this.steps = steps;
    }

    void add(SpanRows rows) {
      int n = rows.count;
      if (cell.length < n) {
        fits = new boolean[n];
        inside = new boolean[n];
        cell = new int[n];
        values = new int[n];
      }
      frame.count = n;
      frame.columns = rows.columns;
      if (exact) {
        Arrays.fill(fits, 0, n, true);
      } else {
        test.test(frame, fits);
      }
      selected.test(frame, inside);
      for (int i = 0; i < n; i++) {
        long t = rows.start[i];
        int step = grid.index(t) - first;
        boolean in =
            inside[i] && (comparison.end() == 0 || t >= comparison.start() && t < comparison.end());
        cell[i] = !fits[i] || step < 0 || step >= steps ? -1 : (in ? steps : 0) + step;
      }
      for (int f = 0; f < fieldCounts.length; f++) {
        count(rows.columns[f], fieldCounts[f], n);
      }
    }

    private void count(SpanColumn c, ScanField f, int n) {
      int width = 2 * steps;
      f.ids.ids(c, n, values);
      int size = (f.ids.size() + 1) * width;
      if (size > f.counts.length) {
        size = Math.max(size, 2 * f.counts.length);
        work.reserve(4L * (size - f.counts.length));
        f.counts = Arrays.copyOf(f.counts, size);
      }
      int[] counts = f.counts;
      for (int i = 0; i < n; i++) {
        if (values[i] != 0 && cell[i] >= 0) {
          counts[values[i] * width + cell[i]]++;
        }
      }
    }
  }

  /** Adds the counts of a scan; concurrent scans start with different fields. */
  private void merge(Counted[] all, ScanField[] scan, int first, int steps, int number) {
    for (int k = 0; k < all.length; k++) {
      int f = (int) ((k + (long) number * SPREAD) % all.length);
      ScanField from = scan[f];
      Counted to = all[f];
      synchronized (to) {
        to.tooMany |= from.ids.isFull();
        for (int id = 1; id <= from.ids.size(); id++) {
          TraceValue v = value(from.ids, id, fields.get(f));
          Counts c = to.values.get(v);
          if (c == null) {
            if (to.values.size() >= MAX_VALUES) {
              to.tooMany = true;
              continue;
            }
            work.reserve(16L * grid.count() + 100);
            c = new Counts(grid.count());
            to.values.put(v, c);
          }
          for (int s = 0; s < steps; s++) {
            int at = id * 2 * steps + s;
            if (at < from.counts.length && from.counts[at] != 0) {
              c.add(false, first + s, from.counts[at]);
            }
            if (at + steps < from.counts.length && from.counts[at + steps] != 0) {
              c.add(true, first + s, from.counts[at + steps]);
            }
          }
        }
      }
      work.release(4L * from.counts.length);
    }
  }

  /** Returns the value for an ID. */
  static TraceValue value(ValueIds ids, int id, FieldExpr field) {
    long bits = ids.bits[id];
    return switch (ids.types[id]) {
      case SpanColumn.STRING -> new TraceValue.Text(ids.strings[(int) bits]);
      case SpanColumn.INT -> Frame.integer(bits, Frame.integers(field));
      case SpanColumn.DOUBLE -> new TraceValue.Real(Double.longBitsToDouble(bits));
      default -> bits != 0 ? TraceValue.TRUE : TraceValue.FALSE;
    };
  }

  private List<Series> series(Counted[] all) {
    List<Series> out = new ArrayList<>();
    for (int f = 0; f < all.length; f++) {
      String name = fields.get(f).text();
      for (boolean selected : new boolean[] {false, true}) {
        side(name, all[f], selected, out);
      }
    }
    if (out.size() > work.limits().maxSeries()) {
      throw TraceQueryException.limit(
          "compare() has "
              + out.size()
              + " series, more than the limit of "
              + work.limits().maxSeries()
              + "; ask for fewer values of each attribute");
    }
    return out;
  }

  /** Values with the highest counts, highest first; of equal counts by type and text. */
  private List<Map.Entry<TraceValue, Counts>> top(
      List<Map.Entry<TraceValue, Counts>> values, boolean selected) {
    Comparator<Map.Entry<TraceValue, Counts>> order =
        Comparator.comparingLong((Map.Entry<TraceValue, Counts> e) -> -e.getValue().total(selected))
            .thenComparing(e -> e.getKey().type())
            .thenComparing(e -> e.getKey().text());
    // the last of the best is first: most values are compared with it alone
    PriorityQueue<Map.Entry<TraceValue, Counts>> best = new PriorityQueue<>(order.reversed());
    for (var e : values) {
      if (best.size() < comparison.top()) {
        best.add(e);
      } else if (!best.isEmpty() && order.compare(e, best.element()) < 0) {
        best.remove();
        best.add(e);
      }
    }
    List<Map.Entry<TraceValue, Counts>> out = new ArrayList<>(best);
    out.sort(order);
    return out;
  }

  private void side(String name, Counted counted, boolean selected, List<Series> out) {
    String type = selected ? "selection" : "baseline";
    double[] total = new double[grid.count()];
    List<Map.Entry<TraceValue, Counts>> values = new ArrayList<>();
    counted.values.forEach(
        (v, c) -> {
          if (c.total(selected) > 0) {
            double[] of = selected ? c.selection : c.baseline;
            for (int i = 0; i < total.length; i++) {
              total[i] += of[i];
            }
            values.add(Map.entry(v, c));
          }
        });
    if (values.isEmpty()) {
      return;
    }
    for (var e : top(values, selected)) {
      Counts c = e.getValue();
      out.add(
          new Series(
              List.of(
                  new NamedValue(META, new TraceValue.Text(type)),
                  new NamedValue(name, e.getKey())),
              selected ? c.selection : c.baseline,
              List.of()));
    }
    if (counted.tooMany || values.size() > comparison.top()) {
      out.add(
          new Series(
              List.of(
                  new NamedValue(META, new TraceValue.Text(type)),
                  new NamedValue("__meta_error", new TraceValue.Text("__too_many_values__")),
                  new NamedValue(name, TraceValue.NIL)),
              new double[grid.count()],
              List.of()));
    }
    out.add(
        new Series(
            List.of(
                new NamedValue(META, new TraceValue.Text(type + "_total")),
                new NamedValue(name, TraceValue.NIL)),
            total,
            List.of()));
  }
}
