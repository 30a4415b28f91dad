package dev.tethys.query.traceql.exec;

import dev.tethys.model.access.Scope;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.TraceSummaries;
import dev.tethys.query.traceql.FoundTrace;
import dev.tethys.query.traceql.FoundTrace.ServiceStats;
import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import dev.tethys.query.traceql.ast.Stage;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Search for traces in two phases. The first finds the ids of candidates by conditions that each
 * result fulfils; the second evaluates the pipeline over the spans of some candidates at a time,
 * until there are enough results. Root, time and services come from summaries of the found traces.
 */
public final class TraceSearch {
  /** Number of traces loaded in the first batch; each further batch is twice as large. */
  private static final int FIRST_CHUNK = 1024;

  /** Maximum number of traces whose spans are loaded at a time. */
  private static final int MAX_CHUNK = 8192;

  /** Size in bytes of a span in a result, and of an attribute without its characters. */
  private static final int SPAN_BYTES = 112;

  private static final int ATTRIBUTE_BYTES = 64;

  /** Field that results have. */
  private record Output(String name, ExecutionColumns.Slot slot, ValueType integers) {}

  /** Trace that fits. */
  private record Fit(TraceTable.Candidate id, List<FoundTrace.Spanset> spansets) {}

  private final TraceqlRun work;
  private final Stage.Pipeline pipeline;
  private final int limit;
  private final int spansPerSpanset;
  private final boolean mostRecent;
  private final List<SpanSegment> segments;
  private final ExecutionColumns slots = new ExecutionColumns();
  private final ExecutionColumns.Slot name;
  private final SpansetEvaluation evaluation;
  private final TraceLoader loader;
  private final Map<String, Output> outputs = new LinkedHashMap<>();
  private final List<FoundTrace> found = new ArrayList<>();
  private final List<Long> newest = new ArrayList<>();

  /**
   * @param segments segments of the time range, newest first
   * @param all segments that may have other spans of found traces
   */
  TraceSearch(
      TraceqlRun work,
      Stage.Pipeline pipeline,
      long from,
      long to,
      int limit,
      int spansPerSpanset,
      boolean mostRecent,
      List<SpanSegment> segments,
      List<SpanSegment> all) {
    this.work = work;
    this.pipeline = pipeline;
    this.limit = limit;
    this.spansPerSpanset = spansPerSpanset;
    this.mostRecent = mostRecent;
    this.segments = segments;
    name = slots.slot(Intrinsic.NAME);
    addOutputs(pipeline);
    evaluation = new SpansetEvaluation(pipeline, slots, from, to);
    SpanFilter deciding = slots.ofTrace().isEmpty() ? DecidingSpans.of(pipeline) : null;
    TraceFrame.Core core = deciding == null ? TraceFrame.Core.of(slots) : TraceFrame.Core.NONE;
    loader = new TraceLoader(work, slots, core, all, deciding == null ? SpanFilter.ALL : deciding);
  }

  /** Runs a search over the segments of a range and of a wider range for the rest of traces. */
  public static List<FoundTrace> run(
      TraceqlRun work,
      Stage.Pipeline pipeline,
      long from,
      long to,
      int limit,
      int spansPerSpanset,
      boolean mostRecent,
      dev.tethys.model.traces.TraceStore store,
      Scope scope) {
    long slack = work.limits().traceNanos();
    try (var inRange = store.select(scope, from, to);
        var wide = store.select(scope, Times.minus(from, slack), Times.plus(to, slack))) {
      return new TraceSearch(
              work,
              pipeline,
              from,
              to,
              limit,
              spansPerSpanset,
              mostRecent,
              work.segments(inRange),
              work.segments(wide))
          .run();
    }
  }

  private void addOutputs(Stage s) {
    switch (s) {
      case Stage.Filter f -> addOutputs(f.expression());
      case Stage.Operation o -> {
        addOutputs(o.left());
        addOutputs(o.right());
      }
      case Stage.Pipeline p -> p.stages().forEach(this::addOutputs);
      case Stage.GroupBy g -> addOutputs(g.expression());
      case Stage.Select c -> c.fields().forEach(this::addOutputs);
      case Stage.ScalarFilter _, Stage.Coalesce _ -> {}
    }
  }

