package dev.tethys.store.logs.block;

import java.util.Arrays;

/**
 * Splits log bodies into tokens: runs of letters, of digits, of hexadecimal digits, of mixed
 * letters and digits, and of delimiters. Every byte belongs to exactly one token, so a body is the
 * concatenation of its tokens.
 *
 * <p>A run of letters and digits that changes between both at most {@value #MAX_CHANGES} times is
 * split where it changes ("15ms", "25T03", "host12"), unless it is hexadecimal. Other runs, such as
 * base64, stay whole.
 *
 * <p>Letters are ASCII letters, the underscore and all bytes from 0x80, so that UTF-8 text forms
 * words and invalid UTF-8 is ordinary.
 */
final class Tokens {
  /** Delimiters. */
  static final byte DELIMITER = 0;

  /** Letters. */
  static final byte WORD = 1;

  /** Decimal digits without leading zero, at most 18. */
  static final byte NUMBER = 2;

  /** Decimal digits with leading zero, at most 18. */
  static final byte PADDED = 3;

  /** Lower-case hexadecimal digits, at least one letter and one digit, at least four. */
  static final byte HEX = 4;

  /** Any other run of letters and digits. */
  static final byte MIXED = 5;

  /** Changes between letters and digits up to which a run is split. */
  static final int MAX_CHANGES = 3;

  private static final int LARGE = 1 << 20; // tokens from which arrays grow by a quarter

  private static final byte[] CLASS = new byte[256]; // 0 delimiter, 1 letter, 2 digit, 3 letter a-f

  static {
    for (int c = 0; c < 256; c++) {
      if (c >= '0' && c <= '9') {
        CLASS[c] = 2;
      } else if (c >= 'a' && c <= 'f') {
        CLASS[c] = 3;
      } else if (c >= 'g' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 128) {
        CLASS[c] = 1;
      }
    }
  }

  /** Number of tokens. */
  int count;

  /** End of each token in the buffer; a token starts where the one before it in its row ends. */
  int[] ends = new int[1 << 12];

  /** Kind of each token. */
  byte[] kinds = new byte[1 << 12];

  /** Code of each token: of a word or delimiters from their id in {@link Words}, else the kind. */
  int[] codes = new int[1 << 12];

  private final Words words;
  private final BlockFilter filter;

  /**
   * @param filter to which runs of letters and digits are added
   */
  Tokens(Words words, BlockFilter filter) {
    this.words = words;
    this.filter = filter;
  }

  /** True if a byte belongs to runs of letters and digits. */
  static boolean isRun(byte b) {
    return CLASS[b & 0xff] != 0;
  }

  void clear() {
    count = 0;
  }

  private void token(int end, byte kind, int code) {
    if (count == ends.length) {
      int size = count < LARGE ? count * 2 : count + (count >> 2);
      ends = Arrays.copyOf(ends, size);
      kinds = Arrays.copyOf(kinds, size);
      codes = Arrays.copyOf(codes, size);
    }
    ends[count] = end;
    codes[count] = code;
    kinds[count++] = kind;
  }

  private void token(int end, byte kind) {
    token(end, kind, kind);
  }

  /** Appends a word or delimiters; an argument where they are too long or too many. */
  private void string(byte[] b, int start, int end, byte kind) {
    int id = end - start <= Words.MAX_LENGTH ? words.add(b, start, end) : -1;
    if (id < 0) {
      token(end, MIXED);
    } else {
      token(end, kind, Templates.codeOfWord(id));
    }
  }

  /** Appends one token of a whole body. */
  void whole(byte[] b, int start, int end) {
    token(end, MIXED);
    for (int p = start; p < end; ) {
      int s = p;
      while (p < end && isRun(b[p])) {
        p++;
      }
      if (p - s >= BlockFilter.PREFIX) {
        filter.addRun(b, s);
      }
      p = p == s ? p + 1 : p;
    }
  }

  /** Appends the tokens of a body. */
  void split(byte[] b, int start, int end) {
    int p = start;
    while (p < end) {
      int c = CLASS[b[p] & 0xff];
      if (c == 0) {
        int from = p;
        do {
          p++;
        } while (p < end && CLASS[b[p] & 0xff] == 0);
        string(b, from, p, DELIMITER);
        continue;
      }
      int s = p;
      int digits = 0;
      int changes = 0;
      boolean hex = true;
      boolean before = c == 2;
      while (p < end) {
        int k = CLASS[b[p] & 0xff];
        if (k == 0) {
          break;
        }
        boolean digit = k == 2;
        digits += digit ? 1 : 0;
        hex &= k != 1;
        changes += digit != before ? 1 : 0;
        before = digit;
        p++;
      }
      int n = p - s;
      if (digits == 0) {
        string(b, s, p, WORD);
        continue;
      }
      if (digits == n) {
        token(p, number(b, s, p));
        continue;
      }
      if (n >= BlockFilter.PREFIX) {
        filter.addRun(b, s);
      }
      if (hex && n >= 4) {
        token(p, HEX);
      } else if (changes <= MAX_CHANGES) {
        parts(b, s, p);
      } else {
        token(p, MIXED);
      }
    }
  }

  private void parts(byte[] b, int start, int end) {
    int p = start;
    while (p < end) {
      int s = p;
      boolean digit = CLASS[b[p] & 0xff] == 2;
      while (p < end && (CLASS[b[p] & 0xff] == 2) == digit) {
        p++;
      }
      if (digit) {
        token(p, number(b, s, p));
      } else {
        string(b, s, p, WORD);
      }
    }
  }

  private static byte number(byte[] b, int start, int end) {
    if (end - start > 18) {
      return MIXED;
    }
    return b[start] != '0' || end - start == 1 ? NUMBER : PADDED;
  }
}
