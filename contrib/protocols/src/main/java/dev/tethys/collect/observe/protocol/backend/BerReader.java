package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.StreamBuffer;

/**
 * Walks the visible elements of BER with definite lengths.
 *
 * <p>Lengths have at most four bytes; the indefinite form is rejected, as in RFC 4511, section 5.1.
 */
final class BerReader {
  /** Result of {@link #lengthSize} for a length that LDAP does not allow. */
  static final int INVALID = -1;

  private final StreamBuffer in;
  private final int end;
  private int next;
  private int tag;
  private int start;
  private long length;

  /**
   * @param from index of the first element
   * @param to end of the elements; those beyond the visible bytes are not found
   */
  BerReader(StreamBuffer in, int from, long to) {
    this.in = in;
    this.next = from;
    this.end = (int) Math.min(to, in.available());
  }

  /** Bytes of a length by its first one, or {@link #INVALID}. */
  static int lengthSize(int first) {
    if (first < 0x80) {
      return 1;
    }
    return first > 0x80 && first <= 0x84 ? 1 + (first & 0x7f) : INVALID;
  }

  /** Returns the length that starts at an index and whose bytes are visible. */
  static long length(StreamBuffer in, int at) {
    int size = lengthSize(in.u8(at));
    if (size == 1) {
      return in.u8(at);
    }
    long n = 0;
    for (int i = 1; i < size; i++) {
      n = n << 8 | in.u8(at + i);
    }
    return n;
  }

  /** Moves to the next element; false if its start is not visible or it is malformed. */
  boolean next() {
    if (next < 0 || next + 2 > end) {
      return false;
    }
    int size = lengthSize(in.u8(next + 1));
    if (size == INVALID || next + 1 + size > end) {
      next = -1;
      return false;
    }
    tag = in.u8(next);
    length = length(in, next + 1);
    start = next + 1 + size;
    next = start + length > end ? end : (int) (start + length);
    return true;
  }

  /** Moves to the next element when it has this tag. */
  boolean next(int expected) {
    return next() && tag == expected;
  }

  int tag() {
    return tag;
  }

  /** Returns the length of the element's content, including the part that is not visible. */
  long length() {
    return length;
  }

  /** True if all of the element is visible. */
  boolean isWhole() {
    return start + length <= end;
  }

  /** Returns the content as a string of at most the given number of bytes. */
  String text(int most) {
    return in.text(start, (int) Math.min(end, start + Math.min(length, most)));
  }

  /**
   * Returns the content as a number; -1 if it is negative, longer than four bytes or not visible.
   */
  long number() {
    if (length < 1 || length > 4 || !isWhole() || in.u8(start) >= 0x80) {
      return -1;
    }
    long n = 0;
    for (int i = 0; i < length; i++) {
      n = n << 8 | in.u8(start + i);
    }
    return n;
  }

  /** Elements within this one. */
  BerReader content() {
    return new BerReader(in, start, Math.min(end, start + length));
  }
}
