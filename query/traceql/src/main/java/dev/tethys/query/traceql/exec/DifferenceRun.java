package dev.tethys.query.traceql.exec;

import dev.tethys.model.access.Scope;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.SelectionDifference;
import dev.tethys.query.traceql.TraceQuery;
import dev.tethys.query.traceql.TraceQueryException;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.Root;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ranks conditions by the difference of their share between a selection and the other spans. One
 * pass counts the values of each attribute, and of numbers with many values their ranges; a second
 * one counts pairs of the best conditions.
 */
public final class DifferenceRun {
  /** Distinct values above which an attribute is treated as an identifier. */
  private static final int MAX_VALUES = 2000;

  /** Distinct numbers above which they are compared by ranges. */
  private static final int FEW_NUMBERS = 24;

  /** Share of the selection below which a condition is not significant. */
  private static final double LEAST_SHARE = 0.01;

  /** Conditions whose pairs are counted. */
  private static final int PAIRED = 8;

  private final TraceqlRun work;
  private final TraceStore store;
  private final Scope scope;
  private final SelectionDifference.Request request;
  private final ExecutionColumns slots = new ExecutionColumns();
  private final List<FieldExpr> fields = new ArrayList<>();
  private final FieldExpr all;
  private final FieldExpr selected;
  private final AtomicLong inside = new AtomicLong();
  private final AtomicLong outside = new AtomicLong();

  private DifferenceRun(
      TraceqlRun work, TraceStore store, Scope scope, SelectionDifference.Request request) {
    this.work = work;
    this.store = store;
    this.scope = scope;
    this.request = request;
    all = filter(request.all());
    selected = filter(request.selected());
    ExecutionColumns used = new ExecutionColumns();
    used.addAll(selected);
    Set<SpanField> trivial = new HashSet<>(used.fields());
    List<FieldExpr> candidates =
        new ArrayList<>(AttributeScan.fields(store, scope, request.from(), request.to()));
    candidates.add(new FieldExpr.Field(Intrinsic.DURATION));
    for (FieldExpr f : candidates) {
      SpanField field =
          f instanceof FieldExpr.Attribute a
              ? a.field()
              : ((FieldExpr.Field) f).intrinsic().field();
      boolean any =
          f instanceof FieldExpr.Attribute a
              && trivial.contains(new SpanField(SpanField.Scope.ANY_ATTRIBUTE, a.name()));
      if (field != null && !trivial.contains(field) && !any) {
        fields.add(f);
        slots.slot(f);
      }
    }
    slots.addAll(all);
    slots.addAll(selected);
    if (!slots.ofTrace().isEmpty()) {
      throw TraceQueryException.invalid(
          "a comparison has no filters by fields of the whole trace, such as "
              + slots.ofTrace().getFirst().text());
    }
  }

  private static FieldExpr filter(TraceQuery q) {
    FieldExpr e =
        q.root() instanceof Root.Search s ? RequiredSpans.onlyFilters(s.pipeline()) : null;
    if (e == null) {
      throw TraceQueryException.invalid("query " + q + " is not a filter in braces");
    }
    return ConstantFolding.fold(e);
  }

  /** Runs a comparison. */
  public static SelectionDifference run(
      TraceqlRun work, TraceStore store, Scope scope, SelectionDifference.Request request) {
    return new DifferenceRun(work, store, scope, request).run();
  }

  /** Numbers of spans inside and outside. */
  private static final class Sides {
    long inside;
    long outside;
  }

  /** Condition with its counts. */
  private record Condition(List<String> fields, FieldExpr expression, long inside, long outside) {}

  /** Counts of a field across all segments. */
  private static final class FieldCounts {
    final Map<TraceValue, Sides> values = new HashMap<>();
    final List<NumberRanges> ranges = new ArrayList<>();
    boolean identifier;

    /** Ranges of one more thread. */
    synchronized NumberRanges addRanges() {
      NumberRanges r = new NumberRanges();
      ranges.add(r);
      return r;
    }
  }

