package dev.tethys.collect.exporter.snmp;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Decimal numbers in text captured by expressions. */
final class DecimalText {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
  private static final int MAX_LENGTH = 400;

  private DecimalText() {}

  /** Parses a number; returns null if the text is not a number, or the number is too large. */
  static @Nullable Double parse(String s) {
    if (s.length() > MAX_LENGTH || !NUMBER.matcher(s).matches()) {
      return null;
    }
    double v = Double.parseDouble(s);
    return Double.isInfinite(v) ? null : v;
  }
}
