package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.collect.database.mongodb.wire.Document.Binary;
import dev.tethys.collect.database.mongodb.wire.Document.ObjectId;
import dev.tethys.collect.database.mongodb.wire.Document.Other;
import dev.tethys.collect.database.mongodb.wire.Document.Timestamp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Documents as bytes and back (https://bsonspec.org/spec.html). */
final class Bson {
  /** Servers nest a hundred deep. */
  private static final int MAX_DEPTH = 200;

  private static final int DOUBLE = 0x01;
  private static final int STRING = 0x02;
  private static final int DOCUMENT = 0x03;
  private static final int ARRAY = 0x04;
  private static final int BINARY = 0x05;
  private static final int UNDEFINED = 0x06;
  private static final int OBJECT_ID = 0x07;
  private static final int BOOLEAN = 0x08;
  private static final int DATE = 0x09;
  private static final int NULL = 0x0a;
  private static final int REGEX = 0x0b;
  private static final int DB_POINTER = 0x0c;
  private static final int CODE = 0x0d;
  private static final int SYMBOL = 0x0e;
  private static final int CODE_WITH_SCOPE = 0x0f;
  private static final int INT32 = 0x10;
  private static final int TIMESTAMP = 0x11;
  private static final int INT64 = 0x12;
  private static final int DECIMAL128 = 0x13;
  private static final int MAX_KEY = 0x7f;
  private static final int MIN_KEY = 0xff;
  private static final int OLD_BINARY = 2;

  private Bson() {}

  /**
   * Reads the document at the buffer's position, which is after it afterwards.
   *
   * @throws IOException if it is not well formed
   */
  static Document read(ByteBuffer in) throws IOException {
    try {
      return new Document(fields(in.order(ByteOrder.LITTLE_ENDIAN), 0));
    } catch (BufferUnderflowException e) {
      throw new IOException("a document of BSON ends unexpectedly", e);
    }
  }

  private static Map<String, @Nullable Object> fields(ByteBuffer in, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("a document nested deeper than " + MAX_DEPTH);
    }
    int begin = in.position();
    int length = in.getInt();
    if (length < 5 || length > in.limit() - begin) {
      throw new IOException("a document of BSON declares " + length + " bytes");
    }
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    for (int type = in.get() & 0xff; type != 0; type = in.get() & 0xff) {
      String name = cstring(in);
      out.put(name, value(type, in, depth));
    }
    if (in.position() - begin != length) {
      throw new IOException("a document of BSON has another length than declared");
    }
    return out;
  }

  private static @Nullable Object value(int type, ByteBuffer in, int depth) throws IOException {
    return switch (type) {
      case DOUBLE -> in.getDouble();
      case STRING, SYMBOL -> string(in);
      case DOCUMENT -> new Document(fields(in, depth + 1));
      case ARRAY -> new ArrayList<>(fields(in, depth + 1).values());
      case BINARY -> binary(in);
      case OBJECT_ID -> ObjectId.of(bytes(in, 12));
      case BOOLEAN -> in.get() != 0;
      case DATE -> Instant.ofEpochMilli(in.getLong());
      case NULL, UNDEFINED -> null;
      case INT32 -> in.getInt();
      case INT64 -> in.getLong();
      case TIMESTAMP -> {
        long increment = in.getInt() & 0xffffffffL;
        yield new Timestamp(in.getInt() & 0xffffffffL, increment);
      }
      default -> {
        skip(type, in);
        yield new Other(type);
      }
    };
  }

  private static void skip(int type, ByteBuffer in) throws IOException {
    switch (type) {
      case REGEX -> {
        cstring(in);
        cstring(in);
      }
      case DB_POINTER -> {
        string(in);
        bytes(in, 12);
      }
      case CODE -> string(in);
      case CODE_WITH_SCOPE -> {
        int length = in.getInt();
        if (length < 4) {
          throw new IOException("code in BSON declares " + length + " bytes");
        }
        bytes(in, length - 4);
      }
      case DECIMAL128 -> bytes(in, 16);
      case MIN_KEY, MAX_KEY -> {}
      default -> throw new IOException("BSON has no type " + type);
    }
  }

  private static Binary binary(ByteBuffer in) throws IOException {
    int length = in.getInt();
    int subtype = in.get() & 0xff;
    if (subtype == OLD_BINARY && length >= 4) { // its length is there twice
      in.getInt();
      length -= 4;
    }
    return new Binary(subtype, bytes(in, length));
  }

  private static byte[] bytes(ByteBuffer in, int length) throws IOException {
    if (length < 0 || length > in.remaining()) {
      throw new IOException("a value of BSON declares " + length + " bytes");
    }
    byte[] b = new byte[length];
    in.get(b);
    return b;
  }

  private static String string(ByteBuffer in) throws IOException {
    byte[] b = bytes(in, in.getInt());
    if (b.length == 0 || b[b.length - 1] != 0) {
      throw new IOException("a string of BSON does not end in a zero");
    }
    return new String(b, 0, b.length - 1, StandardCharsets.UTF_8);
  }

  private static String cstring(ByteBuffer in) {
    int begin = in.position();
    while (in.get() != 0) {
      // up to the zero
    }
    return new String(
        in.array(), in.arrayOffset() + begin, in.position() - begin - 1, StandardCharsets.UTF_8);
  }

  /** Encodes a document. */
  static byte[] write(Document d) {
    return write(d.fields());
  }

  private static byte[] write(Map<String, ? extends @Nullable Object> fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    fields.forEach((name, value) -> write(name, value, out));
    out.write(0);
    return little(4 + out.size()).putInt(4 + out.size()).put(out.toByteArray()).array();
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void write(String name, @Nullable Object value, ByteArrayOutputStream out) {
    switch (value) {
      case null -> field(NULL, name, new byte[0], out);
      case Double d -> field(DOUBLE, name, little(8).putDouble(d).array(), out);
      case String s -> {
        byte[] b = s.getBytes(StandardCharsets.UTF_8);
        field(STRING, name, little(5 + b.length).putInt(b.length + 1).put(b).array(), out);
      }
      case Document d -> field(DOCUMENT, name, write(d), out);
      case List<?> l -> field(ARRAY, name, write(numbered(l)), out);
      case Binary b ->
          field(
              BINARY,
              name,
              little(5 + b.bytes().length)
                  .putInt(b.bytes().length)
                  .put((byte) b.subtype())
                  .put(b.bytes())
                  .array(),
              out);
      case ObjectId id -> field(OBJECT_ID, name, HexFormat.of().parseHex(id.hex()), out);
      case Boolean b -> field(BOOLEAN, name, new byte[] {(byte) (b ? 1 : 0)}, out);
      case Instant i -> field(DATE, name, little(8).putLong(i.toEpochMilli()).array(), out);
      case Integer i -> field(INT32, name, little(4).putInt(i).array(), out);
      case Long n -> field(INT64, name, little(8).putLong(n).array(), out);
      case Timestamp t ->
          field(
              TIMESTAMP,
              name,
              little(8).putInt((int) t.increment()).putInt((int) t.seconds()).array(),
              out);
      default ->
          throw new IllegalArgumentException(
              name + ": BSON of " + value.getClass().getSimpleName() + " is not written");
    }
  }

  private static Map<String, @Nullable Object> numbered(List<?> list) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    for (int i = 0; i < list.size(); i++) {
      out.put(Integer.toString(i), list.get(i));
    }
    return out;
  }

  private static void field(int type, String name, byte[] value, ByteArrayOutputStream out) {
    out.write(type);
    out.writeBytes(name.getBytes(StandardCharsets.UTF_8));
    out.write(0);
    out.writeBytes(value);
  }
}
