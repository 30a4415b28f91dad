package dev.tethys.pipeline.exporter.loki;

/**
 * What a client takes of entries.
 *
 * @param maxStreams most streams in one request; 0 for any number. Entries of more are dropped.
 * @param maxLineBytes longest line; 0 for any length
 * @param truncate whether longer lines are cut instead of dropped
 */
public record LokiLimits(int maxStreams, long maxLineBytes, boolean truncate) {
  public static final LokiLimits NONE = new LokiLimits(0, 0, false);
}
