package dev.tethys.collect.kubernetes.state;

import org.jspecify.annotations.Nullable;

/**
 * Series of one Kubernetes object. The object itself is not kept.
 *
 * <p>Format of {@code series}: the values of the kind's common labels, each a string; then records
 * in the order of their families. A string is {@code uvarint(length) UTF-8 bytes}. A record is
 * {@code uvarint(family) length payload}, the length in three bytes, low byte first. A payload is a
 * value, then the values of the family's labels; for a family with labels of the object's own,
 * pairs of names and values, ascending by name. A value is a byte: 0 and 1 represent themselves, 2
 * precedes a whole number as {@code uvarint}, 3 precedes eight bytes of a double, low byte first.
 *
 * @param created Unix seconds, 0 if unknown
 * @param target the object as a target of scrapes, see {@link PodTargets}; null for objects that
 *     are not scraped
 */
record StateObject(long created, byte[] series, @Nullable String target) {
  static final int LENGTH_BYTES = 3;
  static final int ZERO = 0;
  static final int ONE = 1;
  static final int WHOLE = 2;
  static final int DOUBLE = 3;

  /**
   * Whether the object belongs to a shard.
   *
   * @param end offset after the common labels
   */
  boolean isIn(Shard shard, int end) {
    if (shard.total() == 1) {
      return true;
    }
    int hash = 1;
    for (int i = 0; i < end; i++) {
      hash = 31 * hash + series[i];
    }
    // The low bits of such a hash follow the last characters.
    return Math.floorMod(hash ^ hash >>> 16, shard.total()) == shard.index();
  }
}
