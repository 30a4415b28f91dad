package dev.tethys.insight.entities;

/**
 * Interval of Unix milliseconds in which an entity was valid.
 *
 * @param to first time at which it was not; {@link Long#MAX_VALUE} while it is
 */
public record Validity(long from, long to) {}
