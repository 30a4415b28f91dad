package dev.tethys.codec.remote;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Validates UTF-8 as Unicode defines it: no overlong forms, no surrogates. */
final class Utf8 {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Utf8() {}

  static boolean isValid(byte[] b, int offset, int length) {
    int p = offset;
    int end = offset + length;
    while (end - p >= 8 && ((long) LONG.get(b, p) & 0x8080808080808080L) == 0) {
      p += 8;
    }
    while (p < end) {
      int c = b[p++];
      if (c >= 0) {
        continue;
      }
      int more;
      int min;
      int v;
      if ((c & 0xe0) == 0xc0) {
        more = 1;
        min = 0x80;
        v = c & 0x1f;
      } else if ((c & 0xf0) == 0xe0) {
        more = 2;
        min = 0x800;
        v = c & 0x0f;
      } else if ((c & 0xf8) == 0xf0) {
        more = 3;
        min = 0x10000;
        v = c & 0x07;
      } else {
        return false;
      }
      if (end - p < more) {
        return false;
      }
      for (int i = 0; i < more; i++) {
        int d = b[p++];
        if ((d & 0xc0) != 0x80) {
          return false;
        }
        v = v << 6 | d & 0x3f;
      }
      if (v < min || v > 0x10ffff || v >= 0xd800 && v < 0xe000) {
        return false;
      }
    }
    return true;
  }
}
