package dev.tethys.query.logql;

/**
 * Query statistics.
 *
 * @param bytesProcessed bytes of the bodies in scanned segments
 * @param linesProcessed rows of scanned segments
 * @param linesPassed rows that passed the pipeline
 * @param segments segments whose rows were read
 * @param entriesReturned entries or series of the result
 * @param seconds duration of the execution
 */
public record LogqlStatistics(
    long bytesProcessed,
    long linesProcessed,
    long linesPassed,
    long segments,
    long entriesReturned,
    double seconds) {}
