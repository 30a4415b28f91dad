package dev.tethys.query.promql;

/** Text inside JSON strings. */
final class JsonText {
  private JsonText() {}

  /** Escapes a character for a JSON string. */
  static String escaped(int c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default ->
          c < ' ' || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE
              ? String.format("\\u%04x", c)
              : Character.toString(c);
    };
  }

  /** Appends a text in quotes. */
  static StringBuilder quote(StringBuilder to, String s) {
    to.append('"');
    s.codePoints().forEach(c -> to.append(escaped(c)));
    return to.append('"');
  }
}
