package dev.tethys.codec.template.html;

import dev.tethys.codec.template.TemplateException;
import org.jspecify.annotations.Nullable;

/**
 * A script or a style sheet, as far as the template has written it: values become literals, inside
 * of strings and expressions parts of these, inside of comments nothing.
 */
interface CodeText {
  /**
   * Takes a piece of the template's own text, which ends where a value stands, or the code does.
   *
   * @return the same without comments
   * @throws TemplateException when a value behind it could not be told from the text
   */
  String take(String piece);

  /** A value where the template stands now. */
  String value(@Nullable Object value, String text);

  /** A backslash at the end would take the first character of a value with it. */
  static TemplateException unfinished(String piece) {
    return new TemplateException("html/template: unfinished escape sequence: " + piece);
  }
}
