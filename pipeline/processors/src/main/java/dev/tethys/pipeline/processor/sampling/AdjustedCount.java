package dev.tethys.pipeline.processor.sampling;

/** Number of spans that a sampled span represents, from its {@code tracestate}. */
public final class AdjustedCount {
  private AdjustedCount() {}

  /** Returns the adjusted count; 1 if no sampler is recorded, or if it kept everything. */
  public static double of(String traceState) {
    double found = find(traceState);
    return found == 0 ? 1 : found;
  }

  /** Returns the adjusted count; 0 if no sampler is recorded. */
  public static double find(String traceState) {
    OtelTraceState state = traceState.isEmpty() ? null : OtelTraceState.parse(traceState);
    long threshold = state == null ? -1 : state.thresholdBits();
    return threshold < 0 ? 0 : 1 / Threshold.probability(threshold);
  }
}
