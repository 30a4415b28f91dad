package dev.tethys.model;

/**
 * Strings as Go's {@code encoding/json} writes them, where clients compare the text: in addition to
 * JSON's own escapes, three HTML characters and the two line separators of Unicode are escaped.
 */
public final class GoJson {
  private GoJson() {}

  /** Appends the text in double quotes, escaped. */
  public static StringBuilder append(StringBuilder sb, String s) {
    return append(sb, s, true);
  }

  /** The same, but leaves the characters of HTML as they are, as Go's encoders can. */
  public static StringBuilder appendWithHtml(StringBuilder sb, String s) {
    return append(sb, s, false);
  }

  private static StringBuilder append(StringBuilder sb, String s, boolean escapesHtml) {
    sb.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"' -> sb.append("\\\"");
        case '\\' -> sb.append("\\\\");
        case '\n' -> sb.append("\\n");
        case '\r' -> sb.append("\\r");
        case '\t' -> sb.append("\\t");
        case '\b' -> sb.append("\\b");
        case '\f' -> sb.append("\\f");
        default -> {
          boolean isHtml = c == '<' || c == '>' || c == '&';
          if (c < ' ' || isHtml && escapesHtml || c == 0x2028 || c == 0x2029) {
            sb.append("\\u")
                .append(Character.forDigit(c >> 12, 16))
                .append(Character.forDigit(c >> 8 & 15, 16))
                .append(Character.forDigit(c >> 4 & 15, 16))
                .append(Character.forDigit(c & 15, 16));
          } else if (Character.isSurrogate(c)) {
            boolean pair = i + 1 < s.length() && Character.isSurrogatePair(c, s.charAt(i + 1));
            if (pair) {
              sb.append(c).append(s.charAt(++i));
            } else {
              sb.append("\\ufffd"); // as Go writes what is not UTF-8
            }
          } else {
            sb.append(c);
          }
        }
      }
    }
    return sb.append('"');
  }
}
