package dev.tethys.model.traces;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Traces of a segment by the filters of a relation that their spans match, in any position. */
final class RelatedTraces {
  static final SpanNeeds NEEDS = new SpanNeeds(true, false, true, false, List.of());
  static final int UPPER = 1;
  static final int LOWER = 2;

  private record Id(long high, long low) {}

  private static final class State {
    private long newest = Long.MIN_VALUE;
    private int fits;
  }

  private final Map<Id, State> traces = new HashMap<>();

  void add(SpanRows rows, int filter) {
    for (int i = 0; i < rows.count; i++) {
      Id id = new Id(rows.traceHigh[i], rows.traceLow[i]);
      State s = traces.computeIfAbsent(id, k -> new State());
      s.newest = Math.max(s.newest, rows.start[i]);
      s.fits |= filter;
    }
  }

  /** Passes everything on; both filters may apply together. */
  void pass(SpanRelation.Consumer to) {
    traces.forEach((id, s) -> to.accept(id.high, id.low, s.newest, s.fits == (UPPER | LOWER)));
  }
}
