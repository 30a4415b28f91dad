package dev.tethys.alert.rule;

import dev.tethys.model.tracing.SpanRecorder;
import java.net.URI;
import java.time.Duration;

/**
 * How rules are evaluated; the defaults are Prometheus's.
 *
 * @param outageTolerance how long the server may have been down for alerts' states to be restored
 * @param gracePeriod how long a restored alert waits at least before it fires
 * @param resendDelay how often an alert that fires on is handed on again
 * @param concurrent whether independent rules of a group are evaluated at the same time
 * @param maxConcurrent how many rules are, over all groups
 * @param externalUrl under which the server is reached
 * @param tracing has a trace for each evaluation of a group
 */
public record RuleOptions(
    Duration outageTolerance,
    Duration gracePeriod,
    Duration resendDelay,
    boolean concurrent,
    int maxConcurrent,
    URI externalUrl,
    SpanRecorder tracing) {
  /** Without traces. */
  public RuleOptions(
      Duration outageTolerance,
      Duration gracePeriod,
      Duration resendDelay,
      boolean concurrent,
      int maxConcurrent,
      URI externalUrl) {
    this(
        outageTolerance,
        gracePeriod,
        resendDelay,
        concurrent,
        maxConcurrent,
        externalUrl,
        SpanRecorder.OFF);
  }

  /** Prometheus's defaults. */
  public static RuleOptions defaults(URI externalUrl) {
    return new RuleOptions(
        Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofMinutes(1), false, 4, externalUrl);
  }
}
