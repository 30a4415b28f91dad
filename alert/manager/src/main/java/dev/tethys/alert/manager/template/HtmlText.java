package dev.tethys.alert.manager.template;

/** Text as it may stand in HTML. */
final class HtmlText {
  /** What stands in place of a value that could do harm where it was to stand. */
  static final String REFUSED = "ZgotmplZ";

  private HtmlText() {}

  /** As text or as the value of an attribute in quotes. */
  static String escaped(String s) {
    return escape(s, true, false);
  }

  /** The same, with what is already escaped left as it is. */
  static String normalized(String s) {
    return escape(s, false, false);
  }

  /** As the value of an attribute without quotes. */
  static String unquoted(String s) {
    return s.isEmpty() ? REFUSED : escape(s, true, true);
  }

  private static String escape(String s, boolean ampersands, boolean spaces) {
    StringBuilder sb = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case 0 -> sb.append('\ufffd');
        case '"' -> sb.append("&#34;");
        case '\'' -> sb.append("&#39;");
        case '+' -> sb.append("&#43;");
        case '<' -> sb.append("&lt;");
        case '>' -> sb.append("&gt;");
        case '&' -> sb.append(ampersands ? "&amp;" : "&");
        case '\t', '\n', 0x0b, '\f', '\r', ' ', '=', '`' -> {
          if (spaces) {
            sb.append("&#").append((int) c).append(';');
          } else {
            sb.append(c);
          }
        }
        default -> sb.append(c);
      }
    }
    return sb.toString();
  }

  /** HTML without its tags and comments. */
  static String withoutTags(String s) {
    StringBuilder sb = new StringBuilder(s.length());
    int i = 0;
    while (i < s.length()) {
      if (s.startsWith("<!--", i)) {
        int end = s.indexOf("-->", i + 4);
        i = end < 0 ? s.length() : end + 3;
      } else if (s.charAt(i) == '<'
          && i + 1 < s.length()
          && (Character.isLetter(s.charAt(i + 1)) || s.charAt(i + 1) == '/')) {
        int end = s.indexOf('>', i);
        i = end < 0 ? s.length() : end + 1;
      } else {
        sb.append(s.charAt(i++));
      }
    }
    return sb.toString();
  }
}
