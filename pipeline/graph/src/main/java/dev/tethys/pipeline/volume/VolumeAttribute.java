package dev.tethys.pipeline.volume;

import dev.tethys.pipeline.Signal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Attribute by which volumes are counted.
 *
 * @param name name as configured
 * @param source source of its values
 * @param key attribute key; "" for other sources
 */
public record VolumeAttribute(String name, Source source, String key) {
  /** Source of attribute values. */
  public enum Source {
    /** Attribute of the resource; for series of remote write a label. */
    RESOURCE,

    /** Attribute of the log record, span or data point. */
    ITEM,

    /** Severity range of a log record. */
    SEVERITY,

    /** Metric name. */
    METRIC
  }

  private static final Pattern ITEM = Pattern.compile("attributes\\[\"([^\"]+)\"]");
  private static final Pattern RESOURCE = Pattern.compile("[^\\[\\]\"\\s]+");

  /**
   * Parses the name of an attribute: {@code severity}, {@code metric.name}, the key of a resource
   * attribute, or {@code attributes["KEY"]} for an attribute of items.
   *
   * @throws IllegalArgumentException if it has another form
   */
  public static VolumeAttribute parse(String name) {
    switch (name) {
      case "severity" -> {
        return new VolumeAttribute(name, Source.SEVERITY, "");
      }
      case "metric.name" -> {
        return new VolumeAttribute(name, Source.METRIC, "");
      }
      default -> {
        Matcher item = ITEM.matcher(name);
        if (item.matches()) {
          return new VolumeAttribute(name, Source.ITEM, item.group(1));
        }
        if (!RESOURCE.matcher(name).matches()) {
          throw new IllegalArgumentException(
              "must be severity, metric.name, the key of a resource attribute such as"
                  + " service.name, or attributes[\"KEY\"] for items, not "
                  + name);
        }
        return new VolumeAttribute(name, Source.RESOURCE, name);
      }
    }
  }

  /** Whether items of a signal can have it. */
  public boolean appliesTo(Signal s) {
    return switch (source) {
      case RESOURCE -> true;
      case ITEM -> s != Signal.PROFILES;
      case SEVERITY -> s == Signal.LOGS;
      case METRIC -> s == Signal.METRICS;
    };
  }

  /** Whether each item must be read for it, and may have a different value. */
  boolean isOfItems() {
    return source == Source.ITEM || source == Source.METRIC;
  }

  byte[] keyBytes() {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the remote write labels that contain its values; the first one found wins. */
  List<String> labels() {
    if (source == Source.METRIC) {
      return List.of("__name__");
    }
    if (source == Source.SEVERITY) {
      return List.of();
    }
    List<String> out = new ArrayList<>(List.of(key, key.replaceAll("[^a-zA-Z0-9_]", "_")));
    if (key.equals("service.name")) {
      out.add("job");
    } else if (key.equals("k8s.namespace.name")) {
      out.add("namespace");
    }
    return out;
  }
}
