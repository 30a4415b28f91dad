package dev.tethys.model;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads floats of texts as Go's programs do: unlike Java they take no spaces around and no {@code
 * d} or {@code f} behind, and infinity under more names.
 */
public final class GoFloatReader {
  /** Longer texts are no floats that anybody writes. */
  private static final int LONGEST = 400;

  private GoFloatReader() {}

  /** What a text says; null if that is no float. */
  public static @Nullable Double read(String s) {
    if (s.isEmpty() || s.length() > LONGEST) {
      return null;
    }
    switch (s.toLowerCase(Locale.ROOT)) {
      case "inf", "+inf", "infinity", "+infinity" -> {
        return Double.POSITIVE_INFINITY;
      }
      case "-inf", "-infinity" -> {
        return Double.NEGATIVE_INFINITY;
      }
      case "nan" -> {
        return Double.NaN;
      }
      default -> {
        char last = s.charAt(s.length() - 1);
        boolean hex = s.contains("0x") || s.contains("0X");
        if (s.charAt(0) <= ' ' || last <= ' ' || !hex && "dDfF".indexOf(last) >= 0) {
          return null;
        }
        try {
          return Double.parseDouble(s);
        } catch (NumberFormatException e) {
          return null;
        }
      }
    }
  }
}
