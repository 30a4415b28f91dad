package dev.tethys.model.traces;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Values of attributes that are not scalar, as bytes.
 *
 * <pre>
 * 1 byte kind in the order of {@link dev.tethys.model.telemetry.AnyValue.Kind}, then
 * EMPTY: nothing; STRING, BYTES: uvarint length, bytes; BOOL: 1 byte; INT, DOUBLE: 8 bytes big-endian;
 * ARRAY: uvarint values, each as above; KVLIST: uvarint entries, each: uvarint length, key, value as above
 * </pre>
 */
public final class ValueBytes {
  private static final int EMPTY = 0;
  private static final int STRING = 1;
  private static final int BOOL = 2;
  private static final int INT = 3;
  private static final int DOUBLE = 4;
  private static final int BYTES = 5;
  private static final int ARRAY = 6;
  private static final int KVLIST = 7;

  private ValueBytes() {}

  /** Bytes of a value of {@link dev.tethys.model.telemetry.AnyValue}. */
  public static byte[] encode(@Nullable Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(value, out);
    return out.toByteArray();
  }

  private static void write(@Nullable Object value, ByteArrayOutputStream out) {
    switch (value) {
      case null -> out.write(EMPTY);
      case Boolean b -> {
        out.write(BOOL);
        out.write(b ? 1 : 0);
      }
      case Long n -> fixed(INT, n, out);
      case Double d -> fixed(DOUBLE, Double.doubleToRawLongBits(d), out);
      case byte[] b -> {
        out.write(BYTES);
        sized(b, out);
      }
      case ArrayValue a -> {
        out.write(ARRAY);
        uvarint(a.size(), out);
        for (int i = 0; i < a.size(); i++) {
          write(a.get(i), out);
        }
      }
      case Attributes a -> {
        out.write(KVLIST);
        uvarint(a.size(), out);
        for (int i = 0; i < a.size(); i++) {
          sized(a.key(i).getBytes(StandardCharsets.UTF_8), out);
          write(a.value(i), out);
        }
      }
      default -> {
        out.write(STRING);
        sized(value.toString().getBytes(StandardCharsets.UTF_8), out);
      }
    }
  }

  private static void fixed(int kind, long bits, ByteArrayOutputStream out) {
    out.write(kind);
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.write((int) (bits >>> shift));
    }
  }

  private static void sized(byte[] b, ByteArrayOutputStream out) {
    uvarint(b.length, out);
    out.write(b, 0, b.length);
  }

  private static void uvarint(int n, ByteArrayOutputStream out) {
    int v = n;
    while ((v & ~0x7f) != 0) {
      out.write(v | 0x80);
      v >>>= 7;
    }
    out.write(v);
  }

  /**
   * Value of bytes that {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if they are not such bytes
   */
  public static @Nullable Object decode(byte[] b, int offset, int length) {
    try {
      return read(ByteBuffer.wrap(b, offset, length));
    } catch (java.nio.BufferUnderflowException e) {
      throw new IllegalArgumentException("value of an attribute ends early", e);
    }
  }

  private static @Nullable Object read(ByteBuffer in) {
    int kind = in.get();
    return switch (kind) {
      case EMPTY -> null;
      case STRING -> new String(sized(in), StandardCharsets.UTF_8);
      case BOOL -> in.get() != 0;
      case INT -> in.getLong();
      case DOUBLE -> in.getDouble();
      case BYTES -> sized(in);
      case ARRAY -> {
        ArrayValue a = new ArrayValue();
        for (int n = uvarint(in); n > 0; n--) {
          a.add(read(in));
        }
        yield a;
      }
      case KVLIST -> {
        Attributes a = new Attributes();
        for (int n = uvarint(in); n > 0; n--) {
          String key = new String(sized(in), StandardCharsets.UTF_8);
          a.add(key, read(in));
        }
        yield a;
      }
      default -> throw new IllegalArgumentException("value of an attribute has kind " + kind);
    };
  }

  private static byte[] sized(ByteBuffer in) {
    int n = uvarint(in);
    if (n < 0 || n > in.remaining()) {
      throw new IllegalArgumentException("length of a value is " + n);
    }
    byte[] b = new byte[n];
    in.get(b);
    return b;
  }

  private static int uvarint(ByteBuffer in) {
    int v = 0;
    for (int shift = 0; shift < 32; shift += 7) {
      byte b = in.get();
      v |= (b & 0x7f) << shift;
      if (b >= 0) {
        return v;
      }
    }
    throw new IllegalArgumentException("number has more than five bytes");
  }
}
