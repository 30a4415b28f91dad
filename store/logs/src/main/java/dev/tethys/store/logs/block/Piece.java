package dev.tethys.store.logs.block;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Run of letters that a body must contain. Tokens never end within a run of letters, so a piece is
 * inside one token: in the text of a template, in a word, or in a value that is stored as text. A
 * piece has a letter that is no hexadecimal digit, so columns of digits cannot hold it.
 *
 * @param ignoreCase true if the case of ASCII letters does not matter; the text is in lower case
 *     then
 */
@SuppressWarnings("ArrayRecordComponent") // never changed
record Piece(byte[] text, boolean ignoreCase, int anchor) {
  // Letters from the most frequent one in English text.
  private static final String FREQUENT = "etaoinsrhldcumfpgwybvkxjqz";

  /** The longest piece of a text, or null if it has none. */
  static @Nullable Piece longest(byte[] text, boolean ignoreCase) {
    int best = 0;
    int bestStart = 0;
    for (int p = 0; p < text.length; ) {
      int start = p;
      boolean digitsOnly = true;
      while (p < text.length && isLetter(text[p])) {
        byte c = text[p];
        digitsOnly &= c >= 'a' && c <= 'f' || ignoreCase && c >= 'A' && c <= 'F';
        p++;
      }
      if (!digitsOnly && p - start > best) {
        best = p - start;
        bestStart = start;
      }
      p = p == start ? p + 1 : p;
    }
    if (best == 0) {
      return null;
    }
    byte[] piece = Arrays.copyOfRange(text, bestStart, bestStart + best);
    int anchor = 0;
    for (int i = 0; i < piece.length; i++) {
      if (ignoreCase) {
        piece[i] = lower(piece[i]);
      }
      anchor = rank(piece[i]) > rank(piece[anchor]) ? i : anchor;
    }
    return new Piece(piece, ignoreCase, anchor);
  }

  private static int rank(byte c) {
    int i = FREQUENT.indexOf((char) c);
    return i < 0 ? FREQUENT.length() : i;
  }

  private static boolean isLetter(byte c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c < 0;
  }

  static byte lower(byte c) {
    return c >= 'A' && c <= 'Z' ? (byte) (c + 32) : c;
  }

  /** Position of the piece in a range, or -1. */
  int find(byte[] b, int from, int to) {
    int n = text.length;
    byte a = text[anchor];
    byte other = ignoreCase && a >= 'a' && a <= 'z' ? (byte) (a - 32) : a;
    int end = to - n + anchor;
    for (int i = from + anchor; i <= end; i++) {
      byte c = b[i];
      if ((c == a || c == other) && isAt(b, i - anchor)) {
        return i - anchor;
      }
    }
    return -1;
  }

  private boolean isAt(byte[] b, int at) {
    if (!ignoreCase) {
      return Arrays.equals(b, at, at + text.length, text, 0, text.length);
    }
    for (int i = 0; i < text.length; i++) {
      if (lower(b[at + i]) != text[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Piece p && ignoreCase == p.ignoreCase && Arrays.equals(text, p.text);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(text) * 2 + (ignoreCase ? 1 : 0);
  }
}
