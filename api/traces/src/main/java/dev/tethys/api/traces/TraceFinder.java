package dev.tethys.api.traces;

import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.web.HttpException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds the newest traces with a span that fits a filter. */
final class TraceFinder {
  private static final SpanNeeds IDS_AND_START = new SpanNeeds(true, false, true, false, List.of());

  /** Maximum number of traces whose ids a search by several conditions keeps. */
  static final int MAX_CANDIDATES = 500_000;

  private final TraceStore store;
  private final Scope scope;

  TraceFinder(TraceStore store, Scope scope) {
    this.store = store;
    this.scope = scope;
  }

  /**
   * Returns the IDs of the traces whose matching spans started last, newest first.
   *
   * @param from first start of a fitting span in Unix nanoseconds, inclusive
   * @param to last start, exclusive
   */
  List<TraceId> newest(SpanFilter filter, long from, long to, int limit) {
    if (limit <= 0 || from >= to) {
      return List.of();
    }
    try (SpanSelection selection = store.select(scope, from, to)) {
      List<SpanSegment> segments = new ArrayList<>(selection.segments());
      segments.sort(Comparator.comparingLong(SpanSegment::lastTime).reversed());
      Newest newest = new Newest(limit);
      for (SpanSegment s : segments) {
        Cancellation.check();
        if (s.lastTime() < newest.oldest()) {
          break; // all further segments end earlier
        }
        s.scan(
            filter,
            IDS_AND_START,
            rows -> {
              for (int i = 0; i < rows.count; i++) {
                newest.add(rows.traceHigh[i], rows.traceLow[i], rows.start[i]);
              }
            });
        newest.prune();
      }
      return newest.list();
    }
  }

  /**
   * Returns the IDs of the traces in which each filter matches a span, not necessarily the same
   * one, ordered by their newest span that matches the last filter.
   *
   * @throws dev.tethys.web.HttpException 422 if more than {@link #MAX_CANDIDATES} traces fit a
   *     filter before the last
   */
  List<TraceId> newest(List<SpanFilter> filters, long from, long to, int limit) {
    if (limit <= 0 || from >= to) {
      return List.of();
    }
    SpanFilter among = SpanFilter.ALL;
    for (SpanFilter f : filters.subList(0, filters.size() - 1)) {
      TraceIds ids = ids(new SpanFilter.And(List.of(among, f)), from, to);
      if (ids.size() == 0) {
        return List.of();
      }
      among = new SpanFilter.OfTraces(ids);
    }
    return newest(new SpanFilter.And(List.of(among, filters.getLast())), from, to, limit);
  }

  private TraceIds ids(SpanFilter filter, long from, long to) {
    TraceIds ids = new TraceIds();
    try (SpanSelection selection = store.select(scope, from, to)) {
      for (SpanSegment s : selection.segments()) {
        Cancellation.check();
        s.scan(
            filter,
            IDS_AND_START,
            rows -> {
              for (int i = 0; i < rows.count; i++) {
                ids.add(rows.traceHigh[i], rows.traceLow[i]);
              }
              if (ids.size() > MAX_CANDIDATES) {
                throw new HttpException(
                    422,
                    "a condition fits more than "
                        + MAX_CANDIDATES
                        + " traces; use a shorter lookback or another condition");
              }
            });
      }
    }
    return ids;
  }

  /** Returns all spans of a trace. */
  TracesData trace(TraceId id) {
    return trace(id, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** Returns the spans of a trace that start in a range. */
  TracesData trace(TraceId id, long from, long to) {
    return store.trace(scope, id.high(), id.low(), from, to);
  }

  /** Returns a filter for the spans of a service. */
  static SpanFilter service(String name) {
    return equal(SpanField.SERVICE, name);
  }

  /** Returns a filter for spans with a field equal to a text, ignoring case. */
  static SpanFilter equalIgnoringCase(SpanField field, String value) {
    return new SpanFilter.Matches(field, "(?i:" + Regex.quote(value) + ")");
  }

  /** Returns a filter for spans with a field equal to a text. */
  static SpanFilter equal(SpanField field, String value) {
    return new SpanFilter.Compare(field, SpanFilter.Operator.EQUAL, new SpanValue.Text(value));
  }

  /**
   * Latest start of each of the newest traces. An evicted trace returns if a newer span of it is
   * found, so that the result is exact.
   */
  private static final class Newest {
    private final int limit;
    private final Map<TraceId, Long> starts = new HashMap<>();
    private long oldest = Long.MIN_VALUE;

    Newest(int limit) {
      this.limit = limit;
    }

    /** Returns the earliest start time of a span among the newest. */
    long oldest() {
      return oldest;
    }

    void add(long high, long low, long start) {
      if (start < oldest) {
        return;
      }
      starts.merge(new TraceId(high, low), start, Math::max);
      if (starts.size() >= 4L * limit + 64) {
        prune();
      }
    }

    private List<Map.Entry<TraceId, Long>> sorted() {
      List<Map.Entry<TraceId, Long>> all = new ArrayList<>(starts.entrySet());
      all.sort(
          Map.Entry.<TraceId, Long>comparingByValue()
              .reversed()
              .thenComparing(e -> e.getKey().high())
              .thenComparing(e -> e.getKey().low()));
      return all;
    }

    private void prune() {
      List<Map.Entry<TraceId, Long>> all = sorted();
      if (all.size() >= limit) {
        oldest = all.get(limit - 1).getValue();
        List<TraceId> removed =
            all.subList(limit, all.size()).stream().map(Map.Entry::getKey).toList();
        removed.forEach(starts::remove);
      }
    }

    List<TraceId> list() {
      return sorted().stream().limit(limit).map(Map.Entry::getKey).toList();
    }
  }
}
