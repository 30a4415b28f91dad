package dev.tethys.model.tracing;

import org.jspecify.annotations.Nullable;

/**
 * Fractions of traces that are recorded. A trace is selected by its id, so that several programs
 * select the same traces.
 *
 * @param root fraction for traces that start here, 0 to 1
 * @param recordedParent fraction for traces that the caller records
 * @param unrecordedParent fraction for traces that the caller does not record
 */
public record SpanSampling(double root, double recordedParent, double unrecordedParent) {
  /** All traces of callers that record them, and none of the others. */
  public static SpanSampling parentBased(double root) {
    return new SpanSampling(root, 1, 0);
  }

  /** Whether a trace is recorded. */
  boolean isRecorded(@Nullable TraceContext parent, long traceIdLow) {
    double fraction = parent == null ? root : parent.sampled() ? recordedParent : unrecordedParent;
    return fraction >= 1 || fraction > 0 && traceIdLow >>> 1 < (long) (fraction * 0x1p63);
  }
}
