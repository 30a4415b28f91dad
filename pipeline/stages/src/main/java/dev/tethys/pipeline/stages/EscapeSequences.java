package dev.tethys.pipeline.stages;

/**
 * Removes terminal escape sequences (ECMA-48) from text. These are control sequences ({@code ESC [}
 * or U+009B, parameters, a final byte), operating system commands ({@code ESC ]} up to BEL or
 * {@code ESC \}), and escapes of two or three characters. Incomplete sequences stay.
 */
final class EscapeSequences {
  private static final char ESC = '\u001b';
  private static final char CSI = '\u009b';
  private static final char BEL = '\u0007';

  private EscapeSequences() {}

  /** Removes escape sequences; returns the same object if there are none. */
  static String remove(String s) {
    int at = next(s, 0);
    if (at < 0) {
      return s;
    }
    StringBuilder out = null;
    int kept = 0;
    while (at >= 0) {
      int end = end(s, at);
      if (end > at) {
        out = out == null ? new StringBuilder(s.length()) : out;
        out.append(s, kept, at);
        kept = end;
      }
      at = next(s, Math.max(end, at + 1));
    }
    return out == null ? s : out.append(s, kept, s.length()).toString();
  }

  private static int next(String s, int from) {
    int esc = s.indexOf(ESC, from);
    int csi = s.indexOf(CSI, from);
    return esc < 0 ? csi : csi < 0 ? esc : Math.min(esc, csi);
  }

  /**
   * Returns the end of the escape sequence that starts at {@code at}; {@code at} if none starts
   * there.
   */
  private static int end(String s, int at) {
    if (s.charAt(at) == CSI) {
      return control(s, at, at + 1);
    }
    if (at + 1 >= s.length()) {
      return at;
    }
    return switch (s.charAt(at + 1)) {
      case '[' -> control(s, at, at + 2);
      case ']' -> string(s, at);
      default -> escape(s, at);
    };
  }

  private static int control(String s, int at, int from) {
    int p = from;
    while (p < s.length() && s.charAt(p) >= 0x20 && s.charAt(p) <= 0x3f) {
      p++;
    }
    return p < s.length() && s.charAt(p) >= 0x40 && s.charAt(p) <= 0x7e ? p + 1 : at;
  }

  private static int string(String s, int at) {
    for (int p = at + 2; p < s.length(); p++) {
      char c = s.charAt(p);
      if (c == BEL) {
        return p + 1;
      }
      if (c == ESC) {
        return p + 1 < s.length() && s.charAt(p + 1) == '\\' ? p + 2 : at;
      }
    }
    return at;
  }

  private static int escape(String s, int at) {
    int p = at + 1;
    while (p < s.length() && s.charAt(p) >= 0x20 && s.charAt(p) <= 0x2f) {
      p++;
    }
    return p < s.length() && s.charAt(p) >= 0x30 && s.charAt(p) <= 0x7e ? p + 1 : at;
  }
}
