package dev.tethys.store.metrics.internal.head;

/** Unsigned numbers of variable length in byte arrays: seven bits a byte, lowest first. */
final class Varints {
  private Varints() {}

  /** Writes a number; the position after it. */
  static int put(byte[] b, int p, int v) {
    while ((v & ~0x7f) != 0) {
      b[p++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    b[p++] = (byte) v;
    return p;
  }

  static int number(byte[] b, int p) {
    int v = 0;
    for (int shift = 0; ; shift += 7) {
      byte x = b[p++];
      v |= (x & 0x7f) << shift;
      if (x >= 0) {
        return v;
      }
    }
  }

  /** Encoded size of a number in bytes. */
  static int size(int v) {
    return (38 - Integer.numberOfLeadingZeros(v | 1)) / 7;
  }
}
