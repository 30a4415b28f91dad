package dev.tethys.pipeline.processor.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * OpenTelemetry's entry of a W3C {@code tracestate}, {@code ot=th:c;rv:9b8233f7e3a151}, beside the
 * entries of others.
 *
 * @param threshold 0 to 2^56-1; -1 for none
 * @param randomness 56 bits; -1 for none
 * @param rest other parts of the entry
 * @param others entries of others
 */
record OtelTraceState(long threshold, long randomness, List<String> rest, List<String> others) {
  static OtelTraceState parse(String state) {
    long threshold = -1;
    long randomness = -1;
    List<String> rest = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (String entry : state.split(",")) {
      String e = entry.strip();
      if (e.isEmpty()) {
        continue;
      }
      if (!e.startsWith("ot=")) {
        others.add(e);
        continue;
      }
      for (String part : e.substring(3).split(";")) {
        if (part.startsWith("th:")) {
          threshold = threshold(part.substring(3));
        } else if (part.startsWith("rv:")) {
          randomness = randomness(part.substring(3));
        } else if (!part.isEmpty()) {
          rest.add(part);
        }
      }
    }
    return new OtelTraceState(threshold, randomness, rest, others);
  }

  /** Up to 14 hexadecimal digits, zeros at the end left out; -1 for anything else. */
  static long threshold(String digits) {
    if (digits.isEmpty() || digits.length() > 14) {
      return -1;
    }
    long v = parse(digits, digits.length());
    return v < 0 ? -1 : v << 4 * (14 - digits.length());
  }

  /** 14 hexadecimal digits; -1 for anything else. */
  static long randomness(String digits) {
    return parse(digits, 14);
  }

  private static long parse(String digits, int length) {
    if (digits.length() != length) {
      return -1;
    }
    long v = 0;
    for (int i = 0; i < length; i++) {
      int d = Character.digit(digits.charAt(i), 16);
      if (d < 0 || Character.isUpperCase(digits.charAt(i))) {
        return -1;
      }
      v = v << 4 | d;
    }
    return v;
  }

  OtelTraceState withThreshold(long t) {
    return new OtelTraceState(t, randomness, rest, others);
  }

  OtelTraceState withRandomness(long r) {
    return new OtelTraceState(threshold, r, rest, others);
  }

  /** A threshold's digits. */
  static String digits(long threshold) {
    if (threshold == 0) {
      return "0";
    }
    String s = String.format(Locale.ROOT, "%014x", threshold);
    int end = s.length();
    while (s.charAt(end - 1) == '0') {
      end--;
    }
    return s.substring(0, end);
  }

  String write() {
    List<String> parts = new ArrayList<>();
    if (threshold >= 0) {
      parts.add("th:" + digits(threshold));
    }
    if (randomness >= 0) {
      parts.add("rv:" + String.format(Locale.ROOT, "%014x", randomness));
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
