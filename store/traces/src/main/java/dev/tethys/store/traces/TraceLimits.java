package dev.tethys.store.traces;

/**
 * Limits on spans, named as in Tempo's overrides. A span that exceeds one is rejected.
 *
 * @param maxAttributeBytes maximum size of an attribute key or value, {@code max_attribute_bytes};
 *     0 for no limit
 * @param maxTraceBytes maximum size of a trace's spans in memory, {@code max_bytes_per_trace}; 0
 *     for no limit
 */
public record TraceLimits(int maxAttributeBytes, long maxTraceBytes) {
  /** Defaults. */
  public static final TraceLimits DEFAULTS = new TraceLimits(1 << 20, 0);
}
