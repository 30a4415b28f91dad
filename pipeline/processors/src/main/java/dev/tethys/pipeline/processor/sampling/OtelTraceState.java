package dev.tethys.pipeline.processor.sampling;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * OpenTelemetry's entry of a W3C {@code tracestate}, {@code ot=rv:9b8233f7e3a151;th:c}, and the
 * entries of other vendors. Unchanged parts are written as received.
 *
 * @param threshold its digits, or empty if none
 * @param randomness its digits, or empty if none
 * @param rest other parts of the entry
 * @param others entries of other vendors
 */
record OtelTraceState(String threshold, String randomness, List<String> rest, List<String> others) {
  private static final int MAX_LENGTH = 1024;
  private static final int MAX_ENTRIES = 32;
  private static final int MAX_ENTRY = 256;
  private static final int MAX_TENANT = 241;
  private static final int MAX_SYSTEM = 14;
  private static final int DIGITS = 14;

  /** Parses a trace state; returns null if any entry is malformed. */
  static @Nullable OtelTraceState parse(String state) {
    if (state.length() > MAX_LENGTH) {
      return null;
    }
    OtelTraceState own = new OtelTraceState("", "", List.of(), List.of());
    if (state.isEmpty()) {
      return own;
    }
    List<String> others = new ArrayList<>();
    String[] entries = state.split(",", -1);
    if (entries.length > MAX_ENTRIES) {
      return null;
    }
    for (String entry : entries) {
      String e = trim(entry);
      if (e.isEmpty()) {
        continue;
      }
      int is = e.indexOf('=');
      if (is < 1 || !isKey(e.substring(0, is)) || !isValue(e.substring(is + 1))) {
        return null;
      }
      if (is != 2 || !e.startsWith("ot")) {
        others.add(e);
        continue;
      }
      OtelTraceState o = entry(e.substring(3));
      if (o == null) {
        return null;
      }
      own = o;
    }
    return new OtelTraceState(own.threshold, own.randomness, own.rest, others);
  }

  private static @Nullable OtelTraceState entry(String text) {
    if (text.length() > MAX_ENTRY) {
      return null;
    }
    String threshold = "";
    String randomness = "";
    List<String> rest = new ArrayList<>();
    for (String part : text.split(";", -1)) {
      int colon = part.indexOf(':');
      if (colon < 1 || !isName(part, colon)) {
        return null;
      }
      String value = part.substring(colon + 1);
      switch (part.substring(0, colon)) {
        case "th" -> {
          if (threshold(value) < 0) {
            return null;
          }
          threshold = value;
        }
        case "rv" -> {
          if (randomness(value) < 0) {
            return null;
          }
          randomness = value;
        }
        default -> rest.add(part);
      }
    }
    return new OtelTraceState(threshold, randomness, rest, List.of());
  }

  /**
   * Whether the part has a name of lower-case letters and digits and a value without reserved
   * characters.
   */
  private static boolean isName(String part, int colon) {
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      boolean fits =
          i == colon
              || isLetter(c)
              || c >= '0' && c <= '9' && i > 0
              || i > colon && (c >= 'A' && c <= 'Z' || c == '.' || c == '_' || c == '-');
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetter(char c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isKey(String key) {
    int at = key.indexOf('@');
    int system = at + 1;
    if (at < 0) {
      return isLetter(key.charAt(0)) && key.length() <= MAX_ENTRY && isKeyText(key);
    }
    return at > 0
        && at <= MAX_TENANT
        && system < key.length()
        && key.length() - system <= MAX_SYSTEM
        && (isLetter(key.charAt(0)) || key.charAt(0) >= '0' && key.charAt(0) <= '9')
        && isLetter(key.charAt(system))
        && isKeyText(key.substring(0, at))
        && isKeyText(key.substring(system));
  }

  private static boolean isKeyText(String s) {
    return s.chars()
        .allMatch(c -> isLetter((char) c) || c >= '0' && c <= '9' || "_-*/".indexOf(c) >= 0);
  }

  private static boolean isValue(String value) {
    return !value.isEmpty()
        && value.length() <= MAX_ENTRY
        && value.charAt(value.length() - 1) != ' '
        && value.chars().allMatch(c -> c >= ' ' && c <= '~' && c != ',' && c != '=');
  }

  private static String trim(String s) {
    int from = 0;
    int to = s.length();
    while (from < to && isBlank(s.charAt(from))) {
      from++;
    }
    while (from < to && isBlank(s.charAt(to - 1))) {
      to--;
    }
    return s.substring(from, to);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  /** Returns the threshold from 0 to 2^56-1; -1 for none. */
  long thresholdBits() {
    return threshold(threshold);
  }

  /** Randomness of 56 bits; -1 for none. */
  long randomnessBits() {
    return randomness(randomness);
  }

  /** Parses up to 14 hexadecimal digits without trailing zeros; -1 for anything else. */
  static long threshold(String digits) {
    if (digits.isEmpty() || digits.length() > DIGITS) {
      return -1;
    }
    long v = hexadecimal(digits);
    return v < 0 ? -1 : v << 4 * (DIGITS - digits.length());
  }

  /** Parses 14 hexadecimal digits; -1 for anything else. */
  static long randomness(String digits) {
    return digits.length() == DIGITS ? hexadecimal(digits) : -1;
  }

  private static long hexadecimal(String digits) {
    long v = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      int d = c < 128 ? Character.digit(c, 16) : -1;
      if (d < 0) {
        return -1;
      }
      v = v << 4 | d;
    }
    return v;
  }

  OtelTraceState withThreshold(long t) {
    return new OtelTraceState(digits(t), randomness, rest, others);
  }

  OtelTraceState withoutThreshold() {
    return new OtelTraceState("", randomness, rest, others);
  }

  OtelTraceState withRandomness(long r) {
    return new OtelTraceState(threshold, allDigits(r), rest, others);
  }

  /** Returns the digits of a threshold. */
  static String digits(long threshold) {
    if (threshold == 0) {
      return "0";
    }
    String s = allDigits(threshold);
    int end = s.length();
    while (s.charAt(end - 1) == '0') {
      end--;
    }
    return s.substring(0, end);
  }

  /** Returns all digits of a randomness value. */
  static String allDigits(long randomness) {
    return HexFormat.of().toHexDigits(randomness, DIGITS);
  }

  String write() {
    List<String> parts = new ArrayList<>();
    if (!randomness.isEmpty()) {
      parts.add("rv:" + randomness);
    }
    if (!threshold.isEmpty()) {
      parts.add("th:" + threshold);
    }
    parts.addAll(rest);
    List<String> entries = new ArrayList<>();
    if (!parts.isEmpty()) {
      entries.add("ot=" + String.join(";", parts));
    }
    entries.addAll(others);
    return String.join(",", entries);
  }
}
