package dev.tethys.codec.compression;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** XXH32 with seed 0, which LZ4's frames are checked with; from the description of xxHash. */
final class Xxh32 {
  private static final int P1 = 0x9E3779B1;
  private static final int P2 = 0x85EBCA77;
  private static final int P3 = 0xC2B2AE3D;
  private static final int P4 = 0x27D4EB2F;
  private static final int P5 = 0x165667B1;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private Xxh32() {}

  static int hash(byte[] b, int offset, int length) {
    int p = offset;
    int end = offset + length;
    int h;
    if (length >= 16) {
      int a = 0x24234428; // P1 + P2
      int c = P2;
      int d = 0;
      int e = 0x61C8864F; // -P1
      for (; end - p >= 16; p += 16) {
        a = round(a, (int) INT.get(b, p));
        c = round(c, (int) INT.get(b, p + 4));
        d = round(d, (int) INT.get(b, p + 8));
        e = round(e, (int) INT.get(b, p + 12));
      }
      h =
          Integer.rotateLeft(a, 1)
              + Integer.rotateLeft(c, 7)
              + Integer.rotateLeft(d, 12)
              + Integer.rotateLeft(e, 18);
    } else {
      h = P5;
    }
    h += length;
    for (; end - p >= 4; p += 4) {
      h = Integer.rotateLeft(h + (int) INT.get(b, p) * P3, 17) * P4;
    }
    for (; p < end; p++) {
      h = Integer.rotateLeft(h + (b[p] & 0xff) * P5, 11) * P1;
    }
    h = (h ^ h >>> 15) * P2;
    h = (h ^ h >>> 13) * P3;
    return h ^ h >>> 16;
  }

  private static int round(int acc, int lane) {
    return Integer.rotateLeft(acc + lane * P2, 13) * P1;
  }
}
