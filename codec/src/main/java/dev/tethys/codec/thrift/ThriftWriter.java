package dev.tethys.codec.thrift;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes data of Apache Thrift in its compact protocol, field by field in ascending order of their
 * ids. Source: Thrift's document "thrift-compact-protocol".
 *
 * <p>Nested structs: {@code beginStruct(id); ... endStruct();}; elements of a list: {@code list(id,
 * size, type)}, then as many values, structs between {@code beginElement} and {@code endStruct}.
 */
public final class ThriftWriter {
  /** Types of elements of lists, by the numbers of the compact protocol. */
  public static final int I32 = 5;

  public static final int BINARY = 8;
  public static final int STRUCT = 12;

  private static final int TRUE = 1;
  private static final int FALSE = 2;
  private static final int I16 = 4;
  private static final int I64 = 6;
  private static final int LIST = 9;
  private static final int MAX_DEPTH = 32;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final int[] last = new int[MAX_DEPTH];
  private int depth;

  private void varint(long v) {
    long remaining = v;
    while ((remaining & ~0x7fL) != 0) {
      out.write((int) (remaining & 0x7f | 0x80));
      remaining >>>= 7;
    }
    out.write((int) remaining);
  }

  private void field(int id, int type) {
    int step = id - last[depth];
    if (step < 1) {
      throw new IllegalArgumentException("field " + id + " comes after " + last[depth]);
    }
    if (step <= 15) {
      out.write(step << 4 | type);
    } else {
      out.write(type);
      varint((long) id << 1);
    }
    last[depth] = id;
  }

  public ThriftWriter bool(int id, boolean v) {
    field(id, v ? TRUE : FALSE);
    return this;
  }

  public ThriftWriter i16(int id, int v) {
    field(id, I16);
    varint((long) v << 1 ^ v >> 31);
    return this;
  }

  public ThriftWriter i32(int id, int v) {
    field(id, I32);
    return i32(v);
  }

  /** An element of a list. */
  public ThriftWriter i32(int v) {
    varint(((long) v << 1 ^ v >> 31) & 0xffff_ffffL);
    return this;
  }

  public ThriftWriter i64(int id, long v) {
    field(id, I64);
    varint(v << 1 ^ v >> 63);
    return this;
  }

  public ThriftWriter binary(int id, byte[] v) {
    field(id, BINARY);
    return binary(v);
  }

  /** An element of a list. */
  public ThriftWriter binary(byte[] v) {
    varint(v.length);
    out.writeBytes(v);
    return this;
  }

  public ThriftWriter string(int id, String v) {
    return binary(id, v.getBytes(StandardCharsets.UTF_8));
  }

  /** Starts a list, whose elements follow. */
  public ThriftWriter list(int id, int size, int type) {
    field(id, LIST);
    if (size < 15) {
      out.write(size << 4 | type);
    } else {
      out.write(0xf0 | type);
      varint(size);
    }
    return this;
  }

  public ThriftWriter beginStruct(int id) {
    field(id, STRUCT);
    return beginElement();
  }

  /** Starts a struct that is an element of a list. */
  public ThriftWriter beginElement() {
    last[++depth] = 0;
    return this;
  }

  /** Ends the innermost struct, or the outermost if none was begun. */
  public ThriftWriter endStruct() {
    out.write(0);
    if (depth > 0) {
      depth--;
    }
    return this;
  }

  public byte[] toByteArray() {
    return out.toByteArray();
  }
}
