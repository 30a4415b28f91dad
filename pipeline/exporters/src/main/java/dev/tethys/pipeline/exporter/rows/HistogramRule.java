package dev.tethys.pipeline.exporter.rows;

/** Conversion of native histograms. */
public enum HistogramRule {
  /** The destination has them. */
  NATIVE,
  /** One row of JSON, as the HTTP API of Prometheus shows a histogram. */
  JSON,
  /** Series {@code _bucket} with {@code le}, {@code _sum} and {@code _count}. */
  CLASSIC,
  /** They are dropped, and counted under {@code native_histogram}. */
  DROP
}
