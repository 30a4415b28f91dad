package dev.tethys.collect.host.internal.bus;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Decodes D-Bus values by their signature. Numbers become {@link Long}, {@link Double} or {@link
 * Boolean}, strings and paths {@link String}, arrays, structures and pairs {@link List}, a variant
 * its content.
 */
final class BusReader {
  /** Maximum nesting depth in the specification. */
  private static final int MAX_DEPTH = 64;

  private final ByteBuffer in;
  private String signature = "";
  private int at;

  BusReader(byte[] bytes, ByteOrder order) {
    in = ByteBuffer.wrap(bytes).order(order);
  }

  boolean hasMore() {
    return in.hasRemaining();
  }

  /** Reads an unsigned 32-bit number at a position. */
  long unsigned(int place) {
    return Integer.toUnsignedLong(in.getInt(place));
  }

  /** Reads the values described by a signature. */
  List<Object> read(String of) throws IOException {
    signature = of;
    at = 0;
    List<Object> out = new ArrayList<>();
    try {
      while (at < signature.length()) {
        out.add(value(0));
      }
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException("the bus: a message is not of its signature " + of, e);
    }
    return out;
  }

  private void align(int to) {
    int p = in.position();
    in.position((p + to - 1) / to * to);
  }

  private Object value(int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("the bus: a value is nested too deeply");
    }
    char c = signature.charAt(at++);
    return switch (c) {
      case 'y' -> (long) (in.get() & 0xff);
      case 'b' -> {
        align(4);
        yield in.getInt() != 0;
      }
      case 'n' -> {
        align(2);
        yield (long) in.getShort();
      }
      case 'q' -> {
        align(2);
        yield (long) (in.getShort() & 0xffff);
      }
      case 'i' -> {
        align(4);
        yield (long) in.getInt();
      }
      case 'u', 'h' -> {
        align(4);
        yield Integer.toUnsignedLong(in.getInt());
      }
      case 'x', 't' -> {
        align(8);
        yield in.getLong();
      }
      case 'd' -> {
        align(8);
        yield in.getDouble();
      }
      case 's', 'o' -> {
        align(4);
        yield text(in.getInt());
      }
      case 'g' -> text(in.get() & 0xff);
      case 'v' -> variant(depth);
      case 'a' -> array(depth);
      case '(', '{' -> {
        align(8);
        List<Object> fields = new ArrayList<>();
        while (signature.charAt(at) != ')' && signature.charAt(at) != '}') {
          fields.add(value(depth + 1));
        }
        at++;
        yield fields;
      }
      default -> throw new IOException("the bus: a value of the unknown type " + c);
    };
  }

  private String text(int length) {
    byte[] b = new byte[Math.min(length, in.remaining())];
    in.get(b);
    in.get(); // its zero
    return new String(b, StandardCharsets.UTF_8);
  }

  private Object variant(int depth) throws IOException {
    String outer = signature;
    int back = at;
    signature = text(in.get() & 0xff);
    at = 0;
    Object v = value(depth + 1);
    signature = outer;
    at = back;
    return v;
  }

  private Object array(int depth) throws IOException {
    align(4);
    int length = in.getInt();
    int element = at;
    align("({xtd".indexOf(signature.charAt(at)) >= 0 ? 8 : 1);
    int end = in.position() + length;
    if (length < 0 || end > in.limit()) {
      throw new IOException("the bus: an array declares " + length + " bytes");
    }
    List<Object> out = new ArrayList<>();
    while (in.position() < end) {
      at = element;
      out.add(value(depth + 1));
    }
    at = element;
    skip();
    return out;
  }

  /** Steps over one type. */
  private void skip() {
    char c = signature.charAt(at++);
    if (c == 'a') {
      skip();
    } else if (c == '(' || c == '{') {
      while (signature.charAt(at) != ')' && signature.charAt(at) != '}') {
        skip();
      }
      at++;
    }
  }
}
