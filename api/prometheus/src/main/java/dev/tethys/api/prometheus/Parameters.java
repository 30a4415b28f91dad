package dev.tethys.api.prometheus;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.parser.Literals;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.web.Params;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The parameters of a request in Prometheus's formats, rejected with its wording. */
final class Parameters {
  /** The start of all time, for requests that name none: Prometheus's own, in milliseconds. */
  static final long MIN_TIME = -9161236440057974000L;

  /** Latest timestamp accepted by the API. */
  static final long MAX_TIME = 9161236440057974999L;

  private static final String MIN_TIME_TEXT = "-292273086-05-16T16:47:06Z";
  private static final String MAX_TIME_TEXT = "292277025-08-18T07:12:54.999999999Z";

  private static final Pattern FLOAT =
      Pattern.compile(
          "[+-]?(?:(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?|0[xX][0-9a-fA-F.]+[pP][+-]?\\d+)");
  private static final Pattern RFC3339 =
      Pattern.compile(
          "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d+)?(?:Z|[+-]\\d\\d:\\d\\d)");
  private static final Pattern WHOLE = Pattern.compile("[+-]?\\d+");

  /**
   * Maximum number of digits of a time in Unix seconds, or of a limit; longer ones are parsed
   * differently.
   */
  private static final int MAX_DIGITS = 12;

  private final Params params;

  Parameters(Params params) {
    this.params = params;
  }

  /** Returns a parameter, or {@code ""} if it is absent. */
  String text(String name) {
    return params.first(name, "");
  }

  List<String> all(String name) {
    return params.all(name);
  }

  /** Returns a time in milliseconds, or {@code otherwise} if it is absent. */
  long time(String name, long otherwise) {
    String s = text(name);
    if (s.isEmpty()) {
      return otherwise;
    }
    try {
      return time(s);
    } catch (IllegalArgumentException e) {
      throw ApiException.invalidParameter(
          name, "invalid time value for '" + name + "': " + e.getMessage());
    }
  }

  /** Returns a required time. */
  long requiredTime(String name) {
    try {
      return time(text(name));
    } catch (IllegalArgumentException e) {
      throw ApiException.invalidParameter(name, String.valueOf(e.getMessage()));
    }
  }

  /** Parses Unix seconds or RFC 3339. */
  static long time(String s) {
    long seconds = digits(s);
    if (seconds >= 0) {
      return seconds * 1000;
    }
    Double v = parseFloat(s);
    if (v != null && Double.isFinite(v)) {
      double whole = v < 0 ? Math.ceil(v) : Math.floor(v);
      if (Math.abs(whole) < Long.MAX_VALUE / 1000.0) {
        return (long) whole * 1000 + Math.round((v - whole) * 1000);
      }
    } else if (RFC3339.matcher(s).matches()) {
      try {
        Instant t = OffsetDateTime.parse(s.replace(',', '.')).toInstant();
        return t.toEpochMilli();
      } catch (DateTimeException e) {
        // such as the 30th of February: told below
      }
    } else if (s.equals(MIN_TIME_TEXT)) {
      return MIN_TIME;
    } else if (s.equals(MAX_TIME_TEXT)) {
      return MAX_TIME;
    }
    throw new IllegalArgumentException(
        "cannot parse " + GoQuote.quote(s) + " to a valid timestamp");
  }

  /** Returns a duration in milliseconds. */
  long duration(String name) {
    try {
      return parseDuration(text(name));
    } catch (IllegalArgumentException e) {
      throw ApiException.invalidParameter(name, String.valueOf(e.getMessage()));
    }
  }

  /** Parses float seconds, or a duration with units. */
  static long parseDuration(String s) {
    Double v = parseFloat(s);
    if (v != null && !Double.isNaN(v)) {
      if (Math.abs(v) * 1e9 > 9.223372036854775807e18) {
        throw new IllegalArgumentException(
            "cannot parse " + GoQuote.quote(s) + " to a valid duration. It overflows int64");
      }
      return (long) (v * 1e9) / 1_000_000;
    }
    try {
      return Literals.durationMillis(s);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "cannot parse " + GoQuote.quote(s) + " to a valid duration", e);
    }
  }

  /**
   * Parses a number of a few digits, the usual case, without an expression; -1 for any other text.
   */
  private static long digits(String s) {
    int length = s.length();
    if (length == 0 || length > MAX_DIGITS) {
      return -1;
    }
    long n = 0;
    for (int i = 0; i < length; i++) {
      char c = s.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      n = 10 * n + c - '0';
    }
    return n;
  }

  private static @Nullable Double parseFloat(String s) {
    if (FLOAT.matcher(s).matches()) {
      return Double.parseDouble(s);
    }
    return switch (s.toLowerCase(Locale.ROOT)) {
      case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> null;
    };
  }

  /** Returns the maximum number of results; 0 for all. */
  int limit() {
    String s = text("limit");
    if (s.isEmpty()) {
      return 0;
    }
    try {
      int n = whole(s);
      if (n < 0) {
        throw new IllegalArgumentException("limit must be non-negative");
      }
      return n;
    } catch (IllegalArgumentException e) {
      throw ApiException.invalidParameter("limit", String.valueOf(e.getMessage()));
    }
  }

  /** Parses an integer; errors have the text of Go's {@code strconv.Atoi}. */
  static int whole(String s) {
    long few = digits(s);
    if (few >= 0) {
      return (int) Math.min(few, Integer.MAX_VALUE);
    }
    if (!WHOLE.matcher(s).matches()) {
      throw new IllegalArgumentException(
          "strconv.Atoi: parsing " + GoQuote.quote(s) + ": invalid syntax");
    }
    BigInteger v = new BigInteger(s);
    if (v.bitLength() > 63) {
      throw new IllegalArgumentException(
          "strconv.Atoi: parsing " + GoQuote.quote(s) + ": value out of range");
    }
    // No list exceeds the range of int, so a larger limit has no effect.
    return (int) Math.clamp(v.longValue(), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** Parses a boolean like Go; returns {@code otherwise} if it is absent. */
  boolean bool(String name, boolean otherwise, String problem) {
    String s = text(name);
    return switch (s) {
      case "" -> otherwise;
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default -> throw ApiException.badData(problem.replace("%s", GoQuote.quote(s)));
    };
  }

  /**
   * Returns the selectors of {@code match[]}.
   *
   * @throws ApiException with the bare reason, as most endpoints tell it
   */
  List<List<Matcher>> matchers() {
    List<List<Matcher>> sets = new ArrayList<>();
    for (String s : all("match[]")) {
      sets.add(selector(s));
    }
    for (List<Matcher> set : sets) {
      if (isEmpty(set)) {
        throw ApiException.badData("match[] must contain at least one non-empty matcher");
      }
    }
    return sets;
  }

  private static boolean isEmpty(List<Matcher> set) {
    for (Matcher m : set) {
      if (!m.matchesEmpty()) {
        return false;
      }
    }
    return true;
  }

  private static List<Matcher> selector(String s) {
    try {
      return SelectorCache.parse(s);
    } catch (PromqlParseException e) {
      throw new ApiException(ErrorType.BAD_DATA, String.valueOf(e.getMessage()), e);
    }
  }
}
