package dev.tethys.model.traces;

import java.util.List;

/**
 * Append result.
 *
 * @param stored number of stored spans
 * @param refusals refused spans by reason; empty if all are stored
 */
public record SpanAppendResult(int stored, List<Refusal> refusals) {
  /**
   * Spans rejected by a limit.
   *
   * @param spans number of rejected spans
   * @param limit reason as in Tempo's {@code tempo_discarded_spans_total}
   * @param message the limit, its value, the value that exceeds it, and the first such span
   */
  public record Refusal(int spans, String limit, String message) {}

  /** Result of an append that stored all spans. */
  public static SpanAppendResult stored(int spans) {
    return new SpanAppendResult(spans, List.of());
  }

  /** Returns the number of rejected spans. */
  public int refused() {
    return refusals.stream().mapToInt(Refusal::spans).sum();
  }
}
