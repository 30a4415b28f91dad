package dev.tethys.model;

import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * UUIDs of version 7 (RFC 9562): they start with the time, so that later ones sort after earlier
 * ones.
 */
public final class UuidV7 {
  private UuidV7() {}

  /**
   * A new one, for a time in Unix milliseconds.
   *
   * @param random bits that distinguish it from others of the same time
   */
  public static UUID at(long millis, RandomGenerator random) {
    long high = millis << 16 | 0x7000 | random.nextInt(1 << 12);
    return new UUID(high, random.nextLong() & -1L >>> 2 | 1L << 63);
  }
}
