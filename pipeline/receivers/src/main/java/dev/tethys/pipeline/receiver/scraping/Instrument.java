package dev.tethys.pipeline.receiver.scraping;

import java.util.ArrayList;
import java.util.List;

/**
 * Metric as documented by the Collector.
 *
 * @param whole whether its values are integers
 * @param enabled whether it is enabled by default
 * @param attributes attributes, in the order used by points
 */
public record Instrument(
    String name,
    String description,
    String unit,
    Kind kind,
    boolean whole,
    boolean enabled,
    List<Attribute> attributes) {
  /** Kind of points. */
  public enum Kind {
    /** A current value. */
    GAUGE,

    /** A sum that may decrease. */
    LEVEL,

    /** A sum that never decreases. */
    COUNTER
  }

  /** Attribute of its points, and whether it is present by default. */
  public record Attribute(String name, boolean enabled) {}

  public static Instrument gauge(
      String name, String unit, String description, String... attributes) {
    return of(name, unit, description, Kind.GAUGE, false, attributes);
  }

  public static Instrument level(
      String name, String unit, String description, String... attributes) {
    return of(name, unit, description, Kind.LEVEL, true, attributes);
  }

  public static Instrument counter(
      String name, String unit, String description, String... attributes) {
    return of(name, unit, description, Kind.COUNTER, true, attributes);
  }

  /** Creates a counter of seconds. */
  public static Instrument time(String name, String description, String... attributes) {
    return of(name, "s", description, Kind.COUNTER, false, attributes);
  }

  private static Instrument of(
      String name, String unit, String description, Kind kind, boolean whole, String... names) {
    List<Attribute> attributes = List.of(names).stream().map(n -> new Attribute(n, true)).toList();
    return new Instrument(name, description, unit, kind, whole, true, attributes);
  }

  /** Returns a copy that is disabled by default. */
  public Instrument optional() {
    return new Instrument(name, description, unit, kind, whole, false, attributes);
  }

  /** Variant for a gauge of integers. */
  public Instrument inWholeNumbers() {
    return new Instrument(name, description, unit, kind, true, enabled, attributes);
  }

  /** Returns a copy with attributes that points have only on request. */
  public Instrument withOptional(String... names) {
    List<Attribute> all = new ArrayList<>(attributes);
    for (String n : names) {
      all.add(new Attribute(n, false));
    }
    return new Instrument(name, description, unit, kind, whole, enabled, List.copyOf(all));
  }
}
