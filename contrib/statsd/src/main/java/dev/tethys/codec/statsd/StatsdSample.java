package dev.tethys.codec.statsd;

import java.util.Map;

/**
 * One value of a line.
 *
 * @param tags received tags
 * @param value received value; NaN for a set
 * @param member set member; "" for other kinds
 * @param relative whether a gauge is changed by the value, not set to it
 * @param rate fraction of the events that is sent, above 0; 1 for all
 */
public record StatsdSample(
    StatsdKind kind,
    String name,
    Map<String, String> tags,
    double value,
    String member,
    boolean relative,
    double rate) {
  /** Returns the number of events that an observation represents, at least 1. */
  public long times() {
    return Math.max(1, Math.min(MAX_TIMES, (long) (1 / rate)));
  }

  /** Largest weight of a sample; a lower sampling rate has no statistical meaning. */
  private static final long MAX_TIMES = 100_000;
}
