package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRelation;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects the ids of the traces that fulfil a condition. */
final class Candidates {
  /** Size of a set of traces up to which the store tests it. */
  private static final int PUSHED_TRACES = 1 << 18;

  /** Number of traces that need no further conditions. */
  private static final int FEW_TRACES = 512;

  private static final SpanNeeds NEEDS = new SpanNeeds(true, false, true, false, List.of());

  private final TraceqlRun work;
  private final List<SpanSegment> segments;

  Candidates(TraceqlRun work, List<SpanSegment> segments) {
    this.work = work;
    this.segments = segments;
  }

  /** Traces that fulfil a condition. */
  TraceTable collect(RequiredSpans need) {
    return collect(need, null);
  }

  private TraceTable collect(RequiredSpans need, @Nullable TraceTable within) {
    return switch (need) {
      case RequiredSpans.Leaf l -> {
        SpanFilter f = l.filter();
        boolean pushed = within != null && within.size() <= PUSHED_TRACES;
        if (within != null && pushed) {
          f = Pushdown.and(f, new SpanFilter.OfTraces(within.ids()));
        }
        TraceTable out = scan(f, pushed ? null : within);
        out.retain(l.count());
        yield out;
      }
      case RequiredSpans.Related r -> related(r.relation(), within);
      case RequiredSpans.All a -> {
        TraceTable t = within;
        for (RequiredSpans n : a.of()) {
          t = collect(n, t);
          if (t.size() <= FEW_TRACES) {
            break; // their spans are loaded sooner than another condition is scanned
          }
        }
        yield t == null ? new TraceTable() : t;
      }
      case RequiredSpans.Any a -> {
        TraceTable t = new TraceTable();
        for (RequiredSpans n : a.of()) {
          t.addAll(collect(n, within));
        }
        yield t;
      }
    };
  }

  /** Traces of all segments with spans that fit. */
  private TraceTable scan(SpanFilter filter, @Nullable TraceTable within) {
    if (Pushdown.isNone(filter)) {
      return new TraceTable();
    }
    TraceTable.Runs[] parts = new TraceTable.Runs[segments.size()];
    work.forEach(
        parts.length,
        () ->
            i -> {
              TraceTable.Runs t = new TraceTable.Runs();
              work.scan(
                  segments.get(i),
                  filter,
                  NEEDS,
                  rows -> {
                    int before = t.size();
                    runs(
                        rows,
                        (h, l, newest, count) -> {
                          if (within == null || within.contains(h, l)) {
                            t.add(h, l, newest, count);
                          }
                        });
                    work.reserve((long) (t.size() - before) * TraceTable.BYTES);
                  });
              parts[i] = t;
            });
    return TraceTable.of(parts);
  }

  /**
   * Traces with spans that fit, of some segments.
   *
   * @param enough number of traces after which the scan of a segment ends
   */
  TraceTable scan(SpanFilter filter, int fromSegment, int toSegment, int enough) {
    TraceTable all = new TraceTable();
    if (Pushdown.isNone(filter)) {
      return all;
    }
    TraceTable[] parts = new TraceTable[toSegment - fromSegment];
    work.forEach(
        parts.length,
        () ->
            i -> {
              TraceTable t = new TraceTable();
              work.scan(
                  segments.get(fromSegment + i),
                  filter,
                  NEEDS,
                  rows -> {
                    int before = t.size();
                    runs(rows, t::add);
                    work.reserve((long) (t.size() - before) * TraceTable.BYTES);
                    if (t.size() >= enough) {
                      throw TraceqlRun.EnoughResults.ENOUGH;
                    }
                  });
              parts[i] = t;
            });
    for (TraceTable t : parts) {
      all.addAll(t);
    }
    return all;
  }

  /** Traces with spans, at least one of which may descend from another. */
  private TraceTable related(SpanRelation relation, @Nullable TraceTable within) {
    if (Pushdown.isNone(relation.lower()) || Pushdown.isNone(relation.upper())) {
      return new TraceTable();
    }
    TraceTable.Runs[] parts = new TraceTable.Runs[segments.size()];
    work.forEach(
        parts.length,
        () ->
            i -> {
              TraceTable.Runs t = new TraceTable.Runs();
              work.related(
                  segments.get(i),
                  relation,
                  (high, low, newest, holds) -> {
                    if (within == null || within.contains(high, low)) {
                      t.add(high, low, newest, holds ? 2 : 1);
                    }
                  });
              work.reserve((long) t.size() * TraceTable.BYTES);
              parts[i] = t;
            });
    TraceTable all = TraceTable.of(parts);
    all.retain(2); // one segment says that it may hold, or two have spans
    return all;
  }

  /** Receiver of spans of a trace that follow one another. */
  private interface Run {
    void add(long high, long low, long newest, int count);
  }

  private static void runs(SpanRows rows, Run to) {
    for (int i = 0; i < rows.count; ) {
      long h = rows.traceHigh[i];
      long l = rows.traceLow[i];
      long newest = rows.start[i];
      int end = i + 1;
      while (end < rows.count && rows.traceLow[end] == l && rows.traceHigh[end] == h) {
        newest = Math.max(newest, rows.start[end++]);
      }
      to.add(h, l, newest, end - i);
      i = end;
    }
  }
}
