package dev.tethys.insight.graph.query;

/** Quantiles of durations in seconds; NaN without durations. */
public record Latency(double p50, double p95, double p99) {
  public static final Latency NONE = new Latency(Double.NaN, Double.NaN, Double.NaN);

  /** Returns the larger of two quantiles, either of which may be NaN. */
  static double larger(double a, double b) {
    return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b);
  }
}
