package dev.tethys.store.metrics.internal.head;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * A keyed 128-bit hash of label bytes as they come from the wire: two independent folded-multiply
 * hashes (the idea of wyhash: multiply 64 by 64 bits, fold the halves together) in one pass.
 *
 * <p>The key is drawn when the process starts and never shown, so nobody can prepare bytes that
 * collide. Two different byte strings then meet by chance only: with 2^32 series the probability
 * that any two of them do is about 2^-64. That is the one thing the way from bytes to series
 * trusts; what a series is called is always compared byte by byte.
 */
final class Fingerprint {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final long k0;
  private final long k1;
  private final long k2;
  private final long k3;

  /** The halves of the last hash. One instance a thread; {@link #sameKey} makes more. */
  long high;

  long low;

  Fingerprint() {
    SecureRandom r = new SecureRandom();
    k0 = r.nextLong();
    k1 = r.nextLong();
    k2 = r.nextLong();
    k3 = r.nextLong();
  }

  private Fingerprint(Fingerprint o) {
    k0 = o.k0;
    k1 = o.k1;
    k2 = o.k2;
    k3 = o.k3;
  }

  Fingerprint sameKey() {
    return new Fingerprint(this);
  }

  private static long mum(long a, long b) {
    return a * b ^ Math.unsignedMultiplyHigh(a, b);
  }

  /** Hashes a range of bytes together with a small number that tells encodings apart. */
  void hash(byte[] b, int offset, int length, int salt) {
    long h = k0 ^ length;
    long l = k1 ^ ((long) salt << 32 | length);
    int p = offset;
    int rest = length;
    if (rest > 32) { // two lanes each, for a multiplication waits for the one before it
      long h2 = k2;
      long l2 = k3;
      do {
        long x = (long) LONG.get(b, p);
        long y = (long) LONG.get(b, p + 8);
        long x2 = (long) LONG.get(b, p + 16);
        long y2 = (long) LONG.get(b, p + 24);
        h = mum(x ^ k2, y ^ h);
        l = mum(y ^ k3, x ^ l);
        h2 = mum(x2 ^ k0, y2 ^ h2);
        l2 = mum(y2 ^ k1, x2 ^ l2);
        p += 32;
        rest -= 32;
      } while (rest > 32);
      h = mum(h ^ k0, h2 ^ k3);
      l = mum(l ^ k1, l2 ^ k2);
    }
    if (rest > 16) {
      long x = (long) LONG.get(b, p);
      long y = (long) LONG.get(b, p + 8);
      h = mum(x ^ k2, y ^ h);
      l = mum(y ^ k3, x ^ l);
      p += 16;
      rest -= 16;
    }
    long x;
    long y;
    if (length >= 16) {
      x = (long) LONG.get(b, p + rest - 16);
      y = (long) LONG.get(b, p + rest - 8);
    } else if (rest >= 8) {
      x = (long) LONG.get(b, p);
      y = (long) LONG.get(b, p + rest - 8);
    } else if (rest >= 4) {
      x = (int) INT.get(b, p) & 0xffffffffL;
      y = (int) INT.get(b, p + rest - 4) & 0xffffffffL;
    } else {
      x = 0;
      y = 0;
      for (int i = 0; i < rest; i++) {
        x = x << 8 | b[p + i] & 0xff;
      }
    }
    h = mum(x ^ k2, y ^ h);
    l = mum(y ^ k3, x ^ l);
    high = mum(h ^ k1, k3);
    low = mum(l ^ k0, k2);
  }
}
