package dev.tethys.pipeline.ottl.function;

import dev.tethys.pipeline.ottl.EvaluationException;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Durations as Go writes them: {@code 1h15m30.5s}, {@code -300ms}. */
final class GoDuration {
  private static final int MAX_LENGTH = 100;

  private GoDuration() {}

  /** In nanoseconds. */
  static long parse(String text) {
    int at = 0;
    boolean negative = text.startsWith("-");
    if (negative || text.startsWith("+")) {
      at++;
    }
    if (text.substring(at).equals("0")) {
      return 0;
    }
    BigDecimal sum = BigDecimal.ZERO;
    if (at == text.length() || text.length() > MAX_LENGTH) {
      throw invalid(text);
    }
    while (at < text.length()) {
      int start = at;
      while (at < text.length() && (isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
        at++;
      }
      String number = text.substring(start, at);
      int unitStart = at;
      while (at < text.length() && !isDigit(text.charAt(at)) && text.charAt(at) != '.') {
        at++;
      }
      long unit =
          switch (text.substring(unitStart, at)) {
            case "ns" -> 1L;
            case "us", "\u00b5s", "\u03bcs" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> throw invalid(text);
          };
      if (number.chars().noneMatch(c -> c != '.')
          || number.indexOf('.') != number.lastIndexOf('.')) {
        throw invalid(text);
      }
      String whole = number.startsWith(".") ? "0" + number : number;
      sum =
          sum.add(
              new BigDecimal(whole.endsWith(".") ? whole + "0" : whole)
                  .multiply(BigDecimal.valueOf(unit))
                  .setScale(0, RoundingMode.DOWN));
    }
    try {
      return (negative ? sum.negate() : sum).longValueExact();
    } catch (ArithmeticException e) {
      throw new EvaluationException("the duration " + text + " is longer than 292 years");
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static EvaluationException invalid(String text) {
    return new EvaluationException(
        "not a duration: \"" + text + "\"; write one like 1h30m, 10s or 500ms");
  }
}
