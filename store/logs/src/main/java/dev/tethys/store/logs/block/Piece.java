package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Part of a text that is inside one token of a body that contains the text.
 *
 * <p>A run of letters is such a part: tokens never end within one. It is in the text of a template,
 * in a word, or in a value that is stored as text; it has a letter that is not a hexadecimal digit,
 * so columns of digits cannot hold it. So is a run of letters and digits that changes between both
 * so often that {@link Tokens} keeps it whole. It is in a value that is stored as text or as
 * hexadecimal digits.
 *
 * @param ignoreCase true if the case of ASCII letters does not matter; the text is in lower case
 *     then
 * @param anchor a rare byte of the text
 * @param mixed true for a run of letters and digits
 * @param even hexadecimal digits from the first one, two a byte; empty if the text has other bytes
 * @param odd the same from the second digit
 */
@SuppressWarnings("ArrayRecordComponent") // never changed
record Piece(byte[] text, boolean ignoreCase, int anchor, boolean mixed, byte[] even, byte[] odd) {
  private static final byte[] NONE = {};
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;
  private static final byte CASE = 0x20; // of ASCII letters
  private static final int MIN_MIXED = 6;
  private static final int MIN_OTHER = 3;
  private static final int MAX_OTHERS = 4;

  // Letters from the most frequent one in English text.
  private static final String FREQUENT = "etaoinsrhldcumfpgwybvkxjqz";

  /** Creates a piece from any text in a template. */
  static Piece of(byte[] text, int anchor) {
    return new Piece(text, false, anchor, false, NONE, NONE);
  }

  /** Returns the most selective piece of a text, or null if it has none. */
  static @Nullable Piece longest(byte[] text, boolean ignoreCase) {
    Piece mixed = ignoreCase ? null : mixed(text);
    return mixed == null ? letters(text, ignoreCase) : mixed;
  }

  /** The other runs of letters of a text, of at least three, the longest first. */
  static List<Piece> others(byte[] text, boolean ignoreCase, Piece longest) {
    List<Piece> out = new ArrayList<>();
    for (int p = 0; p < text.length; ) {
      int start = p;
      while (p < text.length && isLetter(text[p])) {
        p++;
      }
      if (p - start >= MIN_OTHER) {
        Piece other = letters(Arrays.copyOfRange(text, start, p), ignoreCase);
        if (other != null && !other.equals(longest) && !out.contains(other)) {
          out.add(other);
        }
      }
      p = p == start ? p + 1 : p;
    }
    out.sort(Comparator.comparingInt((Piece o) -> o.text.length).reversed());
    return out.size() > MAX_OTHERS ? out.subList(0, MAX_OTHERS) : out;
  }

  private static @Nullable Piece mixed(byte[] text) {
    int best = 0;
    int bestStart = 0;
    for (int p = 0; p < text.length; ) {
      int start = p;
      int changes = 0;
      while (p < text.length && (isLetter(text[p]) || isDigit(text[p]))) {
        changes += p > start && isDigit(text[p]) != isDigit(text[p - 1]) ? 1 : 0;
        p++;
      }
      if (changes > Tokens.MAX_CHANGES && p - start > best) {
        best = p - start;
        bestStart = start;
      }
      p = p == start ? p + 1 : p;
    }
    if (best < MIN_MIXED) {
      return null;
    }
    byte[] piece = Arrays.copyOfRange(text, bestStart, bestStart + best);
    boolean hex = true;
    for (byte c : piece) {
      hex &= nibble(c) >= 0;
    }
    return new Piece(
        piece, false, 0, true, hex ? nibbles(piece, 0) : NONE, hex ? nibbles(piece, 1) : NONE);
  }

  private static byte[] nibbles(byte[] digits, int from) {
    byte[] out = new byte[(digits.length - from) / 2];
    for (int i = 0; i < out.length; i++) {
      int p = from + 2 * i;
      out[i] = (byte) (nibble(digits[p]) << 4 | nibble(digits[p + 1]));
    }
    return out;
  }

  private static int nibble(byte c) {
    return isDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  private static @Nullable Piece letters(byte[] text, boolean ignoreCase) {
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
    return new Piece(piece, ignoreCase, anchor, false, NONE, NONE);
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

  /** Returns the position of the piece in a range, or -1. */
  int find(byte[] b, int from, int to) {
    byte a = text[anchor];
    int end = to - text.length + anchor; // last place of the anchor
    int i = from + anchor;
    byte fold = ignoreCase && a >= 'a' && a <= 'z' ? CASE : 0;
    long pattern = (a & 0xffL) * ONES;
    long folds = fold * ONES;
    for (int last = Math.min(end, b.length - Long.BYTES); i <= last; i += Long.BYTES) {
      long v = ((long) ByteSink.LONG.get(b, i) | folds) ^ pattern;
      // A bit for each byte that is zero, and perhaps for some after the first one.
      for (long z = v - ONES & ~v & HIGH; z != 0; z &= z - 1) {
        int p = i + (Long.numberOfTrailingZeros(z) >>> 3);
        if (p > end) {
          return -1;
        }
        if (isAt(b, p - anchor)) {
          return p - anchor;
        }
      }
    }
    for (; i <= end; i++) {
      if ((b[i] | fold) == a && isAt(b, i - anchor)) {
        return i - anchor;
      }
    }
    return -1;
  }

  /** True if columns of hexadecimal digits may hold the piece. */
  boolean isHexadecimal() {
    return even.length > 0;
  }

  /** Returns the position of the piece in a range of hexadecimal digits, two a byte, or -1. */
  int findInNibbles(byte[] b, int from, int to) {
    byte first = even[0];
    byte second = odd[0];
    int end = to - odd.length; // never longer than even
    for (int i = from; i <= end; i++) {
      byte c = b[i];
      if (c == first
              && to - i >= even.length
              && Arrays.equals(b, i, i + even.length, even, 0, even.length)
          || c == second && Arrays.equals(b, i, i + odd.length, odd, 0, odd.length)) {
        return i;
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
