package dev.tethys.insight.source;

import java.util.List;

/** Series that a part of the program reads: rules of entities, inspections, objectives, pages. */
@FunctionalInterface
public interface WantedSeries {
  /**
   * PromQL expressions whose selectors name the series, such as {@code up} or {@code
   * {__name__=~"node_.+"}}. They are read again at intervals, so that they may change.
   */
  List<String> expressions();
}
