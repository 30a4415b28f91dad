package dev.tethys.query.logql.parser;

import dev.tethys.model.GoQuote;
import java.math.BigDecimal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Durations and sizes in queries and in label values. */
public final class Units {
  private static final long SECOND = 1_000_000_000L;
  private static final long DAY = 24 * 3600 * SECOND;

  private Units() {}

  /** Text that is not a duration or size. The message is Go's. */
  public static final class UnitException extends Exception {
    private static final long serialVersionUID = 1L;

    UnitException(String message) {
      super(message, null, false, false);
    }

    /** Returns the message; never null. */
    public String reason() {
      return String.valueOf(getMessage());
    }
  }

  private static long unit(String unit, boolean calendar) {
    return switch (unit) {
      case "ns" -> 1;
      case "us", "µs", "μs" -> 1_000;
      case "ms" -> 1_000_000;
      case "s" -> SECOND;
      case "m" -> 60 * SECOND;
      case "h" -> 3600 * SECOND;
      case "d" -> calendar ? DAY : 0;
      case "w" -> calendar ? 7 * DAY : 0;
      case "y" -> calendar ? 365 * DAY : 0;
      default -> 0;
    };
  }

  /** Parses a duration like Go's {@code time.ParseDuration}, in nanoseconds. */
  public static long goDuration(String text) throws UnitException {
    return duration(text, false, "time: ");
  }

  /** Parses a query duration, which may have days, weeks and years, in nanoseconds. */
  public static long queryDuration(String text) throws UnitException {
    return duration(text, true, "");
  }

  private static long duration(String text, boolean calendar, String prefix) throws UnitException {
    int i = 0;
    boolean negative = false;
    if (!text.isEmpty() && (text.charAt(0) == '-' || text.charAt(0) == '+')) {
      negative = text.charAt(0) == '-';
      i = 1;
    }
    if (text.substring(i).equals("0")) {
      return 0;
    }
    if (i == text.length()) {
      throw invalid(text, prefix);
    }
    long sum = 0;
    while (i < text.length()) {
      int from = i;
      while (i < text.length() && (isDigit(text.charAt(i)) || text.charAt(i) == '.')) {
        i++;
      }
      String number = text.substring(from, i);
      if (number.isEmpty()
          || number.equals(".")
          || number.indexOf('.') != number.lastIndexOf('.')) {
        throw invalid(text, prefix);
      }
      int unitFrom = i;
      while (i < text.length() && text.charAt(i) != '.' && !isDigit(text.charAt(i))) {
        i++;
      }
      String unit = text.substring(unitFrom, i);
      if (unit.isEmpty()) {
        throw new UnitException(prefix + "missing unit in duration " + GoQuote.quote(text));
      }
      long factor = unit(unit, calendar);
      if (factor == 0) {
        throw new UnitException(
            prefix + "unknown unit " + GoQuote.quote(unit) + " in duration " + GoQuote.quote(text));
      }
      if (number.length() > 40) {
        throw invalid(text, prefix);
      }
      try {
        long part =
            number.indexOf('.') < 0
                ? Math.multiplyExact(Long.parseLong(number), factor)
                : new BigDecimal(number.startsWith(".") ? "0" + number : number)
                    .multiply(BigDecimal.valueOf(factor))
                    .toBigInteger()
                    .longValueExact();
        sum = Math.addExact(sum, part);
      } catch (ArithmeticException | NumberFormatException e) {
        throw invalid(text, prefix);
      }
    }
    return negative ? -sum : sum;
  }

  private static UnitException invalid(String text, String prefix) {
    return new UnitException(prefix + "invalid duration " + GoQuote.quote(text));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /**
   * Parses a size in bytes: a number with an optional unit, such as {@code 42kB}, {@code 3 MiB}.
   */
  public static long size(String text) throws UnitException {
    int end = 0;
    boolean comma = false;
    while (end < text.length()
        && (isDigit(text.charAt(end)) || text.charAt(end) == '.' || text.charAt(end) == ',')) {
      comma |= text.charAt(end) == ',';
      end++;
    }
    String number = text.substring(0, end);
    String plain = comma ? number.replace(",", "") : number;
    double value;
    try {
      if (plain.isEmpty() || plain.length() > 64) {
        throw new NumberFormatException();
      }
      value = Double.parseDouble(plain);
    } catch (NumberFormatException e) {
      throw new UnitException(
          "strconv.ParseFloat: parsing " + GoQuote.quote(plain) + ": invalid syntax");
    }
    String unit = text.substring(end).strip().toLowerCase(Locale.ROOT);
    long factor = sizeUnit(unit);
    if (factor == 0) {
      throw new UnitException("unhandled size name: " + unit);
    }
    double bytes = value * factor;
    if (bytes >= 0x1p64) {
      throw new UnitException("too large: " + text);
    }
    return bytes >= 0x1p63 ? Long.MAX_VALUE : (long) bytes;
  }

  private static long sizeUnit(String unit) {
    return switch (unit) {
      case "", "b" -> 1;
      case "k", "kb" -> 1_000;
      case "m", "mb" -> 1_000_000;
      case "g", "gb" -> 1_000_000_000L;
      case "t", "tb" -> 1_000_000_000_000L;
      case "p", "pb" -> 1_000_000_000_000_000L;
      case "e", "eb" -> 1_000_000_000_000_000_000L;
      case "ki", "kib" -> 1L << 10;
      case "mi", "mib" -> 1L << 20;
      case "gi", "gib" -> 1L << 30;
      case "ti", "tib" -> 1L << 40;
      case "pi", "pib" -> 1L << 50;
      case "ei", "eib" -> 1L << 60;
      default -> 0;
    };
  }

  private static final String[] SIZE_UNITS = {
    "PB", "PiB", "TB", "TiB", "GB", "GiB", "MB", "MiB", "KB", "KiB"
  };

  /** Returns the shortest literal of a size. */
  public static String sizeText(long bytes) {
    if (bytes != 0) {
      String best = null;
      for (String unit : SIZE_UNITS) {
        long factor = sizeUnit(unit.toLowerCase(Locale.ROOT));
        if (bytes % factor == 0) {
          String text = bytes / factor + unit.replace("KB", "kB");
          if (best == null || text.length() < best.length()) {
            best = text;
          }
        }
      }
      if (best != null) {
        return best;
      }
    }
    return bytes + "B";
  }

  /**
   * Returns the duration literal with the fewest parts allowed in a range: {@code 5m}, {@code
   * 1d12h}.
   */
  public static String durationText(long nanos) {
    if (nanos == 0) {
      return "0s";
    }
    StringBuilder sb = new StringBuilder(nanos < 0 ? "-" : "");
    long remaining = Math.abs(nanos);
    for (String unit : new String[] {"y", "w", "d", "h", "m", "s", "ms", "us", "ns"}) {
      long factor = unit(unit, true);
      boolean exactOnly = unit.equals("y") || unit.equals("w") || unit.equals("d");
      if (remaining >= factor && (!exactOnly || remaining % factor == 0)) {
        sb.append(remaining / factor).append(unit);
        remaining %= factor;
      }
    }
    return sb.toString();
  }

  /** Parses a query duration; null if the text is not a duration. */
  static @Nullable Long tryDuration(String text) {
    try {
      return queryDuration(text);
    } catch (UnitException e) {
      return null;
    }
  }
}
