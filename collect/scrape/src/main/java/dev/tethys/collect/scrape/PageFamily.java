package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.model.MetricType;

/** The metric family at the current line of a page, with its type metadata. Not thread-safe. */
final class PageFamily {
  private String name = "";
  private MetricType type = MetricType.UNKNOWN;

  /** A page begins. */
  void begin() {
    name = "";
    type = MetricType.UNKNOWN;
  }

  /** Processes the current line of the parser: a TYPE, HELP or UNIT line. */
  void addMetadata(Event kind, ExpositionParser p) {
    String of = p.metricName();
    if (!of.equals(name)) {
      name = of;
      type = MetricType.UNKNOWN;
    }
    if (kind == Event.TYPE) {
      type = p.type();
    }
  }

  /** Whether there can be a metric of the family that only grows while its process lives. */
  boolean mayBeCumulative() {
    return type == MetricType.COUNTER || type == MetricType.HISTOGRAM || type == MetricType.SUMMARY;
  }

  /** Whether a metric is such a one. */
  boolean hasCumulative(String metric) {
    return switch (type) {
      case COUNTER -> without(metric, "_total").equals(without(name, "_total"));
      case HISTOGRAM -> metric.equals(name) || isPart(metric, "_bucket", "_sum", "_count");
      case SUMMARY -> isPart(metric, "_sum", "_count");
      default -> false;
    };
  }

  private boolean isPart(String metric, String... suffixes) {
    for (String s : suffixes) {
      if (metric.length() == name.length() + s.length()
          && metric.startsWith(name)
          && metric.endsWith(s)) {
        return true;
      }
    }
    return false;
  }

  private static String without(String metric, String suffix) {
    return metric.endsWith(suffix)
        ? metric.substring(0, metric.length() - suffix.length())
        : metric;
  }
}
