package dev.tethys.model.traces;

/**
 * Condition on a trace: a span that fits a filter is a child or a descendant of a span that fits
 * another.
 *
 * @param lower filter of the child or descendant
 * @param upper filter of the parent or ancestor
 * @param anyDepth true for descendants, false for children
 */
public record SpanRelation(SpanFilter lower, SpanFilter upper, boolean anyDepth) {
  /** Receives the traces of a segment. */
  @FunctionalInterface
  public interface Consumer {
    /**
     * Receives a trace, once for each segment that contains spans of it matching one of the
     * filters.
     *
     * @param newest start of the newest of these spans
     * @param holds false if the spans of the segment alone do not fulfil the condition
     */
    void accept(long traceHigh, long traceLow, long newest, boolean holds);
  }
}
