package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.StreamBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Start of a message of Thrift, in the binary protocol (strict form) or the compact one.
 *
 * @param compact true for the compact protocol
 * @param type {@link #CALL} to {@link #ONE_WAY}
 * @param sequence number by which a response is matched
 * @param name method, after the name of its service and a colon where several share a connection
 * @param body index of the arguments or the result
 */
record ThriftMessage(boolean compact, int type, long sequence, String name, int body) {
  static final int CALL = 1;
  static final int REPLY = 2;
  static final int EXCEPTION = 3;
  static final int ONE_WAY = 4;

  /** Message whose visible part is too short. */
  static final ThriftMessage INCOMPLETE = new ThriftMessage(false, 0, 0, "", 0);

  /** Result of {@link #end} for a structure that continues beyond the visible bytes. */
  static final int MORE = -1;

  /** Result of {@link #end} for bytes that are not a structure. */
  static final int WRONG = -2;

  private static final int LONGEST_NAME = 256;
  private static final int BINARY_ID = 0x80;
  private static final int COMPACT_ID = 0x82;
  private static final int DEEPEST = 24;

  /** Size of a value by its type in the binary protocol; 0 for variable-size types. */
  private static final int[] BINARY_SIZES = {
    -1, -1, 1, 1, 8, -1, 2, -1, 4, -1, 8, 0, 0, 0, 0, 0, 16
  };

  private static final int BINARY_TEXT = 11;
  private static final int BINARY_STRUCT = 12;
  private static final int BINARY_MAP = 13;
  private static final int COMPACT_INT = 6;
  private static final int COMPACT_TEXT = 8;
  private static final int COMPACT_LIST = 9;
  private static final int COMPACT_SET = 10;
  private static final int COMPACT_MAP = 11;
  private static final int COMPACT_STRUCT = 12;
  private static final int COMPACT_UUID = 13;

  /** True if the byte starts a message. */
  static boolean isStart(int first) {
    return first == BINARY_ID || first == COMPACT_ID;
  }

  /** Reads the start of a message at an index; returns null if the bytes are not a message. */
  static @Nullable ThriftMessage read(StreamBuffer in, int at) {
    int n = in.available();
    if (at >= n) {
      return INCOMPLETE;
    }
    if (in.u8(at) == COMPACT_ID) {
      return readCompact(in, at);
    }
    if (in.u8(at) != BINARY_ID
        || n > at + 1 && in.u8(at + 1) != 1
        || n > at + 2 && in.u8(at + 2) != 0) {
      return null;
    }
    if (n > at + 3 && !isType(in.u8(at + 3))) {
      return null;
    }
    if (n < at + 8) {
      return INCOMPLETE;
    }
    int length = in.i32(at + 4);
    int name = at + 8;
    if (!isName(in, name, length)) {
      return null;
    }
    return n < name + length + 4
        ? INCOMPLETE
        : new ThriftMessage(
            false,
            in.u8(at + 3),
            in.i32(name + length),
            in.text(name, name + length),
            name + length + 4);
  }

  private static @Nullable ThriftMessage readCompact(StreamBuffer in, int at) {
    int n = in.available();
    if (n < at + 2) {
      return INCOMPLETE;
    }
    int type = in.u8(at + 1) >> 5;
    if ((in.u8(at + 1) & 0x1f) != 1 || !isType(type)) {
      return null;
    }
    Varint v = new Varint(in, at + 2);
    int sequence = (int) v.next();
    long length = v.next();
    if (v.at < 0) {
      return v.at == MORE ? INCOMPLETE : null;
    }
    if (length > LONGEST_NAME || !isName(in, v.at, (int) length)) {
      return null;
    }
    int body = v.at + (int) length;
    return n < body
        ? INCOMPLETE
        : new ThriftMessage(true, type, sequence, in.text(v.at, body), body);
  }

  private static boolean isType(int type) {
    return type >= CALL && type <= ONE_WAY;
  }

  /** True if the visible characters may be the name of a method. */
  private static boolean isName(StreamBuffer in, int at, int length) {
    if (length < 1 || length > LONGEST_NAME) {
      return false;
    }
    int end = Math.min(at + length, in.available());
    for (int i = at; i < end; i++) {
      int c = in.u8(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
      boolean other =
          c >= '0' && c <= '9' || c == '.' || c == ':' || c == '-' || c == '/' || c == '$';
      if (!letter && (i == at || !other)) {
        return false;
      }
    }
    return true;
  }

  /** True if the byte after the start may start the arguments, or is not visible. */
  boolean hasFields(StreamBuffer in) {
    if (body >= in.available()) {
      return true;
    }
    int first = in.u8(body);
    return compact
        ? (first & 0x0f) <= COMPACT_UUID && (first == 0 || (first & 0x0f) != 0)
        : first == 0 || isBinaryType(first);
  }

  private static boolean isBinaryType(int type) {
    return type > 0 && type < BINARY_SIZES.length && BINARY_SIZES[type] >= 0;
  }

  /**
   * Returns the number of the first field of a result; -1 if it has none, -2 if that is not
   * visible.
   */
  int firstField(StreamBuffer in) {
    int n = in.available();
    if (body >= n) {
      return -2;
    }
    int first = in.u8(body);
    if (first == 0) {
      return -1;
    }
    if (!compact) {
      return body + 3 > n ? -2 : in.u16(body + 1);
    }
    if (first >> 4 != 0) {
      return first >> 4;
    }
    long zigzag = new Varint(in, body + 1).next();
    return zigzag < 0 ? -2 : (int) (zigzag >>> 1);
  }

  /** Returns the number in the second field of a protocol exception; -1 if not visible. */
  int exceptionType(StreamBuffer in) {
    int n = in.available();
    int at = body;
    if (compact) {
      if (at < n && in.u8(at) == 0x18) {
        Varint v = new Varint(in, at + 1);
        long length = v.next();
        at = v.at < 0 || length > n ? n : v.at + (int) length;
      }
      if (at >= n || in.u8(at) != 0x15 && in.u8(at) != 0x25) {
        return -1;
      }
      long zigzag = new Varint(in, at + 1).next();
      return zigzag < 0 ? -1 : (int) (zigzag >>> 1);
    }
    if (at + 7 <= n && in.u8(at) == BINARY_TEXT) {
      int length = in.i32(at + 3);
      at = length < 0 || length > n ? n : at + 7 + length;
    }
    return at + 7 <= n && in.u8(at) == 8 && in.u16(at + 1) == 2 ? in.i32(at + 3) : -1;
  }

  /** Returns the end of the arguments or the result, {@link #MORE} or {@link #WRONG}. */
  int end(StreamBuffer in) {
    return compact
        ? compactValue(in, body, COMPACT_STRUCT, 0)
        : binaryValue(in, body, BINARY_STRUCT, 0);
  }

  private static int binaryValue(StreamBuffer in, int from, int type, int depth) {
    if (!isBinaryType(type) || depth > DEEPEST) {
      return WRONG;
    }
    int n = in.available();
    int at = from;
    if (BINARY_SIZES[type] > 0) {
      at += BINARY_SIZES[type];
      return at > n ? MORE : at;
    }
    if (type == BINARY_STRUCT) {
      while (at < n) {
        int field = in.u8(at);
        if (field == 0) {
          return at + 1;
        }
        if (at + 3 > n) {
          return isBinaryType(field) ? MORE : WRONG;
        }
        at = binaryValue(in, at + 3, field, depth + 1);
        if (at < 0) {
          return at;
        }
      }
      return MORE;
    }
    int types = type == BINARY_TEXT ? 0 : type == BINARY_MAP ? 2 : 1;
    if (at + types + 4 > n) {
      return MORE;
    }
    int count = in.i32(at + types);
    int key = types == 0 ? 0 : in.u8(at);
    int value = types == 2 ? in.u8(at + 1) : key;
    at += types + 4;
    if (count < 0) {
      return WRONG;
    }
    if (types == 0) {
      return count > n - at ? MORE : at + count;
    }
    for (int i = 0; i < count; i++) {
      at = types == 2 ? binaryValue(in, at, key, depth + 1) : at;
      at = at < 0 ? at : binaryValue(in, at, value, depth + 1);
      if (at < 0) {
        return at;
      }
    }
    return at;
  }

  private static int compactValue(StreamBuffer in, int from, int type, int depth) {
    if (depth > DEEPEST) {
      return WRONG;
    }
    int n = in.available();
    switch (type) {
      case 1, 2, 3 -> {
        return from + 1 > n ? MORE : from + 1;
      }
      case 4, 5, COMPACT_INT -> {
        Varint v = new Varint(in, from);
        v.next();
        return v.at;
      }
      case 7, COMPACT_UUID -> {
        int at = from + (type == 7 ? 8 : 16);
        return at > n ? MORE : at;
      }
      case COMPACT_TEXT -> {
        Varint v = new Varint(in, from);
        long length = v.next();
        return v.at < 0 ? v.at : length > n - v.at ? MORE : v.at + (int) length;
      }
      case COMPACT_LIST, COMPACT_SET -> {
        return compactList(in, from, depth);
      }
      case COMPACT_MAP -> {
        return compactMap(in, from, depth);
      }
      case COMPACT_STRUCT -> {
        return compactStruct(in, from, depth);
      }
      default -> {
        return WRONG;
      }
    }
  }

  private static int compactList(StreamBuffer in, int from, int depth) {
    if (from >= in.available()) {
      return MORE;
    }
    Varint v = new Varint(in, from + 1);
    long count = in.u8(from) >> 4;
    if (count == 15) {
      count = v.next();
    }
    int at = v.at;
    for (long i = 0; i < count && at >= 0; i++) {
      at = compactValue(in, at, in.u8(from) & 0x0f, depth + 1);
    }
    return at;
  }

  private static int compactMap(StreamBuffer in, int from, int depth) {
    Varint v = new Varint(in, from);
    long count = v.next();
    if (v.at < 0 || count == 0) {
      return v.at;
    }
    if (v.at >= in.available()) {
      return MORE;
    }
    int types = in.u8(v.at);
    int at = v.at + 1;
    for (long i = 0; i < count && at >= 0; i++) {
      at = compactValue(in, at, types >> 4, depth + 1);
      at = at < 0 ? at : compactValue(in, at, types & 0x0f, depth + 1);
    }
    return at;
  }

  private static int compactStruct(StreamBuffer in, int from, int depth) {
    int at = from;
    while (at >= 0 && at < in.available()) {
      int field = in.u8(at++);
      if (field == 0) {
        return at;
      }
      if (field >> 4 == 0) {
        Varint v = new Varint(in, at);
        v.next();
        at = v.at;
        if (at < 0) {
          return at;
        }
      }
      int type = field & 0x0f;
      if (type == 0) {
        return WRONG;
      }
      // The value of a boolean field is in its type.
      at = type <= 2 ? at : compactValue(in, at, type, depth + 1);
    }
    return at < 0 ? at : MORE;
  }

  /** Consecutive variable-length integers. */
  static final class Varint {
    private final StreamBuffer in;

    /** Index after the last one, {@link #MORE} or {@link #WRONG}. */
    int at;

    Varint(StreamBuffer in, int at) {
      this.in = in;
      this.at = at;
    }

    /** Reads the next non-negative number; -1 if it is not visible or too long. */
    long next() {
      long value = 0;
      for (int shift = 0; at >= 0; shift += 7) {
        if (shift > 63) {
          at = WRONG;
        } else if (at >= in.available()) {
          at = MORE;
        } else {
          int b = in.u8(at++);
          value |= (b & 0x7fL) << shift;
          if (b < 0x80) {
            return value & Long.MAX_VALUE;
          }
        }
      }
      return -1;
    }
  }
}
