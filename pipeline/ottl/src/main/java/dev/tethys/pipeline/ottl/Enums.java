package dev.tethys.pipeline.ottl;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Enum symbols with numeric values, by context. */
final class Enums {
  private static final Map<String, Long> SPANS = new HashMap<>();
  private static final Map<String, Long> LOGS = new HashMap<>();
  private static final Map<String, Long> METRICS = new HashMap<>();
  private static final Map<String, Long> PROFILES = new HashMap<>();

  static {
    number(
        SPANS, "SPAN_KIND_", "UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER");
    number(SPANS, "STATUS_CODE_", "UNSET", "OK", "ERROR");
    LOGS.put("SEVERITY_NUMBER_UNSPECIFIED", 0L);
    String[] severities = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    for (int i = 0; i < 24; i++) {
      String suffix = i % 4 == 0 ? "" : Integer.toString(i % 4 + 1);
      LOGS.put("SEVERITY_NUMBER_" + severities[i / 4] + suffix, i + 1L);
    }
    number(METRICS, "AGGREGATION_TEMPORALITY_", "UNSPECIFIED", "DELTA", "CUMULATIVE");
    PROFILES.putAll(METRICS);
    number(
        METRICS,
        "METRIC_DATA_TYPE_",
        "NONE",
        "GAUGE",
        "SUM",
        "HISTOGRAM",
        "EXPONENTIAL_HISTOGRAM",
        "SUMMARY");
    number(METRICS, "FLAG_", "NONE", "NO_RECORDED_VALUE");
  }

  private Enums() {}

  private static void number(Map<String, Long> to, String prefix, String... names) {
    for (int i = 0; i < names.length; i++) {
      to.put(prefix + names[i].toUpperCase(Locale.ROOT), (long) i);
    }
  }

  /** Returns the number of a symbol in a context, or null if unknown. */
  static @Nullable Long find(OttlContext context, String symbol) {
    return of(context).get(symbol);
  }

  static Map<String, Long> of(OttlContext context) {
    return switch (context) {
      case SPAN, SPAN_EVENT, SPAN_LINK -> SPANS;
      case LOG -> LOGS;
      case METRIC, DATA_POINT, EXEMPLAR -> METRICS;
      case PROFILE, PROFILE_SAMPLE -> PROFILES;
      case RESOURCE, SCOPE -> Map.of();
    };
  }

  /** Whether any context knows a symbol. */
  static boolean known(String symbol) {
    return SPANS.containsKey(symbol) || LOGS.containsKey(symbol) || METRICS.containsKey(symbol);
  }
}
