package dev.tethys.collect.kubernetes.state;

/**
 * Series of one Kubernetes object. The object itself is not kept.
 *
 * <p>Format of {@code series}: the values of the kind's common labels, each a string; then records
 * in the order of their families. A string is {@code uvarint(length) UTF-8 bytes}. A record is
 * {@code uvarint(family) length payload}, the length in three bytes, low byte first. A payload is a
 * value, then the values of the family's labels; for a family with labels of the object's own,
 * pairs of names and values, ascending by name. A value is a byte: 0 and 1 stand for themselves, 2
 * precedes a whole number as {@code uvarint}, 3 precedes eight bytes of a double, low byte first.
 *
 * @param created Unix seconds, 0 if unknown
 */
record StateObject(long created, byte[] series) {
  static final int LENGTH_BYTES = 3;
  static final int ZERO = 0;
  static final int ONE = 1;
  static final int WHOLE = 2;
  static final int DOUBLE = 3;
}
