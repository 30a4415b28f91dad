package dev.tethys.store.metrics.internal.index;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.charset.StandardCharsets;

/**
 * Additive hashes of labels (a name with a value). The sum over the labels of a series represents
 * the series, and less the hash of one label the series without it. Never 0, which represents an
 * absent label.
 */
public final class PairHash {
  private static final Hasher64 HASHER = Hashing.xxh3_64();

  private PairHash() {}

  /** Returns the hash of a label name, shared by all labels of that name. */
  public static long name(String name) {
    return HASHER.hashBytesToLong(name.getBytes(StandardCharsets.UTF_8));
  }

  public static long of(long name, String value) {
    return of(name, HASHER.hashBytesToLong(value.getBytes(StandardCharsets.UTF_8)));
  }

  /** Returns the hash of a label with a value in UTF-8. */
  public static long of(long name, byte[] b, int offset, int length) {
    return of(name, HASHER.hashBytesToLong(b, offset, length));
  }

  private static long of(long name, long value) {
    // Sums must not cancel out: two labels that swap their values are other labels.
    long h = value ^ Long.rotateLeft(name * 0x9E3779B97F4A7C15L, 29);
    h = (h ^ h >>> 32) * 0xd6e8feb86659fd93L;
    h = (h ^ h >>> 32) * 0xd6e8feb86659fd93L;
    h ^= h >>> 32;
    return h == 0 ? 1 : h;
  }
}
