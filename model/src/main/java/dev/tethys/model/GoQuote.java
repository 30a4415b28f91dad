package dev.tethys.model;

/**
 * Quotes text as Go's {@code strconv.Quote} does, because error messages, label sets and PromQL
 * that clients parse are written so. Facts: the Go specification on interpreted string literals.
 */
public final class GoQuote {
  private GoQuote() {}

  /** The text in double quotes, escaped. */
  public static String quote(String s) {
    return append(new StringBuilder(s.length() + 2), s).toString();
  }

  /** Appends the text in double quotes, escaped. */
  public static StringBuilder append(StringBuilder sb, String s) {
    sb.append('"');
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      switch (c) {
        case '"' -> sb.append("\\\"");
        case '\\' -> sb.append("\\\\");
        case 0x07 -> sb.append("\\a");
        case '\b' -> sb.append("\\b");
        case '\f' -> sb.append("\\f");
        case '\n' -> sb.append("\\n");
        case '\r' -> sb.append("\\r");
        case '\t' -> sb.append("\\t");
        case 0x0b -> sb.append("\\v");
        default -> {
          if (c < ' ' || c == 0x7f) {
            sb.append("\\x")
                .append(Character.forDigit(c >> 4, 16))
                .append(Character.forDigit(c & 15, 16));
          } else if (c > 0xdc7f
              && c < 0xdd00) { // a byte that is no UTF-8, kept as a lone surrogate
            sb.append("\\x").append(Integer.toHexString(c - 0xdc00));
          } else if (printable(c)) {
            sb.appendCodePoint(c);
          } else if (c < 0x10000) {
            sb.append(String.format("\\u%04x", c));
          } else {
            sb.append(String.format("\\U%08x", c));
          }
        }
      }
    }
    return sb.append('"');
  }

  private static boolean printable(int c) {
    if (c == ' ') {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