  private SelectionDifference run() {
    FieldCounts[] counts = new FieldCounts[fields.size()];
    Arrays.setAll(counts, i -> new FieldCounts());
    Pushdown p = Pushdown.of(all);
    SpanNeeds needs = new SpanNeeds(false, false, true, false, slots.fields());
    List<SelectionDifference.Ranked> ranked;
    List<String> warnings;
    try (SpanSelection range = store.select(scope, request.from(), request.to())) {
      List<SpanSegment> segments = work.segments(range);
      int tasks = Pushdown.isNone(p.filter()) ? 0 : segments.size();
      work.forEach(
          tasks,
          () -> {
            NumberRanges[] ranges = new NumberRanges[fields.size()];
            for (int i = 0; i < ranges.length; i++) {
              ranges[i] = counts[i].addRanges();
            }
            return s -> {
              FirstPass pass = new FirstPass(ranges, p.exact());
              work.scan(segments.get(s), p.filter(), needs, pass::add);
              pass.mergeInto(counts);
            };
          });
      List<Condition> single = conditions(counts);
      List<Condition> result = new ArrayList<>(single);
      List<Condition> best = single.subList(0, Math.min(PAIRED, single.size()));
      if (best.size() > 1) {
        result.addAll(pairs(best, segments, p));
      }
      ranked = ranked(result);
      warnings = range.warnings();
    }
    return new SelectionDifference(
        inside.get(), outside.get(), ranked, work.statistics(), warnings);
  }

  /** Rows of a batch that are inside and outside. */
  private final class Sorting {
    private final RowTest test = RowTest.of(all, slots);
    private final RowTest inSelection = RowTest.of(selected, slots);
    private final boolean exact;
    final Frame frame = new Frame();
    private boolean[] fits = {};
    private boolean[] in = {};

    /** 1 inside, 0 outside, -1 neither. */
    byte[] side = {};

    Sorting(boolean exact) {
      this.exact = exact;
    }

    void sort(SpanRows rows) {
      int n = rows.count;
      if (side.length < n) {
        fits = new boolean[n];
        in = new boolean[n];
        side = new byte[n];
      }
      frame.count = n;
      frame.columns = rows.columns;
      if (exact) {
        Arrays.fill(fits, 0, n, true);
      } else {
        test.test(frame, fits);
      }
      inSelection.test(frame, in);
      for (int i = 0; i < n; i++) {
        long t = rows.start[i];
        boolean selectedTime = t >= request.selectedFrom() && t < request.selectedTo();
        side[i] = (byte) (!fits[i] ? -1 : in[i] && selectedTime ? 1 : 0);
      }
    }
  }

  /** Counting of single values in one scan. */
  private final class FirstPass {
    private final Sorting sorting;
    private final NumberRanges[] ranges;
    private final ValueIds[] ids = new ValueIds[fields.size()];
    private final int[][] counts = new int[fields.size()][];
    private int[] values = {};
    private long insideRows;
    private long outsideRows;

    FirstPass(NumberRanges[] ranges, boolean exact) {
      this.ranges = ranges;
      sorting = new Sorting(exact);
      Arrays.setAll(ids, i -> new ValueIds(MAX_VALUES));
      Arrays.fill(counts, new int[0]);
    }

    void add(SpanRows rows) {
      sorting.sort(rows);
      int n = rows.count;
      byte[] side = sorting.side;
      if (values.length < n) {
        values = new int[n];
      }
      for (int i = 0; i < n; i++) {
        insideRows += side[i] == 1 ? 1 : 0;
        outsideRows += side[i] == 0 ? 1 : 0;
      }
      for (int f = 0; f < ids.length; f++) {
        SpanColumn c = rows.columns[f];
        if (ids[f].hasNumbers()) {
          ranges[f].add(c, n, side);
        }
        if (ids[f].isFull()) {
          continue; // an identifier, or numbers that are compared by ranges
        }
        boolean numbers = ids[f].hasNumbers();
        ids[f].ids(c, n, values);
        if (!numbers && ids[f].hasNumbers()) {
          ranges[f].add(c, n, side);
        }
        int size = 2 * (ids[f].size() + 1);
        if (size > counts[f].length) {
          counts[f] = Arrays.copyOf(counts[f], 2 * size);
        }
        int[] to = counts[f];
        for (int i = 0; i < n; i++) {
          if (values[i] != 0 && side[i] >= 0) {
            to[2 * values[i] + side[i]]++;
          }
        }
      }
    }

