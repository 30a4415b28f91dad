package dev.tethys.alert.manager.state;

import java.time.Duration;

/**
 * Limits on silences.
 *
 * @param retention retention of expired silences
 * @param maxSilences maximum number, expired ones included; 0 for no limit
 * @param maxMemory maximum number of bytes that all may take with their matchers
 * @param maxBytes largest stored size of one; 0 for the largest size of a record
 */
public record SilenceLimits(Duration retention, int maxSilences, int maxBytes, long maxMemory) {
  /** Creates limits with an eighth of the heap for all silences. */
  public SilenceLimits(Duration retention, int maxSilences, int maxBytes) {
    this(retention, maxSilences, maxBytes, Runtime.getRuntime().maxMemory() / 8);
  }
}
