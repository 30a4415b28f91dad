package dev.tethys.codec.text;

import dev.tethys.model.DecimalDigits;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Surrogates;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Builder for UTF-8 text that writes numbers without creating a String. Grows; not thread-safe. */
public final class TextBuffer {
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] LOWER_HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private byte[] bytes = new byte[1024];
  private int size;

  /** Returns the size in bytes. */
  public int size() {
    return size;
  }

  /** Byte at an index. */
  public byte at(int i) {
    return bytes[i];
  }

  /** Truncates to {@code to} bytes. */
  public void truncate(int to) {
    size = to;
  }

  /** Removes bytes and shifts the following ones. */
  public void remove(int from, int length) {
    System.arraycopy(bytes, from + length, bytes, from, size - from - length);
    size -= length;
  }

  /** Returns a copy and clears the buffer. */
  public byte[] take() {
    byte[] b = Arrays.copyOf(bytes, size);
    size = 0;
    return b;
  }

  /** Reserves space for {@code more} bytes, if the number is known in advance. */
  public TextBuffer reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.addExact(size, more));
    }
    return this;
  }

  /** Number of bytes that fit without growing. */
  public int capacity() {
    return bytes.length;
  }

  /** The bytes without a copy: later writes change them. */
  public byte[] array() {
    return bytes;
  }

  /** A copy; all stays. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** A copy of a part. */
  public byte[] copy(int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }

  private void room(int n) {
    if (bytes.length - size < n) {
      bytes = Arrays.copyOf(bytes, Math.max(size + n, bytes.length * 2));
    }
  }

  /** Appends one byte, such as an ASCII character. */
  public TextBuffer put(int b) {
    room(1);
    bytes[size++] = (byte) b;
    return this;
  }

  public TextBuffer put(byte[] from, int offset, int length) {
    room(length);
    System.arraycopy(from, offset, bytes, size, length);
    size += length;
    return this;
  }

  /** Appends a part of this text again. */
  public TextBuffer repeat(int from, int length) {
    room(length);
    System.arraycopy(bytes, from, bytes, size, length);
    size += length;
    return this;
  }

  public TextBuffer put(byte[] from) {
    return put(from, 0, from.length);
  }

  public TextBuffer put(String text) {
    int n = text.length();
    room(n);
    int to = size;
    for (int i = 0; i < n; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        return put(Surrogates.utf8(text));
      }
      bytes[to++] = (byte) c;
    }
    size = to;
    return this;
  }

  public TextBuffer number(long v) {
    room(24);
    size = DecimalDigits.write(bytes, size, v);
    return this;
  }

  /** 16 hexadecimal digits of lower case. */
  public TextBuffer hex(long v) {
    room(16);
    for (int shift = 60; shift >= 0; shift -= 4) {
      bytes[size++] = LOWER_HEX[(int) (v >>> shift) & 15];
    }
    return this;
  }

  /**
   * A double with the fewest digits that read back as the same value; finite ones are also valid
   * JSON.
   */
  public TextBuffer number(double v) {
    room(GoFloat.ROOM_G);
    size = GoFloat.writeG(bytes, size, v);
    return this;
  }

  /** A number with a fraction or an exponent, which no reader mistakes for an integer. */
  public TextBuffer decimal(double v) {
    int from = size;
    number(v);
    for (int i = from; i < size; i++) {
      if (bytes[i] != '-' && (bytes[i] < '0' || bytes[i] > '9')) {
        return this;
      }
    }
    return put(".0");
  }

  /** A percent sign and two digits of upper case. */
  public TextBuffer percent(int b) {
    return put('%').put(HEX[b >> 4 & 15]).put(HEX[b & 15]);
  }

  /** A JSON string of UTF-8 text. */
  public TextBuffer json(byte[] from, int offset, int length) {
    room(length + 2);
    bytes[size++] = '"';
    int end = offset + length;
    int plain = offset; // where what needs no escape begins
    for (int i = offset; i < end; i++) {
      byte b = from[i];
      if (b == '"' || b == '\\' || (b >= 0 && b < 0x20)) {
        put(from, plain, i - plain);
        escape(b);
        plain = i + 1;
      }
    }
    return put(from, plain, end - plain).put('"');
  }

  private void escape(byte b) {
    switch (b) {
      case '"', '\\' -> put('\\').put(b);
      case '\n' -> put('\\').put('n');
      case '\r' -> put('\\').put('r');
      case '\t' -> put('\\').put('t');
      default -> put("\\u00").put(HEX[b >> 4]).put(HEX[b & 15]);
    }
  }

  /** A JSON string. */
  public TextBuffer json(String text) {
    int n = text.length();
    room(n + 2);
    int to = size;
    bytes[to++] = '"';
    for (int i = 0; i < n; i++) {
      char c = text.charAt(i);
      if (c >= 0x80 || c < 0x20 || c == '"' || c == '\\') {
        return escaped(text);
      }
      bytes[to++] = (byte) c;
    }
    bytes[to++] = '"';
    size = to;
    return this;
  }

  private TextBuffer escaped(String text) {
    byte[] b = Surrogates.utf8(text);
    return json(b, 0, b.length);
  }
}
