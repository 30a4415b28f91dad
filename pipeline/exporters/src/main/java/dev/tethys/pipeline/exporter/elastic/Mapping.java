package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.pipeline.Signal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Document form: Tethys's own, or a mapping mode of the Collector's exporter. */
enum Mapping {
  TETHYS,
  OTEL,
  NONE,
  RAW,
  ECS,
  BODYMAP;

  /** Finds a mode by name, ignoring case; returns null if unknown. */
  static @Nullable Mapping named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "tethys" -> TETHYS;
      case "otel" -> OTEL;
      case "none", "no", "" -> NONE;
      case "raw" -> RAW;
      case "ecs" -> ECS;
      case "bodymap" -> BODYMAP;
      default -> null;
    };
  }

  /** Whether items of a signal are documents in it. */
  boolean takes(Signal signal) {
    return switch (signal) {
      case LOGS -> true;
      case TRACES -> this != BODYMAP;
      case METRICS -> this == TETHYS || this == OTEL;
      default -> false;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
