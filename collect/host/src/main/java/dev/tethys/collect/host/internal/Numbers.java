package dev.tethys.collect.host.internal;

import org.jspecify.annotations.Nullable;

/** Numbers as Go reads them, where Java would be laxer or stricter. */
public final class Numbers {
  private Numbers() {}

  /** Sixty-four bits without a sign. */
  public static double unsigned(long v) {
    if (v >= 0) {
      return v;
    }
    // Half of it with the lost bit kept for rounding, doubled.
    return (double) (v >>> 1 | v & 1) * 2.0;
  }

  /** Parses a decimal number; returns null if the text is not one. */
  public static @Nullable Double parse(String s) {
    if (s.isEmpty() || s.length() > 64) {
      return null;
    }
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      boolean plain = c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+';
      if (!plain && !(i > 0 && (c == 'e' || c == 'E'))) {
        return word(s);
      }
    }
    try {
      return Double.valueOf(s);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static @Nullable Double word(String s) {
    boolean signed = s.charAt(0) == '+' || s.charAt(0) == '-';
    String w = (signed ? s.substring(1) : s).toLowerCase(java.util.Locale.ROOT);
    return switch (w) {
      case "inf", "infinity" ->
          s.charAt(0) == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      case "nan" -> signed ? null : (Double) Double.NaN;
      default -> null;
    };
  }

  /** A whole number of 64 bits without sign, or null. */
  public static @Nullable Long unsigned(String s) {
    return s.startsWith("-") ? null : whole(s);
  }

  /** A whole number of 64 bits with or without sign, or null. */
  public static @Nullable Double value(String s) {
    Long v = whole(s);
    return v == null ? null : s.startsWith("-") ? (Double) (double) v : (Double) unsigned(v);
  }

  /** The bits of an integer, in tens or with 0x, with or without sign; or null. */
  public static @Nullable Long whole(String s) {
    try {
      return s.startsWith("0x") || s.startsWith("0X")
          ? (Long) Long.parseUnsignedLong(s.substring(2), 16)
          : s.startsWith("-") ? (Long) Long.parseLong(s) : (Long) Long.parseUnsignedLong(s);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
