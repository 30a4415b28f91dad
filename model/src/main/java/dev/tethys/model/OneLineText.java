package dev.tethys.model;

/** Rules for foreign strings that are shown within a single line. */
public final class OneLineText {
  private OneLineText() {}

  /**
   * Whether a character is not allowed in such a text: it ends a line, changes a terminal, or
   * changes the direction of following text.
   */
  public static boolean isBreaking(int codePoint) {
    return Character.isISOControl(codePoint)
        || codePoint == 0x2028 // line and paragraph separators
        || codePoint == 0x2029
        || codePoint == 0x061C // marks, embeddings, overrides and isolates of direction
        || codePoint == 0x200E
        || codePoint == 0x200F
        || codePoint >= 0x202A && codePoint <= 0x202E
        || codePoint >= 0x2066 && codePoint <= 0x2069;
  }
}
