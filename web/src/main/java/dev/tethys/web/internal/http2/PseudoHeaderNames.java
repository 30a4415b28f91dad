package dev.tethys.web.internal.http2;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Replaces names of pseudo-header fields that a header block spells out by their index in the
 * static table (RFC 7541 appendix A). The engine rejects names that are spelled out; clients on
 * gRPC's C core (Python, C++, Ruby, PHP) send {@code :path} and {@code :authority} so. Name and
 * value stay, and so do the entries that the field adds to the dynamic table.
 */
final class PseudoHeaderNames {
  /**
   * A name.
   *
   * @param index its first index in the static table, which fits each kind of literal
   */
  private record Name(int index, byte[] text, byte[] huffman) {
    /** The Huffman form is that of RFC 7541 appendix B, in hexadecimal. */
    static Name of(int index, String text, String huffman) {
      return new Name(
          index, text.getBytes(StandardCharsets.US_ASCII), HexFormat.of().parseHex(huffman));
    }
  }

  private static final Name[] NAMES = {
    Name.of(1, ":authority", "b83b5339ec327d7f"),
    Name.of(2, ":method", "b9495339e4"),
    Name.of(4, ":path", "b958d33f"),
    Name.of(6, ":scheme", "b8824e5a4b"),
  };

  private static final int INDEXED = 0x80;
  private static final int ADDED = 0x40;
  private static final int TABLE_SIZE = 0x20;
  private static final int HUFFMAN = 0x80;

  /** A number that is not complete. */
  private static final int TRUNCATED = -1;

  private final byte[] bytes;
  private final int end;
  private int at;

  private PseudoHeaderNames(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /**
   * Replaces names in place, and moves the rest of the block to the left; returns its new end.
   * Pseudo-header fields are first (RFC 9113 section 8.3), so the block is read up to the first
   * other field. A block that is malformed or ends within a field is left from there on.
   */
  static int replace(byte[] bytes, int from, int end) {
    PseudoHeaderNames block = new PseudoHeaderNames(bytes, from, end);
    int to = from;
    while (block.at < end) {
      int field = block.at;
      int head = bytes[field] & 0xff;
      if ((head & INDEXED) != 0 || (head & 0xe0) == TABLE_SIZE) {
        if (block.integer((head & INDEXED) != 0 ? 7 : 5) == TRUNCATED) {
          return keep(bytes, field, end, to);
        }
        to = keep(bytes, field, block.at, to);
        continue;
      }
      int prefix = (head & ADDED) != 0 ? 6 : 4;
      int index = block.integer(prefix);
      Name name = index == 0 ? block.name() : null;
      if (index == TRUNCATED || index == 0 && name == null) {
        return keep(bytes, field, end, to);
      }
      int value = block.at;
      if (!block.skipsString()) {
        return keep(bytes, field, end, to);
      }
      if (name == null) {
        to = keep(bytes, field, block.at, to);
      } else {
        bytes[to] = (byte) (head & ~((1 << prefix) - 1) | name.index);
        to = keep(bytes, value, block.at, to + 1);
      }
    }
    return to;
  }

  private static int keep(byte[] bytes, int from, int end, int to) {
    System.arraycopy(bytes, from, bytes, to, end - from);
    return to + end - from;
  }

  /** The pseudo-header whose name is spelled out here, and passes it; null for other names. */
  private @Nullable Name name() {
    boolean huffman = at < end && (bytes[at] & HUFFMAN) != 0;
    int length = integer(7);
    if (length == TRUNCATED || length > end - at) {
      return null;
    }
    for (Name n : NAMES) {
      byte[] form = huffman ? n.huffman : n.text;
      if (Arrays.equals(bytes, at, at + length, form, 0, form.length)) {
        at += length;
        return n;
      }
    }
    return null;
  }

  private boolean skipsString() {
    int length = integer(7);
    if (length == TRUNCATED || length > end - at) {
      return false;
    }
    at += length;
    return true;
  }

  /** Reads an integer with a prefix of the given number of bits (RFC 7541 section 5.1). */
  private int integer(int prefix) {
    if (at >= end) {
      return TRUNCATED;
    }
    int mask = (1 << prefix) - 1;
    long n = bytes[at++] & mask;
    if (n < mask) {
      return (int) n;
    }
    for (int shift = 0; shift < 35 && at < end; shift += 7) {
      int b = bytes[at++];
      n += (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return n > Integer.MAX_VALUE ? TRUNCATED : (int) n;
      }
    }
    return TRUNCATED;
  }
}