    void mergeInto(FieldCounts[] all) {
      inside.addAndGet(insideRows);
      outside.addAndGet(outsideRows);
      for (int f = 0; f < ids.length; f++) {
        FieldCounts to = all[f];
        synchronized (to) {
          to.identifier |= ids[f].isFull();
          for (int id = 1; id <= ids[f].size() && !to.identifier; id++) {
            Sides s =
                to.values.computeIfAbsent(
                    CompareRun.value(ids[f], id, fields.get(f)), k -> new Sides());
            s.outside += counts[f][2 * id];
            s.inside += counts[f][2 * id + 1];
          }
          to.identifier |= to.values.size() > MAX_VALUES;
        }
      }
    }
  }

  private List<Condition> conditions(FieldCounts[] counts) {
    List<Condition> out = new ArrayList<>();
    for (int f = 0; f < counts.length; f++) {
      FieldExpr field = fields.get(f);
      FieldCounts c = counts[f];
      NumberRanges ranges = new NumberRanges();
      c.ranges.forEach(ranges::addAll);
      if (c.identifier || c.values.size() > FEW_NUMBERS) {
        NumberRanges.Best best = ranges.best(inside.get(), outside.get());
        if (best != null) {
          out.add(
              new Condition(
                  List.of(field.text()), inRange(field, best), best.inside(), best.outside()));
        }
      }
      if (c.identifier) {
        continue;
      }
      boolean ofNumbers = c.values.size() > FEW_NUMBERS;
      c.values.forEach(
          (v, sides) -> {
            if (!(ofNumbers && v.type().isNumeric())) {
              FieldExpr e = new FieldExpr.Binary(Operator.EQUAL, field, new FieldExpr.Static(v));
              out.add(new Condition(List.of(field.text()), e, sides.inside, sides.outside));
            }
          });
    }
    out.removeIf(c -> score(c) <= 0 || share(c.inside, true) < LEAST_SHARE);
    out.sort(order());
    return onePerField(out);
  }

  private Comparator<Condition> order() {
    return Comparator.comparingDouble((Condition c) -> -score(c))
        .thenComparing(c -> c.expression().text());
  }

  /** The best condition of each field first, then the others. */
  private static List<Condition> onePerField(List<Condition> sorted) {
    Set<List<String>> seen = new HashSet<>();
    List<Condition> first = new ArrayList<>();
    List<Condition> rest = new ArrayList<>();
    for (Condition c : sorted) {
      (seen.add(c.fields()) ? first : rest).add(c);
    }
    first.addAll(rest);
    return first;
  }

  private static FieldExpr inRange(FieldExpr field, NumberRanges.Best r) {
    FieldExpr low = new FieldExpr.Binary(Operator.GREATER_OR_EQUAL, field, bound(field, r.low()));
    if (Double.isNaN(r.high())) {
      return low;
    }
    FieldExpr high = new FieldExpr.Binary(Operator.LESS, field, bound(field, r.high()));
    return new FieldExpr.Binary(Operator.AND, low, high);
  }

  private static FieldExpr bound(FieldExpr field, double d) {
    double up = Math.ceil(d);
    boolean whole = Math.abs(up) < 0x1p62 && (Math.abs(d) >= 16 || d == up);
    return new FieldExpr.Static(
        whole ? Frame.integer((long) up, Frame.integers(field)) : new TraceValue.Real(d));
  }

  private double share(long n, boolean in) {
    long of = in ? inside.get() : outside.get();
    return of == 0 ? 0 : (double) n / of;
  }

  /** Difference of shares less twice its standard error; below 0 if chance explains it. */
  private double score(Condition c) {
    double in = share(c.inside, true);
    double out = share(c.outside, false);
    double n = Math.max(1, inside.get());
    double m = Math.max(1, outside.get());
    double p = Math.clamp((c.inside + c.outside) / (n + m), 0, 1);
    return in - out - 2 * Math.sqrt(p * (1 - p) * (1 / n + 1 / m));
  }

