package dev.tethys.codec.text;

import dev.tethys.model.Samples;
import org.jspecify.annotations.Nullable;

/**
 * Text form of sample values that a database cannot store as numbers: {@code NaN}, {@code +Inf},
 * {@code -Inf}, and {@code stale} for the staleness marker.
 */
public final class NonFiniteText {
  private NonFiniteText() {}

  /** The text of a value that is not finite. */
  public static String text(double v) {
    return Double.isNaN(v) ? Samples.isStale(v) ? "stale" : "NaN" : v > 0 ? "+Inf" : "-Inf";
  }

  /** Parses text written by {@link #text}; null for other text. */
  public static @Nullable Double parse(String text) {
    return switch (text) {
      case "stale" -> Samples.STALE;
      case "NaN" -> Samples.NORMAL_NAN;
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  /**
   * Returns the number that encodes a non-finite value: 1 is NaN, 2 +Inf, 3 -Inf, 4 the staleness
   * marker.
   */
  public static int mark(double v) {
    return Double.isNaN(v) ? Samples.isStale(v) ? 4 : 1 : v > 0 ? 2 : 3;
  }

  /** The value of a mark; null for other numbers. */
  public static @Nullable Double marked(double mark) {
    return mark == 1
        ? Double.valueOf(Samples.NORMAL_NAN)
        : mark == 2
            ? Double.valueOf(Double.POSITIVE_INFINITY)
            : mark == 3
                ? Double.valueOf(Double.NEGATIVE_INFINITY)
                : mark == 4 ? Double.valueOf(Samples.STALE) : null;
  }
}
