package dev.tethys.model.traces;

import java.util.function.Consumer;

/**
 * Part of the selected spans, small enough to be scanned within milliseconds. The spans of a trace
 * may be in several segments. A duplicate of a span counts as another span.
 */
public interface SpanSegment {
  /** Start of the oldest span, or an earlier time. */
  long firstTime();

  /** Start of the newest span, or a later time. */
  long lastTime();

  /** Number of spans before filters, or more. */
  long rows();

  /**
   * Passes on the spans that start in the selected time range and fit the filter, in batches, with
   * the ids of single rows even if ids are not needed. Calls {@link
   * dev.tethys.model.cancellation.Cancellation#check} between batches. Damaged data is omitted;
   * {@link SpanSelection#warnings} names it after the scan.
   */
  void scan(SpanFilter filter, SpanNeeds needs, Consumer<SpanRows> consumer);

  /**
   * Passes on the traces with spans that start in the selected time range and fit one of the
   * filters of a relation. A trace fulfils the condition if a segment reports that it may, or if
   * several segments pass it on. This assumes that spans with one id that are in different segments
   * have the same parent.
   */
  default void related(SpanRelation relation, SpanRelation.Consumer consumer) {
    RelatedTraces traces = new RelatedTraces();
    scan(relation.upper(), RelatedTraces.NEEDS, rows -> traces.add(rows, RelatedTraces.UPPER));
    scan(relation.lower(), RelatedTraces.NEEDS, rows -> traces.add(rows, RelatedTraces.LOWER));
    traces.pass(consumer);
  }

  /**
   * Summaries of the spans that start in the selected time range, of some traces at least; others
   * may be there too.
   *
   * @return not changed by the caller
   */
  default TraceSummaries summaries(TraceIds ids) {
    TraceSummaries out = new TraceSummaries();
    scan(new SpanFilter.OfTraces(ids), TraceSummaries.NEEDS, out::add);
    return out;
  }
}
