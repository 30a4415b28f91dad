package dev.tethys.insight.source;

/**
 * Interval whose samples the cache does not have, in Unix milliseconds.
 *
 * @param reason human-readable reason
 */
public record TimeGap(long from, long to, String reason) {}
