package dev.tethys.codec.statsd;

import org.jspecify.annotations.Nullable;

/** The types of StatsD and DogStatsD. */
public enum StatsdKind {
  COUNTER,
  GAUGE,
  /** Milliseconds. */
  TIMING,
  HISTOGRAM,
  DISTRIBUTION,
  SET;

  /** Returns the type with a keyword; null for an unknown keyword. */
  public static @Nullable StatsdKind named(String word) {
    return switch (word) {
      case "c" -> COUNTER;
      case "g" -> GAUGE;
      case "ms" -> TIMING;
      case "h" -> HISTOGRAM;
      case "d" -> DISTRIBUTION;
      case "s" -> SET;
      default -> null;
    };
  }

  /** Returns the keyword of a type. */
  public String word() {
    return switch (this) {
      case COUNTER -> "c";
      case GAUGE -> "g";
      case TIMING -> "ms";
      case HISTOGRAM -> "h";
      case DISTRIBUTION -> "d";
      case SET -> "s";
    };
  }

  /** Whether each value is an observation. */
  public boolean isObserved() {
    return this == TIMING || this == HISTOGRAM || this == DISTRIBUTION;
  }
}
