package dev.tethys.model.regex;

import dev.tethys.model.log.ErrorText;

/** Thrown for an RE2 expression that is invalid or too large. The message is that of Go. */
public final class RegexSyntaxException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * @param description error kind, as Go names it
   * @param part text of the expression that Go quotes
   */
  public RegexSyntaxException(String description, String part) {
    super("error parsing regexp: " + description + ": `" + ErrorText.shorten(part) + "`");
  }
}
