package dev.tethys.codec.template;

import dev.tethys.codec.template.TemplateFunction.Failure;

/**
 * Limits on the text created by a function. A value may contain another twice, and that one a third
 * twice: its text would be endless.
 */
public final class TextLimit {
  /** Maximum length of a string produced by a function, in characters. */
  public static final int MAX_LENGTH = 16 << 20;

  /** Maximum nesting depth of printed maps and lists. */
  static final int MAX_DEPTH = 200;

  private TextLimit() {}

  /**
   * Checks the length that a text has, or would have.
   *
   * @throws Failure if it is too long
   */
  public static void check(long length) {
    if (length > MAX_LENGTH) {
      throw new Failure("text of more than " + MAX_LENGTH + " characters");
    }
  }

  /**
   * Checks a value that is printed.
   *
   * @param depth the number of values around it
   * @param length length of the text written so far
   */
  static void check(int depth, long length) {
    if (depth > MAX_DEPTH) {
      throw new Failure("the value is nested more than " + MAX_DEPTH + " levels deep");
    }
    check(length);
  }
}
