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

  private static final int LARGE = 1 << 18; // tokens from which arrays grow by a quarter

  private static final int WAITING = 256; // tokens that get their codes together

  private static final byte LETTER = 1; // also a bit of letters that are hexadecimal digits
  private static final byte DIGIT = 2;
  private static final byte HEX_LETTER = 3;
  private static final byte[] CLASS = new byte[256]; // 0 for delimiters

  static {
    for (int c = 0; c < 256; c++) {
      if (c >= '0' && c <= '9') {
        CLASS[c] = DIGIT;
      } else if (c >= 'a' && c <= 'f') {
        CLASS[c] = HEX_LETTER;
      } else if (c >= 'g' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 128) {
        CLASS[c] = LETTER;
      }
    }
  }

  /** Number of tokens. */
  int count;

  /**
   * End of each token, relative to the start of its body. A token starts where the previous one
   * ends; the last one ends with the body, which may be longer than the part here.
   */
  char[] ends = new char[1 << 12];

  /** Kind of each token. */
  byte[] kinds = new byte[1 << 12];

  /** Code of each token: of a word or delimiters from their id in {@link Words}, else the kind. */
  int[] codes = new int[1 << 12];

  private final Words words;
  private final BlockFilter filter;
  private int body; // start of the body that is split
  private final int[] waitingTokens = new int[WAITING]; // that have no code yet
  private final int[] waitingStarts = new int[WAITING];
  private final int[] waitingEnds = new int[WAITING];
  private int waiting;

  /**
   * @param filter filter that receives the runs of letters and digits
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
    waiting = 0;
  }

  /** Grows the arrays to hold more tokens. */
  private void ensure(int more) {
    int need = Math.addExact(count, more);
    if (need > ends.length) {
      int size = Math.max(need, count < LARGE ? ends.length * 2 : count + (count >> 2));
      ends = Arrays.copyOf(ends, size);
      kinds = Arrays.copyOf(kinds, size);
      codes = Arrays.copyOf(codes, size);
    }
  }

  private void token(int end, byte kind, int code) {
    int n = count;
    ends[n] = (char) (end - body);
    codes[n] = code;
    kinds[n] = kind;
    count = n + 1;
  }

  private void token(int end, byte kind) {
    token(end, kind, kind);
  }

  /** Appends a word or delimiters; an argument if they are too long. */
  private void string(byte[] b, int start, int end, byte kind) {
    if (end - start > Words.MAX_LENGTH) {
      token(end, MIXED);
      return;
    }
    int id = kind == WORD ? words.frequent(b, start, end) : words.frequentDelimiters(b, start, end);
    token(end, kind, Templates.codeOfWord(id));
    if (id < 0) {
      await(b, start, end);
    }
  }

  /** Records that the last token has no code yet. */
  private void await(byte[] b, int start, int end) {
    int n = waiting++;
    waitingTokens[n] = count - 1;
    waitingStarts[n] = start;
    waitingEnds[n] = end;
    if (waiting == WAITING) {
      finish(b);
    }
  }

  /**
   * Assigns codes to the tokens that wait for one. Together, since each lookup accesses another
   * position of a table that exceeds the processor's cache; in their order, which numbers the
   * words. A token becomes an argument if there are too many words.
   */
  void finish(byte[] b) {
    int n = waiting;
    waiting = 0;
    words.prefetch(b, waitingStarts, waitingEnds, n);
    for (int i = 0; i < n; i++) {
      int t = waitingTokens[i];
      int id = words.addPrefetched(b, waitingStarts[i], waitingEnds[i], i, kinds[t] == WORD);
      if (id < 0) {
        kinds[t] = MIXED;
        codes[t] = MIXED;
      } else {
        codes[t] = Templates.codeOfWord(id);
      }
    }
  }

  /** Appends one token of a whole body. */
  void whole(byte[] b, int start, int end) {
    ensure(1);
    body = start;
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

  /**
   * Appends the tokens of a body of at most {@link Templates#MAX_SPLIT_BYTES}; call {@link #finish}
   * after the last body.
   */
  void split(byte[] b, int start, int end) {
    ensure(end - start);
    body = start;
    int p = start;
    while (p < end) {
      int s = p;
      int c = CLASS[b[p++] & 0xff];
      if (c == 0) {
        while (p < end && CLASS[b[p] & 0xff] == 0) {
          p++;
        }
        string(b, s, p, DELIMITER);
      } else if (c == DIGIT) {
        while (p < end && CLASS[b[p] & 0xff] == DIGIT) {
          p++;
        }
        if (p == end || CLASS[b[p] & 0xff] == 0) {
          token(p, number(b, s, p));
        } else {
          p = mixed(b, s, end);
        }
      } else {
        while (p < end && (CLASS[b[p] & 0xff] & LETTER) != 0) {
          p++;
        }
        if (p == end || CLASS[b[p] & 0xff] == 0) {
          string(b, s, p, WORD);
        } else {
          p = mixed(b, s, end);
        }
      }
    }
  }

  /** Appends the tokens of a run of letters and digits, and returns the end of the run. */
  private int mixed(byte[] b, int start, int end) {
    int changes = 0;
    boolean hex = true;
    boolean before = CLASS[b[start] & 0xff] == DIGIT;
    int p = start;
    for (; p < end; p++) {
      int k = CLASS[b[p] & 0xff];
      if (k == 0) {
        break;
      }
      boolean digit = k == DIGIT;
      hex &= k != LETTER;
      changes += digit != before ? 1 : 0;
      before = digit;
    }
    int n = p - start;
    if (n >= BlockFilter.PREFIX) {
      filter.addRun(b, start);
    }
    if (hex && n >= 4) {
      token(p, HEX);
    } else if (changes <= MAX_CHANGES) {
      parts(b, start, p);
    } else {
      token(p, MIXED);
    }
    return p;
  }

  private void parts(byte[] b, int start, int end) {
    int p = start;
    while (p < end) {
      int s = p;
      boolean digit = CLASS[b[p] & 0xff] == DIGIT;
      while (p < end && (CLASS[b[p] & 0xff] == DIGIT) == digit) {
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
