package dev.tethys.query.traceql;

/**
 * Query statistics.
 *
 * @param inspectedTraces traces whose spans were evaluated
 * @param inspectedSpans spans that scans passed on
 * @param segments segments of the time range
 * @param scannedSegments segments that were scanned
 */
public record TraceStatistics(
    long inspectedTraces, long inspectedSpans, int segments, int scannedSegments) {}
