package dev.tethys.collect.scrape;

import dev.tethys.model.tracing.SpanRecorder;
import java.time.Duration;

/**
 * Options for all jobs of a process.
 *
 * @param userAgent the User-Agent of scrapes
 * @param startTimestamps samples are stored with the start timestamps of expositions
 * @param zeroAtStart a sample of 0 is written at a new start timestamp
 * @param typeAndUnitLabels series carry {@code __type__} and {@code __unit__}
 * @param synthesizeStarts cumulative series without a start timestamp count from their first sample
 *     on, see {@link SynthesizedStart}
 * @param tolerance a scrape that starts at most this late, and at most a hundredth of its interval,
 *     carries its scheduled time
 * @param maxBodyBytes the largest body of a job without {@code body_size_limit}
 * @param tracing creates a trace for each scrape
 * @param failures logs failed scrapes
 */
public record ScrapeOptions(
    String userAgent,
    boolean startTimestamps,
    boolean zeroAtStart,
    boolean typeAndUnitLabels,
    boolean synthesizeStarts,
    Duration tolerance,
    long maxBodyBytes,
    SpanRecorder tracing,
    FailureReports failures) {
  /** Without a log of failures, as in Prometheus. */
  public ScrapeOptions(
      String userAgent,
      boolean startTimestamps,
      boolean zeroAtStart,
      boolean typeAndUnitLabels,
      boolean synthesizeStarts,
      Duration tolerance,
      long maxBodyBytes,
      SpanRecorder tracing) {
    this(
        userAgent,
        startTimestamps,
        zeroAtStart,
        typeAndUnitLabels,
        synthesizeStarts,
        tolerance,
        maxBodyBytes,
        tracing,
        FailureReports.NONE);
  }

  /** With the usual tolerance and without traces. */
  public ScrapeOptions(
      String userAgent,
      boolean startTimestamps,
      boolean zeroAtStart,
      boolean typeAndUnitLabels,
      long maxBodyBytes) {
    this(
        userAgent,
        startTimestamps,
        zeroAtStart,
        typeAndUnitLabels,
        false,
        TOLERANCE,
        maxBodyBytes,
        SpanRecorder.OFF);
  }

  /** Variant with a log of failures. */
  public ScrapeOptions with(FailureReports reports) {
    return new ScrapeOptions(
        userAgent,
        startTimestamps,
        zeroAtStart,
        typeAndUnitLabels,
        synthesizeStarts,
        tolerance,
        maxBodyBytes,
        tracing,
        reports);
  }

  /** Whether samples may have other starts, values or times than the page's. */
  boolean edits() {
    return readsStarts() || synthesizeStarts;
  }

  /** Whether start timestamps of pages are used. */
  boolean readsStarts() {
    return startTimestamps || zeroAtStart;
  }

  /** Prometheus's. */
  public static final Duration TOLERANCE = Duration.ofMillis(2);

  /** Default limit of a body, to bound memory; a job may set a larger one. */
  public static final long DEFAULT_MAX_BODY_BYTES = 256L << 20;

  /** Prometheus's behaviour without feature flags. */
  public static final ScrapeOptions DEFAULT =
      new ScrapeOptions("Tethys", false, false, false, DEFAULT_MAX_BODY_BYTES);
}
