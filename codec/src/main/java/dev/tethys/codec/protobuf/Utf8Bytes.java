package dev.tethys.codec.protobuf;

/** Repairs invalid UTF-8 in place. */
public final class Utf8Bytes {
  private Utf8Bytes() {}

  /**
   * Replaces every byte that does not belong to a character in UTF-8 as Unicode defines it (no
   * overlong forms, no surrogates) by a question mark. Must begin at a character's start.
   */
  public static void repair(byte[] b, int from, int to) {
    int i = from;
    while (i < to) {
      int c = b[i];
      if (c >= 0) {
        i++;
        continue;
      }
      int length = length(b, i, to);
      if (length == 0) {
        b[i++] = '?';
      } else {
        i += length;
      }
    }
  }

  /** The length of the multi-byte character at an offset, or 0 if it is invalid. */
  private static int length(byte[] b, int at, int to) {
    int c = b[at] & 0xff;
    int length;
    int low = 0x80;
    int high = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) {
      length = 2;
    } else if (c >= 0xe0 && c <= 0xef) {
      length = 3;
      low = c == 0xe0 ? 0xa0 : low;
      high = c == 0xed ? 0x9f : high;
    } else if (c >= 0xf0 && c <= 0xf4) {
      length = 4;
      low = c == 0xf0 ? 0x90 : low;
      high = c == 0xf4 ? 0x8f : high;
    } else {
      return 0;
    }
    if (to - at < length) {
      return 0;
    }
    int second = b[at + 1] & 0xff;
    if (second < low || second > high) {
      return 0;
    }
    for (int i = 2; i < length; i++) {
      if ((b[at + i] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