  /** Pairs of conditions that are more selective than each alone. */
  private List<Condition> pairs(List<Condition> best, List<SpanSegment> segments, Pushdown p) {
    long[][] counts = new long[2][1 << best.size()];
    ExecutionColumns of = new ExecutionColumns();
    best.forEach(c -> of.addAll(c.expression()));
    of.addAll(all);
    of.addAll(selected);
    SpanNeeds needs = new SpanNeeds(false, false, true, false, of.fields());
    work.forEach(
        segments.size(),
        () ->
            s -> {
              long[][] part = new long[2][1 << best.size()];
              SecondPass pass = new SecondPass(best, of, p.exact(), part);
              work.scan(segments.get(s), p.filter(), needs, pass::add);
              synchronized (counts) {
                for (int side = 0; side < 2; side++) {
                  for (int m = 0; m < part[side].length; m++) {
                    counts[side][m] += part[side][m];
                  }
                }
              }
            });
    List<Condition> out = new ArrayList<>();
    for (int i = 0; i < best.size(); i++) {
      for (int j = i + 1; j < best.size(); j++) {
        int both = 1 << i | 1 << j;
        long[] n = new long[2];
        for (int side = 0; side < 2; side++) {
          for (int m = 0; m < counts[side].length; m++) {
            n[side] += (m & both) == both ? counts[side][m] : 0;
          }
        }
        Condition a = best.get(i);
        Condition b = best.get(j);
        if (a.fields().equals(b.fields())) {
          continue;
        }
        List<String> names = new ArrayList<>(a.fields());
        names.addAll(b.fields());
        Condition pair =
            new Condition(
                names,
                new FieldExpr.Binary(Operator.AND, a.expression(), b.expression()),
                n[1],
                n[0]);
        if (score(pair) > Math.max(score(a), score(b)) + 0.01) {
          out.add(pair);
        }
      }
    }
    return out;
  }

  /** Counting of the sets of conditions that spans fit. */
  private final class SecondPass {
    private final List<RowTest> tests;
    private final RowTest test;
    private final RowTest inSelection;
    private final boolean exact;
    private final long[][] counts;
    private final Frame frame = new Frame();
    private boolean[] scratch = {};
    private int[] masks = {};

    SecondPass(List<Condition> best, ExecutionColumns of, boolean exact, long[][] counts) {
      tests = best.stream().map(c -> RowTest.of(c.expression(), of)).toList();
      test = RowTest.of(all, of);
      inSelection = RowTest.of(selected, of);
      this.exact = exact;
      this.counts = counts;
    }

    void add(SpanRows rows) {
      int n = rows.count;
      if (scratch.length < n) {
        scratch = new boolean[n];
        masks = new int[n];
      }
      frame.count = n;
      frame.columns = rows.columns;
      Arrays.fill(masks, 0, n, 0);
      for (int t = 0; t < tests.size(); t++) {
        mark(tests.get(t), n, 1 << t);
      }
      mark(inSelection, n, 1 << tests.size());
      if (!exact) {
        mark(test, n, 1 << tests.size() + 1);
      }
      for (int i = 0; i < n; i++) {
        if (exact || masks[i] >>> tests.size() + 1 != 0) {
          long t = rows.start[i];
          boolean in =
              (masks[i] >>> tests.size() & 1) != 0
                  && t >= request.selectedFrom()
                  && t < request.selectedTo();
          counts[in ? 1 : 0][masks[i] & (1 << tests.size()) - 1]++;
        }
      }
    }

    private void mark(RowTest t, int n, int bit) {
      t.test(frame, scratch);
      for (int i = 0; i < n; i++) {
        masks[i] |= scratch[i] ? bit : 0;
      }
    }
  }

  private List<SelectionDifference.Ranked> ranked(List<Condition> conditions) {
    conditions.sort(order());
    List<SelectionDifference.Ranked> out = new ArrayList<>();
    for (Condition c : conditions.subList(0, Math.min(conditions.size(), request.limit()))) {
      out.add(
          new SelectionDifference.Ranked(
              c.fields(),
              c.expression().text(),
              c.inside,
              c.outside,
              share(c.inside, true),
              share(c.outside, false),
              score(c)));
    }
    return out;
  }
}
