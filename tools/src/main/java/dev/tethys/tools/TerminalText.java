package dev.tethys.tools;

import dev.tethys.model.OneLineText;

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
                  if (OneLineText.isBreaking(c)) {
                    sb.append(String.format("\\u%04x", c));
                  } else {
                    sb.appendCodePoint(c);
                  }
                }
              }
            });
    return sb.toString();
  }
}
