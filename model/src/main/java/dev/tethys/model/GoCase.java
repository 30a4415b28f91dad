package dev.tethys.model;

import java.util.function.IntUnaryOperator;

/**
 * Upper and lower case as Go's {@code strings.ToUpper} and {@code ToLower}: each code point
 * separately, so that a text keeps its length in code points. Java maps some to several, such as
 * the German sharp s, and a sigma by its place in the word.
 */
public final class GoCase {
  private GoCase() {}

  public static String upper(String s) {
    return mapped(s, Character::toUpperCase);
  }

  public static String lower(String s) {
    return mapped(s, Character::toLowerCase);
  }

  private static String mapped(String s, IntUnaryOperator mapping) {
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      if (mapping.applyAsInt(c) != c) {
        StringBuilder sb = new StringBuilder(s.length()).append(s, 0, i);
        s.codePoints().skip(s.codePointCount(0, i)).map(mapping).forEach(sb::appendCodePoint);
        return sb.toString();
      }
      i += Character.charCount(c);
    }
    return s;
  }
}
