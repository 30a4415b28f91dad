package dev.tethys.pipeline.ottl.function;

/** Snake and camel case, with the Collector's word boundaries. */
final class Cases {
  private Cases() {}

  /** Converts {@code myMetricName2} to {@code my_metric_name_2}. */
  static String snake(String text) {
    String s = text.strip();
    StringBuilder sb = new StringBuilder(s.length() + 4);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      boolean upper = c >= 'A' && c <= 'Z';
      boolean lower = c >= 'a' && c <= 'z';
      char out = upper ? (char) (c + 32) : c;
      if (i + 1 < s.length()) {
        char next = s.charAt(i + 1);
        boolean nextUpper = next >= 'A' && next <= 'Z';
        boolean nextLower = next >= 'a' && next <= 'z';
        boolean nextDigit = next >= '0' && next <= '9';
        boolean digit = c >= '0' && c <= '9';
        if (upper && (nextLower || nextDigit)
            || lower && (nextUpper || nextDigit)
            || digit && (nextUpper || nextLower)) {
          if (upper && nextLower) {
            boolean afterUpper = i > 0 && s.charAt(i - 1) >= 'A' && s.charAt(i - 1) <= 'Z';
            if (afterUpper) {
              sb.append('_');
            }
          }
          sb.append(isBreak(c) ? '_' : out);
          if (lower || digit || nextDigit) {
            sb.append('_');
          }
          continue;
        }
      }
      sb.append(isBreak(c) ? '_' : out);
    }
    return sb.toString();
  }

  private static boolean isBreak(char c) {
    return c == ' ' || c == '_' || c == '-' || c == '.';
  }

  /** Converts {@code my_metric_name} to {@code MyMetricName}. */
  static String camel(String text) {
    String s = text.strip();
    StringBuilder sb = new StringBuilder(s.length());
    boolean capital = true;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      boolean upper = c >= 'A' && c <= 'Z';
      boolean lower = c >= 'a' && c <= 'z';
      boolean digit = c >= '0' && c <= '9';
      if (capital && lower) {
        c -= 32;
      }
      if (upper || lower) {
        sb.append(c);
        capital = false;
      } else if (digit) {
        sb.append(c);
        capital = true;
      } else if (isBreak(c)) {
        capital = true;
      } else {
        capital = false;
      }
    }
    return sb.toString();
  }
}
