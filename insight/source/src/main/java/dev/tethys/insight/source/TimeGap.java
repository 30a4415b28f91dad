package dev.tethys.insight.source;

/**
 * Interval without samples in the cache, in Unix milliseconds.
 *
 * @param reason human-readable reason
 */
public record TimeGap(long from, long to, String reason) {}
