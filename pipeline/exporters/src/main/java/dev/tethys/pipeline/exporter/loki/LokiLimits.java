package dev.tethys.pipeline.exporter.loki;

/**
 * Limits of entries of a client.
 *
 * @param maxStreams maximum streams in one request, beyond which entries are dropped; 0 for no
 *     limit
 * @param maxLineBytes maximum size of a line; 0 for no limit
 * @param truncate whether longer lines are cut instead of dropped
 */
public record LokiLimits(int maxStreams, long maxLineBytes, boolean truncate) {
  public static final LokiLimits NONE = new LokiLimits(0, 0, false);
}
