package dev.tethys.collect.push;

import dev.tethys.codec.CodecException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The bytes of a stream of Go's {@code encoding/gob}: messages with their lengths, and the numbers,
 * strings and counts in them. {@link GobTypes} and {@link PushgatewayFile} interpret them.
 *
 * <p>Invariants: nothing is read beyond the current message, and no length is trusted before it was
 * found to fit into the rest of that message, so that memory is bounded by the stream. Errors have
 * the offset of the faulty byte, counted from 0.
 */
final class GobReader {
  private final InputStream in;
  private final long size;
  private long position;
  private long end;

  /**
   * @param size length of the stream in bytes
   */
  GobReader(InputStream in, long size) {
    this.in = in;
    this.size = size;
    this.end = size;
  }

  /** Returns the position of the next byte. */
  long position() {
    return position;
  }

  CodecException error(long at, String what) {
    return new CodecException("byte " + at + ": " + what);
  }

  /** Whether all messages were read. */
  boolean atEnd() {
    return position == size;
  }

  /** Starts the next message. */
  void beginMessage() throws IOException {
    end = size;
    long at = position;
    long n = unsigned();
    if (n <= 0 || n > size - position) {
      throw error(
          at, "a message of " + size(n) + " bytes where " + (size - position) + " are left");
    }
    end = position + n;
  }

  /** Checks that the message was read to its end. */
  void endMessage() {
    if (position != end) {
      throw error(position, "the message has " + (end - position) + " bytes more than its value");
    }
  }

  private int octet() throws IOException {
    if (position >= end) {
      throw error(position, "a value continues after the end of its message");
    }
    int b = in.read();
    if (b < 0) {
      throw error(position, "the file ends within a value");
    }
    position++;
    return b;
  }

  /** A number of 64 bits, most significant byte first, in its shortest form. */
  long unsigned() throws IOException {
    long at = position;
    int first = octet();
    if (first < 0x80) {
      return first;
    }
    int n = 0x100 - first;
    if (n > 8) {
      throw error(at, "invalid number size: " + n + " bytes");
    }
    long v = 0;
    for (int i = 0; i < n; i++) {
      int b = octet();
      if (i == 0 && (b == 0 || (n == 1 && b < 0x80))) {
        throw error(at, "a number is not in its shortest form");
      }
      v = v << 8 | b;
    }
    return v;
  }

  /** A number with a sign, which is its lowest bit. */
  long signed() throws IOException {
    long u = unsigned();
    return (u & 1) == 0 ? u >>> 1 : ~(u >>> 1);
  }

  /**
   * Reads the number of elements that follow.
   *
   * @param least minimum size of an element in bytes
   */
  int count(String what, int most, int least) throws IOException {
    long at = position;
    long n = unsigned();
    if (n < 0 || n > (end - position) / least) {
      throw error(at, size(n) + " " + what + " do not fit the " + (end - position) + " bytes left");
    }
    if (n > most) {
      throw error(at, n + " " + what + "; at most " + most + " are read");
    }
    return (int) n;
  }

  byte[] bytes(String what, int most) throws IOException {
    int n = count("bytes of " + what, most, 1);
    byte[] b = in.readNBytes(n);
    position += b.length;
    if (b.length < n) {
      throw error(position, "the file ends within " + what);
    }
    return b;
  }

  String text(String what, int most) throws IOException {
    long at = position;
    byte[] b = bytes(what, most);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(b)).toString();
    } catch (CharacterCodingException e) {
      throw new CodecException("byte " + at + ": " + what + " is not UTF-8", e);
    }
  }

  /**
   * The number of the next field of a struct, or -1 after its last one.
   *
   * @param last the field before; -1 at the beginning
   */
  int field(int last, int fields) throws IOException {
    long at = position;
    long delta = unsigned();
    if (delta == 0) {
      return -1;
    }
    if (delta < 0 || delta >= fields - last) {
      throw error(at, "a field beyond the " + fields + " of its struct");
    }
    return last + (int) delta;
  }

  private static String size(long n) {
    return Long.toUnsignedString(n);
  }
}