  private void addOutputs(FieldExpr e) {
    switch (e) {
      case FieldExpr.Static _ -> {}
      case FieldExpr.Attribute a -> addOutput(a, a.name());
      case FieldExpr.Field f -> {
        switch (f.intrinsic()) {
          case NAME, DURATION, TRACE_ID, SPAN_ID, TRACE_DURATION, ROOT_NAME, ROOT_SERVICE -> {
            // a field of the result itself
          }
          default -> addOutput(f, f.text());
        }
      }
      case FieldExpr.Binary b -> {
        addOutputs(b.left());
        addOutputs(b.right());
      }
      case FieldExpr.Unary u -> addOutputs(u.operand());
    }
  }

  private void addOutput(FieldExpr field, String name) {
    outputs.putIfAbsent(field.text(), new Output(name, slots.slot(field), Frame.integers(field)));
  }

  private List<FoundTrace> run() {
    RequiredSpans need = RequiredSpans.of(pipeline);
    if (limit > 0) {
      if (need instanceof RequiredSpans.Leaf l && l.count() <= 1) {
        inWaves(l, l.exact() && RequiredSpans.onlyFilters(pipeline) != null);
      } else {
        TraceTable.Candidate[] all = new Candidates(work, segments).collect(need).candidates();
        evaluate(all, 0);
      }
    }
    return sorted();
  }

  /** Collects candidates of the newest segments first and stops when there are enough results. */
  private void inWaves(RequiredSpans.Leaf leaf, boolean everyCandidateFits) {
    Candidates candidates = new Candidates(work, segments);
    TraceTable seen = new TraceTable();
    SpanFilter filter = leaf.filter();
    int enough = everyCandidateFits && !mostRecent ? limit : Integer.MAX_VALUE;
    int wave = work.parallelism();
    for (int at = 0; at < segments.size(); wave *= 2) {
      int end = Math.min(segments.size(), at + wave);
      TraceTable t = candidates.scan(filter, at, end, enough);
      at = end;
      long next = at < segments.size() ? segments.get(at).lastTime() : Long.MIN_VALUE;
      if (everyCandidateFits) {
        seen.addAll(t);
        if (seen.size() >= limit && (!mostRecent || isNewest(seen, next))) {
          break;
        }
      } else {
        List<TraceTable.Candidate> fresh = new ArrayList<>();
        for (TraceTable.Candidate c : t.candidates()) {
          if (!seen.contains(c.high(), c.low())) {
            fresh.add(c);
          }
        }
        seen.addAll(t);
        evaluate(fresh.toArray(new TraceTable.Candidate[0]), 0);
        if (found.size() >= limit && (!mostRecent || next < kthNewest())) {
          break;
        }
      }
    }
    if (everyCandidateFits) {
      TraceTable.Candidate[] all = seen.candidates();
      evaluate(all, Math.min(all.length, limit));
    }
  }

  private boolean isNewest(TraceTable seen, long next) {
    TraceTable.Candidate[] all = seen.candidates();
    return all[limit - 1].newest() > next;
  }

  private long kthNewest() {
    return newest.stream().sorted(java.util.Comparator.reverseOrder()).toList().get(limit - 1);
  }

  private void evaluate(TraceTable.Candidate[] all, int count) {
    int n = count == 0 ? all.length : count;
    int done = 0;
    int chunk = firstChunk(n, count > 0);
    while (done < n && (mostRecent && count == 0 || found.size() < limit)) {
      int size = Math.min(n - done, chunk);
      chunk = Math.min(MAX_CHUNK, chunk * 2);
      TraceFrame f = loader.load(all, done, done + size);
      evaluation.over(f);
      List<Fit> fits = new ArrayList<>();
      for (int t = 0; t < size; t++) {
        if (!mostRecent && found.size() + fits.size() >= limit) {
          break;
        }
        List<SpansetEvaluation.Spanset> sets = evaluation.evaluate(t);
        if (!sets.isEmpty()) {
          fits.add(new Fit(all[done + t], spansets(f, sets)));
        }
      }
      loader.release(f);
      addFound(fits);
      done += size;
    }
  }

