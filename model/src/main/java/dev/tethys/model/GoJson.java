package dev.tethys.model;

/**
 * Strings as Go's {@code encoding/json} writes them, where clients compare the text: in addition to
 * JSON's own escapes, three HTML characters and the two line separators of Unicode are escaped.
 */
public final class GoJson {
  /** Whether an ASCII character is written unchanged. */
  private static final boolean[] PLAIN = new boolean[128];

  static {
    for (char c = ' '; c < PLAIN.length; c++) {
      PLAIN[c] = c != '"' && c != '\\' && !isHtml(c);
    }
  }

  private GoJson() {}

  /** Appends the text in double quotes, escaped. */
  public static StringBuilder append(StringBuilder sb, String s) {
    return append(sb, s, true);
  }

  /** Variant that leaves HTML characters unescaped, as an option of Go's encoders does. */
  public static StringBuilder appendWithHtml(StringBuilder sb, String s) {
    return append(sb, s, false);
  }

  private static StringBuilder append(StringBuilder sb, String s, boolean escapesHtml) {
    sb.append('"');
    int from = 0; // of the text that is appended unchanged
    int n = s.length();
    for (int i = 0; i < n; i++) {
      char c = s.charAt(i);
      if (c < PLAIN.length ? PLAIN[c] || !escapesHtml && isHtml(c) : isPlain(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c) && i + 1 < n && Character.isLowSurrogate(s.charAt(i + 1))) {
        i++;
        continue;
      }
      sb.append(s, from, i);
      from = i + 1;
      escape(sb, c);
    }
    return sb.append(s, from, n).append('"');
  }

  private static boolean isHtml(char c) {
    return c == '<' || c == '>' || c == '&';
  }

  private static boolean isPlain(char c) {
    return !Character.isSurrogate(c) && c != 0x2028 && c != 0x2029;
  }

  private static void escape(StringBuilder sb, char c) {
    switch (c) {
      case '"' -> sb.append("\\\"");
      case '\\' -> sb.append("\\\\");
      case '\n' -> sb.append("\\n");
      case '\r' -> sb.append("\\r");
      case '\t' -> sb.append("\\t");
      case '\b' -> sb.append("\\b");
      case '\f' -> sb.append("\\f");
      case '<' -> sb.append("\\u003c");
      case '>' -> sb.append("\\u003e");
      case '&' -> sb.append("\\u0026");
      default -> {
        if (Character.isSurrogate(c)) {
          sb.append("\\ufffd"); // as Go writes invalid UTF-8
        } else {
          sb.append("\\u")
              .append(Character.forDigit(c >> 12, 16))
              .append(Character.forDigit(c >> 8 & 15, 16))
              .append(Character.forDigit(c >> 4 & 15, 16))
              .append(Character.forDigit(c & 15, 16));
        }
      }
    }
  }
}
