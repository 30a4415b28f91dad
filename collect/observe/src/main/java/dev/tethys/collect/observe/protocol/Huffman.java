package dev.tethys.collect.observe.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Huffman code of HPACK (RFC 7541, appendix B). It is canonical: the lengths give the codes. */
final class Huffman {
  private static final int SHORTEST = 5;
  private static final int LONGEST = 30;

  /** Code length of each byte: a for 5 bits, z for 30. */
  private static final String LENGTHS =
      "isxxxxxxxtzxxzxxxxxxxxzxxxxxxxxxbffhibdgffdgdbbbaaabbbbbbbcdkbhf"
          + "ibccccccccccccccccccccccdcdioijbkabababbbaccbbbabcbaabccccckgjix"
          + "prpprrrsrssssststtrstssssqrsrsstrqprrssqsrrtqrssqqrqsrssprrrsrrs"
          + "vvporsruvvvwwvtuoqvwwvwtqqvvxwwwptpqrqqsrruuttvsvwvvwwwwwxwwwwwv";

  /** Bytes by length of their code, then by value. */
  private static final byte[] SYMBOLS = new byte[256];

  /** By length: first code, and index of its byte. */
  private static final int[] FIRST_CODE = new int[LONGEST + 1];

  private static final int[] FIRST_SYMBOL = new int[LONGEST + 2];

  static {
    int code = 0;
    int n = 0;
    for (int length = 1; length <= LONGEST; length++) {
      FIRST_CODE[length] = code;
      FIRST_SYMBOL[length] = n;
      for (int symbol = 0; symbol < 256; symbol++) {
        if (LENGTHS.charAt(symbol) - 'a' + SHORTEST == length) {
          SYMBOLS[n++] = (byte) symbol;
        }
      }
      code = code + n - FIRST_SYMBOL[length] << 1;
    }
    FIRST_SYMBOL[LONGEST + 1] = n;
  }

  private Huffman() {}

  /** Decodes text of at most {@code longest} bytes; an invalid code ends it. */
  static String decode(byte[] in, int from, int to, int longest) {
    byte[] out = new byte[Math.min(longest, (to - from) * 8 / SHORTEST)];
    int n = 0;
    int code = 0;
    int length = 0;
    for (int i = from; i < to && n < out.length; i++) {
      for (int bit = 7; bit >= 0 && n < out.length; bit--) {
        code = code << 1 | in[i] >> bit & 1;
        length++;
        if (length > LONGEST) {
          return text(out, n);
        }
        int k = code - FIRST_CODE[length] + FIRST_SYMBOL[length];
        if (code >= FIRST_CODE[length] && k < FIRST_SYMBOL[length + 1]) {
          out[n++] = SYMBOLS[k];
          code = 0;
          length = 0;
        }
      }
    }
    return text(out, n);
  }

  private static String text(byte[] out, int n) {
    return new String(Arrays.copyOf(out, n), StandardCharsets.UTF_8);
  }
}
