package dev.tethys.codec.template.html;

import dev.tethys.codec.template.TemplateException;
import org.jspecify.annotations.Nullable;

/**
 * Partially written script or style sheet: values become literals, parts of strings or expressions
 * inside these, and nothing inside comments.
 */
interface CodeText {
  /**
   * Accepts a piece of the template's own text, which ends at a value or at the end of the code.
   *
   * @return the same without comments
   * @throws TemplateException if a value after it could not be distinguished from the text
   */
  String take(String piece);

  /** Escapes a value for the current position in the template. */
  String value(@Nullable Object value, String text);

  /** Offset after the end of the current comment; -1 if it continues. */
  static int commentEnd(String piece, int from) {
    int end = piece.indexOf("*/", from);
    return end < 0 ? -1 : end + 2;
  }

  /** Offset of the line end; -1 when the line continues. */
  static int lineEnd(String piece, int from, String ends) {
    for (int i = from; i < piece.length(); i++) {
      if (ends.indexOf(piece.charAt(i)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** A backslash at the end would take the first character of a value with it. */
  static TemplateException unfinished(String piece) {
    return new TemplateException("html/template: unfinished escape sequence: " + piece);
  }
}
