package dev.tethys.alert.rule;

import java.util.List;

/** Is told of alerts that fire or are over. */
@FunctionalInterface
public interface AlertListener {
  /**
   * Takes alerts over without waiting.
   *
   * @param query the canonical expression of their rule
   */
  void alerts(String query, List<Alert> alerts);
}