  /** Small while results of it may be enough: each chunk requires a pass over the segments. */
  private int firstChunk(int candidates, boolean everyCandidateFits) {
    if (everyCandidateFits) {
      return Math.clamp(limit, 64, FIRST_CHUNK);
    }
    boolean mayEnd = !mostRecent && candidates > limit - found.size();
    return mayEnd ? FIRST_CHUNK : MAX_CHUNK;
  }

  /** Adds traces with the known facts of all their spans. */
  private void addFound(List<Fit> fits) {
    if (fits.isEmpty()) {
      return;
    }
    TraceSummaries summaries = loader.summaries(fits.stream().map(Fit::id).toList());
    for (Fit fit : fits) {
      TraceTable.Candidate id = fit.id();
      int trace = summaries.find(id.high(), id.low());
      TreeMap<String, ServiceStats> services = new TreeMap<>();
      summaries.services(
          trace, (name, spans, errors) -> services.put(name, new ServiceStats(spans, errors)));
      found.add(
          new FoundTrace(
              id.high(),
              id.low(),
              summaries.rootService(trace),
              summaries.rootName(trace),
              summaries.start(trace),
              summaries.duration(trace),
              fit.spansets(),
              services));
      newest.add(id.newest());
    }
    loader.releaseSummaries(fits.size());
  }

  private List<FoundTrace> sorted() {
    if (!mostRecent) {
      return found;
    }
    Integer[] order = new Integer[found.size()];
    java.util.Arrays.setAll(order, i -> i);
    java.util.Arrays.sort(
        order,
        java.util.Comparator.<Integer>comparingLong(i -> newest.get(i))
            .reversed()
            .thenComparing(i -> found.get(i).traceId()));
    List<FoundTrace> out = new ArrayList<>();
    for (Integer i : order) {
      if (out.size() < limit) {
        out.add(found.get(i));
      }
    }
    return out;
  }

  private List<FoundTrace.Spanset> spansets(TraceFrame f, List<SpansetEvaluation.Spanset> sets) {
    List<FoundTrace.Spanset> out = new ArrayList<>();
    for (SpansetEvaluation.Spanset s : sets) {
      List<FoundTrace.FoundSpan> spans = new ArrayList<>();
      for (int row : s.rows()) {
        if (spansPerSpanset > 0 && spans.size() >= spansPerSpanset) {
          break;
        }
        spans.add(span(f, row));
      }
      out.add(new FoundTrace.Spanset(spans, s.rows().length, s.attributes()));
    }
    return out;
  }

  private FoundTrace.FoundSpan span(TraceFrame f, int row) {
    List<NamedValue> attributes = new ArrayList<>(outputs.size());
    long bytes = SPAN_BYTES;
    for (Output o : outputs.values()) {
      SpanColumn c = f.frame.columns[o.slot.index()];
      TraceValue v = Frame.value(c, row, o.integers, true);
      if (v.type() != ValueType.NIL) {
        attributes.add(new NamedValue(o.name, v));
        bytes += ATTRIBUTE_BYTES + size(v);
      }
    }
    work.reserve(bytes);
    String text = f.text(row, name);
    return new FoundTrace.FoundSpan(
        f.spanIds[row], text == null ? "" : text, f.starts[row], f.durations[row], attributes);
  }

  /** Bytes of a value whose size is its own. */
  private static long size(TraceValue v) {
    return switch (v) {
      case TraceValue.Text t -> t.value().length();
      case TraceValue.Items i -> {
        long sum = 0;
        for (TraceValue x : i.values()) {
          sum += ATTRIBUTE_BYTES + size(x);
        }
        yield sum;
      }
      default -> 0;
    };
  }
}
