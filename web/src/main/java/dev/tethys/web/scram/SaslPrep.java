package dev.tethys.web.scram;

import java.text.Normalizer;

/** Passwords as logins compare them: SASLprep (RFC 4013), for stored strings. */
final class SaslPrep {
  /** Characters that RFC 3454 maps to nothing, table B.1. */
  private static final String NOTHING =
      "\u00ad\u034f\u1806\u180b\u180c\u180d\u200b\u200c\u200d\u2060\ufe00\ufe01\ufe02\ufe03\ufe04"
          + "\ufe05\ufe06\ufe07\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f\ufeff";

  private SaslPrep() {}

  /**
   * Returns the prepared text.
   *
   * @throws IllegalArgumentException if it has characters that are not allowed in a password; the
   *     message does not contain the text
   */
  static String prepare(String text) {
    StringBuilder mapped = new StringBuilder();
    text.codePoints()
        .filter(c -> NOTHING.indexOf(c) < 0)
        .map(c -> Character.getType(c) == Character.SPACE_SEPARATOR ? ' ' : c)
        .forEach(mapped::appendCodePoint);
    String normal = Normalizer.normalize(mapped, Normalizer.Form.NFKC);
    if (normal.codePoints().anyMatch(SaslPrep::isProhibited)) {
      throw new IllegalArgumentException(
          "a password contains a character prohibited by SASLprep (RFC 4013)");
    }
    if (normal.codePoints().anyMatch(SaslPrep::isRightToLeft)) {
      boolean mixed =
          normal
              .codePoints()
              .anyMatch(
                  c -> Character.getDirectionality(c) == Character.DIRECTIONALITY_LEFT_TO_RIGHT);
      if (mixed
          || !isRightToLeft(normal.codePointAt(0))
          || !isRightToLeft(normal.codePointBefore(normal.length()))) {
        throw new IllegalArgumentException(
            "a password mixes writing directions, which SASLprep (RFC 4013) prohibits");
      }
    }
    return normal;
  }

  private static boolean isRightToLeft(int c) {
    byte d = Character.getDirectionality(c);
    return d == Character.DIRECTIONALITY_RIGHT_TO_LEFT
        || d == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC;
  }

  private static boolean isProhibited(int c) {
    boolean isNothing = (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
    boolean describes = c >= 0x2ff0 && c <= 0x2ffb;
    boolean deprecated = c == 0x0340 || c == 0x0341 || (c >= 0x206a && c <= 0x206f);
    boolean marks = c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e);
    boolean replaced = c >= 0xfff9 && c <= 0xfffd;
    boolean separates = c == 0x06dd || c == 0x070f || c == 0x2028 || c == 0x2029;
    return isNothing
        || describes
        || deprecated
        || marks
        || replaced
        || separates
        || switch (Character.getType(c)) {
          case Character.CONTROL, Character.PRIVATE_USE, Character.SURROGATE -> true;
          default -> c >= 0xe0001 && c <= 0xe007f;
        };
  }
}
