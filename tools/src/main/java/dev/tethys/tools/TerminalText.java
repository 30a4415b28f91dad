package dev.tethys.tools;

import dev.tethys.model.OneLineText;

/** Strings of servers for a terminal. */
final class TerminalText {
  private TerminalText() {}

  /**
   * Text on one line: escapes control characters, which could affect a terminal or fake a line of
   * the program, and characters that change the writing direction.
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
