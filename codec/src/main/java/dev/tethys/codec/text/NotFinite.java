package dev.tethys.codec.text;

import dev.tethys.model.Samples;
import org.jspecify.annotations.Nullable;

/**
 * Samples that are no numbers to a database, as text: {@code NaN}, {@code +Inf}, {@code -Inf}, and
 * {@code stale} for the marker that a series has ended.
 */
public final class NotFinite {
  private NotFinite() {}

  /** The text of a value that is not finite. */
  public static String text(double v) {
    return Double.isNaN(v) ? Samples.isStale(v) ? "stale" : "NaN" : v > 0 ? "+Inf" : "-Inf";
  }

  /** What a text stands for; null when it is nothing of ours. */
  public static @Nullable Double parse(String text) {
    return switch (text) {
      case "stale" -> Samples.STALE;
      case "NaN" -> Samples.NORMAL_NAN;
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }
}
