package dev.tethys.query.logql.pipeline;

/**
 * Parts of JSON text in bytes. As lenient as Loki's parser: a comma before a closing brace, text
 * after the object and a missing brace at the end are accepted.
 */
final class JsonText {
  static final String MALFORMED_OBJECT =
      "Value looks like object, but can't find closing '}' symbol";
  static final String MALFORMED_JSON = "Malformed JSON error";
  static final String MALFORMED_STRING = "Value is string, but can't find closing '\"' symbol";
  static final String MALFORMED_ARRAY = "Value is array, but can't find closing ']' symbol";
  static final String MALFORMED_VALUE =
      "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol";
  static final String UNKNOWN_VALUE = "Unknown value type";

  private JsonText() {}

  /** Returns the index of the first non-blank byte; the end if all are blanks. */
  static int skipBlanks(byte[] b, int at, int to) {
    int i = at;
    while (i < to && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t')) {
      i++;
    }
    return i;
  }

  /** Returns the position of the quote that closes a string; -1 if there is none. */
  static int stringEnd(byte[] b, int afterQuote, int to) {
    int i = afterQuote;
    while (i < to) {
      byte c = b[i];
      if (c == '"') {
        return i;
      }
      i += c == '\\' ? 2 : 1;
    }
    return -1;
  }

  /** Returns the position after the bracket that closes an object or array; -1 if there is none. */
  static int blockEnd(byte[] b, int at, int to, byte open, byte close) {
    int level = 0;
    int i = at;
    while (i < to) {
      byte c = b[i];
      if (c == '"') {
        int end = stringEnd(b, i + 1, to);
        if (end < 0) {
          return -1;
        }
        i = end;
      } else if (c == open) {
        level++;
      } else if (c == close && --level == 0) {
        return i + 1;
      }
      i++;
    }
    return -1;
  }

  /** Returns the end of a number, boolean or null. */
  static int literalEnd(byte[] b, int at, int to) {
    int i = at;
    while (i < to) {
      switch (b[i]) {
        case ' ', '\n', '\r', '\t', ',', '}', ']' -> {
          return i;
        }
        default -> i++;
      }
    }
    return i;
  }

  /** Returns the position after a value of any type; -1 if it has no end. */
  static int valueEnd(byte[] b, int at, int to) {
    return switch (b[at]) {
      case '"' -> {
        int end = stringEnd(b, at + 1, to);
        yield end < 0 ? -1 : end + 1;
      }
      case '{' -> blockEnd(b, at, to, (byte) '{', (byte) '}');
      case '[' -> blockEnd(b, at, to, (byte) '[', (byte) ']');
      default -> literalEnd(b, at, to);
    };
  }

  /** True if a string has escapes. */
  static boolean hasEscapes(byte[] b, int from, int to) {
    for (int i = from; i < to; i++) {
      if (b[i] == '\\') {
        return true;
      }
    }
    return false;
  }

  /**
   * Writes a string without its escapes, which needs no more space than the string has.
   *
   * @return end of the written bytes; -1 if an escape is not valid
   */
  static int unescape(byte[] b, int from, int to, byte[] out, int at) {
    int o = at;
    int i = from;
    while (i < to) {
      byte c = b[i++];
      if (c != '\\') {
        out[o++] = c;
        continue;
      }
      if (i == to) {
        return -1;
      }
      switch (b[i++]) {
        case '"' -> out[o++] = '"';
        case '\\' -> out[o++] = '\\';
        case '/' -> out[o++] = '/';
        case 'b' -> out[o++] = '\b';
        case 'f' -> out[o++] = '\f';
        case 'n' -> out[o++] = '\n';
        case 'r' -> out[o++] = '\r';
        case 't' -> out[o++] = '\t';
        case 'u' -> {
          int u = hex(b, i, to);
          if (u < 0) {
            return -1;
          }
          i += 4;
          if (u >= 0xd800 && u < 0xdc00 && i + 1 < to && b[i] == '\\' && b[i + 1] == 'u') {
            int low = hex(b, i + 2, to);
            if (low >= 0xdc00 && low < 0xe000) {
              u = Character.toCodePoint((char) u, (char) low);
              i += 6;
            }
          }
          o = encode(u >= 0xd800 && u < 0xe000 ? 0xfffd : u, out, o);
        }
        default -> {
          return -1;
        }
      }
    }
    return o;
  }

  private static int hex(byte[] b, int at, int to) {
    if (at + 4 > to) {
      return -1;
    }
    int v = 0;
    for (int i = at; i < at + 4; i++) {
      int d = Character.digit(b[i], 16);
      if (d < 0) {
        return -1;
      }
      v = v << 4 | d;
    }
    return v;
  }

  private static int encode(int c, byte[] out, int o) {
    if (c < 0x80) {
      out[o++] = (byte) c;
    } else if (c < 0x800) {
      out[o++] = (byte) (0xc0 | c >> 6);
      out[o++] = (byte) (0x80 | c & 0x3f);
    } else if (c < 0x10000) {
      out[o++] = (byte) (0xe0 | c >> 12);
      out[o++] = (byte) (0x80 | c >> 6 & 0x3f);
      out[o++] = (byte) (0x80 | c & 0x3f);
    } else {
      out[o++] = (byte) (0xf0 | c >> 18);
      out[o++] = (byte) (0x80 | c >> 12 & 0x3f);
      out[o++] = (byte) (0x80 | c >> 6 & 0x3f);
      out[o++] = (byte) (0x80 | c & 0x3f);
    }
    return o;
  }
}
