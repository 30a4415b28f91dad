package dev.tethys.model.profiles;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Hash for tables with open addressing whose keys come from a client. It has a seed of the process,
 * so that a client cannot choose keys with equal hashes. All bits of the result are usable.
 */
public final class SeededHash {
  private static final long SEED = ThreadLocalRandom.current().nextLong() | 1;
  private static final long FACTOR = 0x9E3779B97F4A7C15L;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private SeededHash() {}

  /**
   * Hash of a further value, given the hash of the previous values, which starts with their number.
   */
  public static long mix(long hash, long value) {
    long a = (hash ^ SEED) + FACTOR;
    long b = value ^ Long.rotateLeft(hash, 32) ^ FACTOR;
    return Math.multiplyHigh(a, b) ^ a * b ^ b;
  }

  /** Hashes a byte range. */
  public static long of(byte[] b, int offset, int length) {
    long h = length;
    int end = offset + length;
    int i = offset;
    for (; i <= end - Long.BYTES; i += Long.BYTES) {
      h = mix(h, (long) LONG.get(b, i));
    }
    return mix(h, rest(b, i, end));
  }

  private static long rest(byte[] b, int from, int end) {
    long rest = 0;
    for (int i = from; i < end; i++) {
      rest = rest << 8 | b[i] & 0xff;
    }
    return rest;
  }

  /** Writes two independent hashes of bytes, which begin with different values. */
  public static void of(
      byte[] b, int offset, int length, long first, long second, long[] into, int at) {
    long h = first ^ length;
    long k = second ^ length;
    int end = offset + length;
    int i = offset;
    for (; i <= end - Long.BYTES; i += Long.BYTES) {
      long v = (long) LONG.get(b, i);
      h = mix(h, v);
      k = mix(k, v);
    }
    long rest = rest(b, i, end);
    into[at] = mix(h, rest);
    into[at + 1] = mix(k, rest);
  }
}
