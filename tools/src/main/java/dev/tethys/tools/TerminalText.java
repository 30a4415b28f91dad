package dev.tethys.tools;

/** Texts of servers for a terminal. */
final class TerminalText {
  private TerminalText() {}

  /**
   * Text on one line: control characters, which could change a terminal or begin a line that looks
   * like one of the program, and characters that turn the direction of writing are escaped.
   */
  static String printable(String s) {
    StringBuilder sb = new StringBuilder(s.length());
    s.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> sb.append("\\n");
                case '\r' -> sb.append("\\r");
                case '\t' -> sb.append("\\t");
                default -> {
                  if (Character.isISOControl(c) || turns(c)) {
                    sb.append(String.format("\\u%04x", c));
                  } else {
                    sb.appendCodePoint(c);
                  }
                }
              }
            });
    return sb.toString();
  }

  /** Whether a character changes the direction of those after it, or ends a line. */
  private static boolean turns(int c) {
    return c >= 0x202A && c <= 0x202E
        || c >= 0x2066 && c <= 0x2069
        || c == 0x200E
        || c == 0x200F
        || c == 0x061C
        || c == 0x2028
        || c == 0x2029;
  }
}
