package dev.tethys.model;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Parses floats like Go's {@code strconv.ParseFloat}. Unlike Java's parser it rejects surrounding
 * spaces, a trailing {@code d} or {@code f} and values out of range, and accepts single underscores
 * between digits and more names for infinity.
 */
public final class GoFloatReader {
  /** Maximum length of a float. */
  private static final int LONGEST = 400;

  private final String text;
  private int at;

  /** Whether an underscore may follow: after a digit, or the prefix of a hexadecimal number. */
  private boolean behindDigit;

  private boolean endsWithUnderscore; // some part of it

  private GoFloatReader(String text) {
    this.text = text;
  }

  /** Value of a text; null if the text is not a float or exceeds the range of 64 bits. */
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
        if (!new GoFloatReader(s).isNumber()) {
          return null;
        }
        double d = Double.parseDouble(s.replace("_", ""));
        return Double.isInfinite(d) ? null : d;
      }
    }
  }

  private boolean isNumber() {
    takeOne("+-");
    boolean hex = text.startsWith("0x", at) || text.startsWith("0X", at);
    if (hex) {
      at += 2;
      behindDigit = true;
    }
    String digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
    int count = take(digits);
    if (takeOne(".")) {
      count += take(digits);
    }
    if (count == 0) {
      return false;
    }
    if (takeOne(hex ? "pP" : "eE")) {
      takeOne("+-");
      if (take("0123456789") == 0) {
        return false;
      }
    } else if (hex) {
      return false;
    }
    return at == text.length() && !endsWithUnderscore;
  }

  /** Skips digits with single underscores in between; returns the number of digits. */
  private int take(String digits) {
    int count = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (digits.indexOf(c) >= 0) {
        count++;
        behindDigit = true;
      } else if (c == '_' && behindDigit) {
        behindDigit = false;
      } else {
        break;
      }
      at++;
    }
    endsWithUnderscore |= at > 0 && text.charAt(at - 1) == '_';
    return count;
  }

  private boolean takeOne(String any) {
    if (at < text.length() && any.indexOf(text.charAt(at)) >= 0) {
      at++;
      behindDigit = false;
      return true;
    }
    return false;
  }
}
