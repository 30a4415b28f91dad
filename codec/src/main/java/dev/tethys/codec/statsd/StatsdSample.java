package dev.tethys.codec.statsd;

import java.util.Map;

/**
 * One value of a line.
 *
 * @param tags as they came
 * @param value as it was sent; NaN for a set
 * @param member of a set; "" otherwise
 * @param relative whether a gauge is changed by the value, not set to it
 * @param rate of the events of which one was sent, above 0; 1 for all
 */
public record StatsdSample(
    StatsdKind kind,
    String name,
    Map<String, String> tags,
    double value,
    String member,
    boolean relative,
    double rate) {
  /** How many events an observation represents, at least 1. */
  public long times() {
    return Math.max(1, Math.min(MAX_TIMES, (long) (1 / rate)));
  }

  /** A rate below its inverse says nothing any more. */
  private static final long MAX_TIMES = 100_000;
}
