package dev.tethys.insight.objectives;

import java.time.Duration;
import java.util.Map;

/** Objective alert. */
public sealed interface ObjectiveAlert {
  /** Returns the alert name. */
  String name();

  /** Labels by name. */
  Map<String, String> labels();

  /** Annotations by name. */
  Map<String, String> annotations();

  /**
   * Alert on the pairs of windows of one severity.
   *
   * @param ticket true for pairs that open a ticket, false for those that page
   */
  record OnPairs(
      boolean ticket, String name, Map<String, String> labels, Map<String, String> annotations)
      implements ObjectiveAlert {
    /** Word in labels. */
    public String severity() {
      return ticket ? "ticket" : "page";
    }
  }

  /**
   * Alert on the burn rate over one window.
   *
   * @param inclusive whether the alert also fires at the threshold itself
   * @param hold time for which the condition must hold
   * @param breach whether the alert fires on the condition
   * @param noData whether the alert fires when the burn rate has no value
   */
  record OnBurnRate(
      String name,
      double threshold,
      boolean inclusive,
      Duration window,
      Duration hold,
      boolean breach,
      boolean noData,
      Map<String, String> labels,
      Map<String, String> annotations)
      implements ObjectiveAlert {}
}
