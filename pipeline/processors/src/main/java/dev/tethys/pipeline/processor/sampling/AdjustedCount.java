package dev.tethys.pipeline.processor.sampling;

/** How many spans one stands for that a sampler has kept, as its {@code tracestate} says. */
public final class AdjustedCount {
  private static final double ALL = 1L << 56;

  private AdjustedCount() {}

  /** 1 where no sampler has said anything, or kept everything. */
  public static double of(String traceState) {
    double found = find(traceState);
    return found == 0 ? 1 : found;
  }

  /** The same, but 0 where no sampler has said anything. */
  public static double find(String traceState) {
    long threshold = traceState.isEmpty() ? -1 : OtelTraceState.parse(traceState).threshold();
    return threshold < 0 ? 0 : ALL / (ALL - threshold);
  }
}
