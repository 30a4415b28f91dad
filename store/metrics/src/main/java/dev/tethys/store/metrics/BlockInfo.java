package dev.tethys.store.metrics;

import java.util.List;

/**
 * A block on disk, for people and for /api/v1/status/tsdb/blocks.
 *
 * @param minTime first millisecond, inclusive
 * @param maxTime end, exclusive
 * @param fromLateSamples holds only samples that came out of order
 */
public record BlockInfo(
    String ulid,
    long minTime,
    long maxTime,
    long samples,
    long series,
    long chunks,
    long tombstones,
    long bytes,
    int level,
    boolean fromLateSamples,
    List<String> sources) {}
