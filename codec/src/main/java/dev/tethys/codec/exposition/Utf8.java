package dev.tethys.codec.exposition;

/** Validates UTF-8 like Go's {@code utf8.Valid}: no surrogates, no overlong forms. */
final class Utf8 {
  private Utf8() {}

  static boolean valid(byte[] b, int from, int to) {
    int i = from;
    while (i < to) {
      int c = b[i++];
      if (c >= 0) {
        continue;
      }
      c &= 0xff;
      int more;
      int low = 0x80;
      int high = 0xbf;
      if (c >= 0xc2 && c <= 0xdf) {
        more = 1;
      } else if (c >= 0xe0 && c <= 0xef) {
        more = 2;
        low = c == 0xe0 ? 0xa0 : low;
        high = c == 0xed ? 0x9f : high;
      } else if (c >= 0xf0 && c <= 0xf4) {
        more = 3;
        low = c == 0xf0 ? 0x90 : low;
        high = c == 0xf4 ? 0x8f : high;
      } else {
        return false;
      }
      if (to - i < more) {
        return false;
      }
      for (; more > 0; more--) {
        int x = b[i++] & 0xff;
        if (x < low || x > high) {
          return false;
        }
        low = 0x80;
        high = 0xbf;
      }
    }
    return true;
  }
}
