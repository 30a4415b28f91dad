package dev.tethys.codec.thrift;

import dev.tethys.codec.CodecException;
import dev.tethys.model.guard.RequestMemory;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Walks data of Apache Thrift, in its binary or its compact protocol, field by field. Sources:
 * Thrift's documents "thrift-binary-protocol" and "thrift-compact-protocol".
 *
 * <pre>
 * r.beginStruct();
 * while (r.nextField()) {
 *   switch (r.id()) {
 *     case 1 -> r.readI64();
 *     default -> r.skip();
 *   }
 * }
 * r.endStruct();
 * </pre>
 *
 * <p>A field whose type is not the expected one is malformed. Limits: structs are nested at most
 * {@link #MAX_DEPTH} deep, and no allocation exceeds the remaining input.
 */
public final class ThriftReader {
  public static final int BOOL = 2;
  public static final int BYTE = 3;
  public static final int DOUBLE = 4;
  public static final int I16 = 6;
  public static final int I32 = 8;
  public static final int I64 = 10;
  public static final int STRING = 11;
  public static final int STRUCT = 12;
  public static final int MAP = 13;
  public static final int SET = 14;
  public static final int LIST = 15;

  private static final int MAX_DEPTH = 32;
  private static final int BINARY_VERSION = 0x8001_0000;
  private static final int COMPACT_ID = 0x82;

  /** Types of the compact protocol by its own numbers; 1 and 2 are true and false. */
  private static final int[] COMPACT = {
    0, BOOL, BOOL, BYTE, I16, I32, I64, DOUBLE, STRING, LIST, SET, MAP, STRUCT
  };

  private final ByteBuffer in;
  private final boolean compact;
  private final int[] lastIds = new int[MAX_DEPTH];
  private int depth;
  private int id;
  private int type;
  private boolean inField;
  private boolean bool;
  private int elementType;

  /** A reader of a buffer. */
  public ThriftReader(byte[] buf, int offset, int length, boolean compact) {
    this.in = ByteBuffer.wrap(buf, offset, length);
    this.compact = compact;
  }

  private static CodecException malformed(String what) {
    return new CodecException("thrift: " + what);
  }

  private int octet() {
    try {
      return in.get() & 0xff;
    } catch (BufferUnderflowException e) {
      throw new CodecException("thrift: unexpected end of data", e);
    }
  }

  private void need(int n) {
    if (n < 0 || n > in.remaining()) {
      throw malformed("unexpected end of data");
    }
  }

  private long varint() {
    long v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = octet();
      v |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        return v;
      }
    }
    throw malformed("a number is too long");
  }

  private long zigzag() {
    long v = varint();
    return v >>> 1 ^ -(v & 1);
  }

  private int length() {
    long n = compact ? varint() : i32();
    if (n < 0 || n > in.remaining()) {
      throw malformed("a length of " + n + " exceeds the remaining input");
    }
    return (int) n;
  }

  private int i32() {
    need(4);
    return in.getInt();
  }

  /**
   * Reads the start of a message.
   *
   * @return its name
   */
  public String beginMessage() {
    if (compact) {
      if (octet() != COMPACT_ID) {
        throw malformed("not a message of the compact protocol");
      }
      octet();
      varint();
      return text();
    }
    int version = i32();
    if ((version & 0xffff_0000) == BINARY_VERSION) {
      String name = text();
      i32();
      return name;
    }
    // Unversioned format: starts with the length of the name.
    need(version);
    byte[] name = new byte[version];
    in.get(name);
    octet();
    i32();
    return new String(name, StandardCharsets.UTF_8);
  }

  /** Enters a struct; within a field, the field must have that type. */
  public void beginStruct() {
    if (inField) {
      require(STRUCT);
    }
    if (++depth == MAX_DEPTH) {
      throw malformed("more than " + MAX_DEPTH + " structs deep");
    }
    lastIds[depth] = 0;
  }

  /** Leaves a struct whose fields were read completely. */
  public void endStruct() {
    depth--;
  }

  /** Moves to the next field of the struct; returns false at its end. */
  public boolean nextField() {
    int b = octet();
    if (b == 0) {
      inField = false;
      return false;
    }
    inField = true;
    if (!compact) {
      type = b;
      need(2);
      id = in.getShort();
      return true;
    }
    int kind = b & 15;
    if (kind >= COMPACT.length) {
      throw malformed("unknown type " + kind);
    }
    type = COMPACT[kind];
    bool = kind == 1;
    int delta = b >> 4;
    id = delta == 0 ? (int) zigzag() : lastIds[depth] + delta;
    lastIds[depth] = id;
    return true;
  }

  /** The number of the field. */
  public int id() {
    return id;
  }

  private void require(int expected) {
    if (inField && type != expected) {
      throw malformed("field " + id + " has type " + type + ", " + expected + " expected");
    }
    inField = false;
  }

  /**
   * Enters a list or set.
   *
   * @param element the type of its elements, which an empty one need not have
   * @return number of elements
   */
  public int beginList(int element) {
    if (inField && type != LIST && type != SET) {
      throw malformed("field " + id + " has type " + type + ", a list expected");
    }
    int n = elements();
    if (n > 0 && elementType != element) {
      throw malformed("a list of type " + elementType + ", " + element + " expected");
    }
    return n;
  }

  private int elements() {
    inField = false;
    long n;
    if (compact) {
      int b = octet();
      int kind = b & 15;
      if (kind >= COMPACT.length) {
        throw malformed("unknown type " + kind);
      }
      elementType = COMPACT[kind];
      n = b >> 4 == 15 ? varint() : b >> 4;
    } else {
      elementType = octet();
      n = i32();
    }
    if (n < 0 || n > in.remaining()) {
      throw malformed("a list of " + n + " elements exceeds the remaining input");
    }
    RequestMemory.charge(n * RequestMemory.VALUE_BYTES);
    return (int) n;
  }

  public boolean readBool() {
    boolean fielded = inField;
    require(BOOL);
    return compact && fielded ? bool : octet() == 1;
  }

  public int readI16() {
    require(I16);
    if (compact) {
      return (short) zigzag();
    }
    need(2);
    return in.getShort();
  }

  public int readI32() {
    require(I32);
    return compact ? (int) zigzag() : i32();
  }

  public long readI64() {
    require(I64);
    if (compact) {
      return zigzag();
    }
    need(8);
    return in.getLong();
  }

  public double readDouble() {
    require(DOUBLE);
    need(8);
    // Only the compact protocol has little-endian doubles.
    return in.order(compact ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN).getDouble();
  }

  public byte[] readBinary() {
    require(STRING);
    byte[] b = new byte[length()];
    in.get(b);
    return b;
  }

  public String readString() {
    require(STRING);
    return text();
  }

  private String text() {
    int n = length();
    String s = new String(in.array(), in.arrayOffset() + in.position(), n, StandardCharsets.UTF_8);
    in.position(in.position() + n);
    return s;
  }

  /** Passes over the value of the field. */
  public void skip() {
    boolean fielded = inField;
    inField = false;
    skip(type, fielded, 0);
  }

  private void skip(int kind, boolean fielded, int deep) {
    if (deep > MAX_DEPTH) {
      throw malformed("more than " + MAX_DEPTH + " deep");
    }
    switch (kind) {
      case BOOL -> {
        if (!(compact && fielded)) {
          octet();
        }
      }
      case BYTE -> octet();
      case I16, I32, I64 -> {
        if (compact) {
          varint();
        } else {
          pass(kind == I16 ? 2 : kind == I32 ? 4 : 8);
        }
      }
      case DOUBLE -> pass(8);
      case STRING -> pass(length());
      case STRUCT -> {
        beginStruct();
        while (nextField()) {
          inField = false;
          skip(type, true, deep + 1);
        }
        endStruct();
      }
      case LIST, SET -> {
        int n = elements();
        int element = elementType;
        for (int i = 0; i < n; i++) {
          skip(element, false, deep + 1);
        }
      }
      case MAP -> map(deep);
      default -> throw malformed("unknown type " + kind);
    }
  }

  private void map(int deep) {
    int key;
    int value;
    long n;
    if (compact) {
      n = varint();
      int kinds = n == 0 ? 0 : octet();
      if (kinds >> 4 >= COMPACT.length || (kinds & 15) >= COMPACT.length) {
        throw malformed("unknown type in a map");
      }
      key = COMPACT[kinds >> 4];
      value = COMPACT[kinds & 15];
    } else {
      key = octet();
      value = octet();
      n = i32();
    }
    if (n < 0 || n > in.remaining()) {
      throw malformed("a map of " + n + " entries exceeds the remaining input");
    }
    for (long i = 0; i < n; i++) {
      skip(key, false, deep + 1);
      skip(value, false, deep + 1);
    }
  }

  private void pass(int n) {
    need(n);
    in.position(in.position() + n);
  }
}
