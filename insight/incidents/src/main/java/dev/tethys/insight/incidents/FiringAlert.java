package dev.tethys.insight.incidents;

import dev.tethys.model.Labels;

/**
 * Alert of a rule that fires.
 *
 * @param name of its rule
 * @param labels without those that are only added for Alertmanagers
 * @param text summary or description; may be empty
 * @param query PromQL of its rule; may be empty for rules over other data
 * @param since Unix milliseconds from which its condition holds
 */
public record FiringAlert(String name, Labels labels, String text, String query, long since) {
  /** Identity over time. */
  public String key() {
    return key(name, labels);
  }

  /** Identity of an alert over time. */
  public static String key(String name, Labels labels) {
    return "alert:" + IncidentEvent.cut(name, 200) + ":" + Long.toHexString(labels.hash64());
  }
}
