package dev.tethys.insight.source;

import java.util.List;

/** Series read by a part of the program: entity rules, inspections, objectives, pages. */
@FunctionalInterface
public interface WantedSeries {
  /**
   * PromQL expressions whose selectors name the series, such as {@code up} or {@code
   * {__name__=~"node_.+"}}. They are read again at intervals, so that they may change.
   */
  List<String> expressions();
}
