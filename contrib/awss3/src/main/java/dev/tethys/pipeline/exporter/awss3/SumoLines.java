package dev.tethys.pipeline.exporter.awss3;

import dev.tethys.model.GoJson;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/**
 * Lines of Sumo Logic's archive format (Installed Collector), as the Collector's marshaler {@code
 * sumo_ic} writes them.
 */
final class SumoLines {
  private static final List<String> SOURCES =
      List.of("_sourceCategory", "_sourceHost", "_sourceName");

  /** Go's text of a UTC time. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendLiteral(" +0000 UTC")
          .toFormatter(Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private SumoLines() {}

  /** Returns the first attribute that the format requires and a resource lacks; "" for none. */
  static String missing(Attributes resource) {
    return SOURCES.stream().filter(s -> !resource.contains(s)).findFirst().orElse("");
  }

  static void append(ResourceGroup<LogRecord> r, StringBuilder to) {
    Attributes a = r.resource().attributes();
    StringBuilder fields = new StringBuilder();
    TreeMap<String, Object> named = new TreeMap<>();
    a.forEach(
        (k, v) -> {
          if (!SOURCES.contains(k)) {
            named.put(k, v == null ? "" : v);
          }
        });
    object(named, fields);
    for (ScopeGroup<LogRecord> s : r.scopes()) {
      for (LogRecord l : s.items()) {
        long nanos = l.observedTimeUnixNano();
        to.append("{\"date\": \"")
            .append(
                TIME.format(
                    Instant.ofEpochSecond(
                        Math.floorDiv(nanos, 1_000_000_000L),
                        Math.floorMod(nanos, 1_000_000_000L))))
            .append("\",\"sourceName\":");
        GoJson.append(to, AttributeText.text(a.get("_sourceName"))).append(",\"sourceHost\":");
        GoJson.append(to, AttributeText.text(a.get("_sourceHost"))).append(",\"sourceCategory\":");
        GoJson.append(to, AttributeText.text(a.get("_sourceCategory")));
        to.append(",\"fields\":").append(fields).append(",\"message\":");
        TreeMap<String, Object> message = new TreeMap<>();
        l.attributes().forEach((k, v) -> message.put(k, v == null ? "" : v));
        Object body = l.body();
        message.put("log", body == null ? "" : body);
        object(message, to);
        to.append("}\n");
      }
    }
  }

  private static void object(TreeMap<String, Object> values, StringBuilder to) {
    to.append('{');
    boolean first = true;
    for (var e : values.entrySet()) {
      GoJson.append(to.append(first ? "" : ","), e.getKey()).append(':');
      AttributeText.json(to, e.getValue());
      first = false;
    }
    to.append('}');
  }
}
