package dev.tethys.collect.exporter.snmp;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Decimal numbers in texts, as they come out of expressions. */
final class DecimalText {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
  private static final int MAX_LENGTH = 400;

  private DecimalText() {}

  /** The number; null when the text is none, or too large for one. */
  static @Nullable Double parse(String s) {
    if (s.length() > MAX_LENGTH || !NUMBER.matcher(s).matches()) {
      return null;
    }
    double v = Double.parseDouble(s);
    return Double.isInfinite(v) ? null : v;
  }
}
