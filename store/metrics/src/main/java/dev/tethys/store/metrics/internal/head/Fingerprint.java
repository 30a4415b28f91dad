package dev.tethys.store.metrics.internal.head;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * Keyed 128-bit hash of label bytes as received: two halves, each a folded-multiply hash (the idea
 * of wyhash: multiply 64 by 64 bits, fold the product together) under separate keys.
 *
 * <p>The keys are drawn when the process starts and never exposed, so an attacker cannot construct
 * collisions. Two given byte strings collide in one half with a probability of about 2^-64, in both
 * of about 2^-128. Where one series is expected, {@link #low} by itself confirms it: after 2^40
 * wrong expectations, the probability that one of them was not detected is 2^-24. Where any of many
 * may match, both halves count: with 2^32 series the probability that any two of them share both is
 * about 2^-64. Only the lookup from bytes to series relies on this; names and labels are always
 * compared byte by byte.
 */
final class Fingerprint {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** Hash keys of one half. */
  private record Keys(long a, long b, long c, long d) {
    static Keys of(SecureRandom r) {
      return new Keys(r.nextLong(), r.nextLong(), r.nextLong(), r.nextLong());
    }
  }

  private final Keys highKeys;
  private final Keys lowKeys;

  /** The halves of the last {@link #hash}. One instance a thread; {@link #sameKey} makes more. */
  long high;

  long low;

  Fingerprint() {
    SecureRandom r = new SecureRandom();
    highKeys = Keys.of(r);
    lowKeys = Keys.of(r);
  }

  private Fingerprint(Fingerprint o) {
    highKeys = o.highKeys;
    lowKeys = o.lowKeys;
  }

  Fingerprint sameKey() {
    return new Fingerprint(this);
  }

  private static long multiplyMix(long a, long b) {
    return a * b ^ Math.unsignedMultiplyHigh(a, b);
  }

  /** Hashes a range of bytes together with a small number that distinguishes encodings. */
  void hash(byte[] b, int offset, int length, int salt) {
    low = half(b, offset, length, salt, lowKeys);
    high = half(b, offset, length, salt, highKeys);
  }

  /** The lower half only; equals that of {@link #hash}. */
  long low(byte[] b, int offset, int length, int salt) {
    return half(b, offset, length, salt, lowKeys);
  }

  private static long half(byte[] b, int offset, int length, int salt, Keys k) {
    long h = k.a ^ ((long) salt << 32 | length);
    int p = offset;
    int rest = length;
    if (rest > 32) { // two lanes, for a multiplication waits for the one before it
      long h2 = k.b;
      do {
        h = multiplyMix((long) LONG.get(b, p) ^ k.c, (long) LONG.get(b, p + 8) ^ h);
        h2 = multiplyMix((long) LONG.get(b, p + 16) ^ k.d, (long) LONG.get(b, p + 24) ^ h2);
        p += 32;
        rest -= 32;
      } while (rest > 32);
      h = multiplyMix(h ^ k.d, h2 ^ k.a);
    }
    if (rest > 16) {
      h = multiplyMix((long) LONG.get(b, p) ^ k.c, (long) LONG.get(b, p + 8) ^ h);
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
    h = multiplyMix(x ^ k.d, y ^ h);
    return multiplyMix(h ^ k.b, k.c);
  }
}
