package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.pipeline.exporter.datadog.DatadogSeries.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Resource attributes with dedicated names at Datadog ("Unified service tagging", "Hostnames of
 * OpenTelemetry"): host, {@code service}, {@code env} and {@code version}.
 */
record DatadogNames(String defaultHost, boolean resources, boolean scopes) {
  private static final List<String> HOST = List.of("datadog.host.name", "host.name", "host.id");
  private static final Map<String, String> UNIFIED =
      Map.of(
          "service.name", "service",
          "deployment.environment.name", "env",
          "deployment.environment", "env",
          "service.version", "version");

  /** UCUM units with a Datadog name; other units are unknown to Datadog. */
  private static final Map<String, String> UNITS =
      Map.ofEntries(
          Map.entry("By", "byte"),
          Map.entry("KiBy", "kibibyte"),
          Map.entry("MiBy", "mebibyte"),
          Map.entry("GiBy", "gibibyte"),
          Map.entry("s", "second"),
          Map.entry("ms", "millisecond"),
          Map.entry("us", "microsecond"),
          Map.entry("ns", "nanosecond"),
          Map.entry("min", "minute"),
          Map.entry("h", "hour"),
          Map.entry("d", "day"),
          Map.entry("%", "percent"),
          Map.entry("Cel", "degree celsius"),
          Map.entry("Hz", "hertz"),
          Map.entry("V", "volt"),
          Map.entry("W", "watt"));

  /** Returns Datadog's name for a resource attribute, or the attribute's own name. */
  static String unified(String attribute) {
    return UNIFIED.getOrDefault(attribute, attribute);
  }

  String host(Attributes resource) {
    for (String k : HOST) {
      String v = AttributeText.text(resource.get(k));
      if (!v.isEmpty()) {
        return v;
      }
    }
    return defaultHost;
  }

  /** Returns the host and tags of points; tags of the point come last. */
  Identity identity(Attributes resource, Scope scope, Attributes point, String unit) {
    List<String> tags = new ArrayList<>();
    resource.forEach(
        (k, v) -> {
          if (resources || UNIFIED.containsKey(k)) {
            tags.add(tag(unified(k), AttributeText.text(v)));
          }
        });
    if (scopes && !scope.name().isEmpty()) {
      tags.add(tag("instrumentation_scope", scope.name()));
      if (!scope.version().isEmpty()) {
        tags.add(tag("instrumentation_scope_version", scope.version()));
      }
    }
    point.forEach((k, v) -> tags.add(tag(k, AttributeText.text(v))));
    return new Identity(host(resource), tags, UNITS.getOrDefault(unit, ""));
  }

  private static String tag(String key, String value) {
    return value.isEmpty() ? key : key + ":" + value;
  }
}
