package dev.tethys.insight.source;

import java.util.List;

/** Series read by a part of the program: entity rules, inspections, objectives, pages. */
@FunctionalInterface
public interface WantedSeries {
  /**
   * Returns PromQL expressions whose selectors name the series, such as {@code up} or {@code
   * {__name__=~"node_.+"}}. They are reread periodically, so they may change.
   */
  List<String> expressions();
}
