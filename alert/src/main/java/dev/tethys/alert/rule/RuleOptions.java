package dev.tethys.alert.rule;

import dev.tethys.model.tracing.SpanRecorder;
import java.net.URI;
import java.time.Duration;

/**
 * Options of rule evaluation; the defaults are Prometheus's.
 *
 * @param outageTolerance longest downtime after which alert states are restored
 * @param gracePeriod minimum time before a restored alert fires
 * @param resendDelay interval at which a firing alert is sent again
 * @param concurrent whether independent rules of a group are evaluated at the same time
 * @param maxConcurrent maximum number of concurrent rules, over all groups
 * @param externalUrl external URL of the server
 * @param tracing creates a trace for each evaluation of a group
 */
public record RuleOptions(
    Duration outageTolerance,
    Duration gracePeriod,
    Duration resendDelay,
    boolean concurrent,
    int maxConcurrent,
    URI externalUrl,
    SpanRecorder tracing) {
  /** Creates options without tracing. */
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

  /** Returns Prometheus's defaults. */
  public static RuleOptions defaults(URI externalUrl) {
    return new RuleOptions(
        Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofMinutes(1), false, 4, externalUrl);
  }
}
