package dev.tethys.collect.database;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers in strings, accepted and rejected like Go's {@code strconv.ParseFloat}. */
public final class GoNumbers {
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
  private static final Pattern HEX =
      Pattern.compile("[+-]?0[xX]([0-9a-fA-F]+\\.?[0-9a-fA-F]*|\\.[0-9a-fA-F]+)[pP][+-]?\\d+");
  private static final int MAX_LENGTH = 400;

  private GoNumbers() {}

  /** Parses a number; returns null if the text is not one. */
  public static @Nullable Double parse(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > MAX_LENGTH) {
      return null;
    }
    char last = text.charAt(text.length() - 1);
    if (last > '9' && Character.isLetter(last)) {
      String word = text.toLowerCase(java.util.Locale.ROOT);
      return switch (word) {
        case "nan" -> Double.NaN;
        case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
        case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
        default -> null;
      };
    }
    if (!DECIMAL.matcher(text).matches() && !HEX.matcher(text).matches()) {
      return null;
    }
    double v = Double.parseDouble(text);
    // Out of range is an error there, with which the value is not used.
    return Double.isInfinite(v) ? null : v;
  }
}
