package dev.tethys.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Types of unquoted YAML scalars, as resolved by Go's YAML packages (resolve.go). Version 2 reads
 * {@code yes}, {@code on}, {@code y} and their opposites as booleans; in version 3 they are
 * strings.
 */
final class PlainScalar {
  /** Maximum length of a string parsed as a number. */
  private static final int MAX_NUMBER = 100;

  private static final Set<String> TRUE = Set.of("true", "True", "TRUE");
  private static final Set<String> FALSE = Set.of("false", "False", "FALSE");
  private static final Set<String> TRUE_OF_VERSION_2 =
      Set.of("y", "Y", "yes", "Yes", "YES", "on", "On", "ON");
  private static final Set<String> FALSE_OF_VERSION_2 =
      Set.of("n", "N", "no", "No", "NO", "off", "Off", "OFF");
  private static final Set<String> NULL = Set.of("", "~", "null", "Null", "NULL");
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(\\d+|\\d*\\.\\d+|\\d+\\.)([eE][-+]?\\d{1,5})?");
  private static final Pattern OCTAL = Pattern.compile("0[0-7]+");
  private static final Pattern WHOLE = Pattern.compile("[-+]?(0|[1-9]\\d*)");
  private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);
  private static final int UNSIGNED_BITS = 64;

  private PlainScalar() {}

  static boolean isNull(String text) {
    return NULL.contains(text);
  }

  /** Returns the boolean represented by a string; null for other strings. */
  static @Nullable Boolean bool(String text, boolean version3) {
    if (TRUE.contains(text) || !version3 && TRUE_OF_VERSION_2.contains(text)) {
      return true;
    }
    return FALSE.contains(text) || !version3 && FALSE_OF_VERSION_2.contains(text) ? false : null;
  }

  /**
   * Returns the typed value of a string: a boolean, {@link BigDecimal} for an integer, {@link
   * Double} for a float; null for null and strings.
   */
  static @Nullable Object value(String text, boolean version3) {
    Boolean bool = bool(text, version3);
    if (bool != null) {
      return bool;
    }
    Double named = named(text);
    if (named != null) {
      return named;
    }
    BigDecimal n = number(text);
    if (n == null) {
      return null;
    }
    if (isInteger(text)) {
      BigInteger i = n.toBigInteger();
      if (i.signum() < 0 ? i.compareTo(LEAST) >= 0 : i.bitLength() <= UNSIGNED_BITS) {
        return n;
      }
    }
    double d = Double.parseDouble(text.replace("_", "")); // keeps the sign of -0.0
    return Double.isInfinite(d) ? null : (Object) d;
  }

  /** Whether the text of a number is one of an integer: {@code 08} and {@code 1.} are floats. */
  private static boolean isInteger(String text) {
    String s = text.replace("_", "");
    return WHOLE.matcher(s).matches() || radix(unsigned(s)) != 10;
  }

  /** Returns infinity or NaN by name; null for other strings. */
  static @Nullable Double named(String text) {
    return switch (text) {
      case ".nan", ".NaN", ".NAN" -> Double.NaN;
      case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF" -> Double.POSITIVE_INFINITY;
      case "-.inf", "-.Inf", "-.INF" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  private static String unsigned(String s) {
    return s.charAt(0) == '-' || s.charAt(0) == '+' ? s.substring(1) : s;
  }

  /** Returns the radix of a prefix; 7 for octal numbers with the prefix 0. */
  private static int radix(String digits) {
    if (digits.length() > 2 && digits.charAt(0) == '0') {
      switch (digits.charAt(1)) {
        case 'x', 'X' -> {
          return 16;
        }
        case 'b', 'B' -> {
          return 2;
        }
        case 'o', 'O' -> {
          return 8;
        }
        default -> {}
      }
    }
    return OCTAL.matcher(digits).matches() ? 7 : 10;
  }

  /** Returns the number represented by a string, integer or float; null for other strings. */
  static @Nullable BigDecimal number(String text) {
    if (text.isEmpty() || text.charAt(0) == '_' || text.length() > MAX_NUMBER) {
      return null;
    }
    String s = text.replace("_", "");
    String digits = unsigned(s);
    int radix = radix(digits);
    if (radix == 10) {
      return DECIMAL.matcher(s).matches() ? new BigDecimal(s) : null;
    }
    String body = digits.substring(radix == 7 ? 1 : 2);
    if (body.startsWith("-") || body.startsWith("+")) {
      return null;
    }
    try {
      BigInteger n = new BigInteger(body, radix == 7 ? 8 : radix);
      return new BigDecimal(s.charAt(0) == '-' ? n.negate() : n);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Whether a text without quotes has a type other than string in one of the versions. */
  static boolean isSpecial(String text) {
    return isNull(text)
        || bool(text, false) != null
        || number(text) != null
        || named(text) != null
        || text.matches("\\d{4}-\\d\\d?-\\d\\d?.*|<<|=");
  }
}
