package dev.tethys.alert.notify;

import dev.tethys.alert.rule.Alert;
import dev.tethys.alert.rule.RuleType;
import java.util.Map;

/** Annotations that are added to alerts when they are sent. */
@FunctionalInterface
public interface AlertAnnotations {
  /** No annotations. */
  AlertAnnotations NONE = (type, query, alert) -> Map.of();

  /**
   * Annotations of one alert; those that its rule defines have priority. Must not block.
   *
   * @param query the canonical expression of its rule
   */
  Map<String, String> of(RuleType type, String query, Alert alert);
}
