package dev.tethys.collect.database.mysql;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The content of a packet, read from its start to its end. */
final class Packet {
  private final byte[] b;
  private int at;

  Packet(byte[] b) {
    this.b = b;
  }

  int length() {
    return b.length;
  }

  /** Returns the first byte, which identifies the kind of packet; -1 if it is empty. */
  int kind() {
    return b.length == 0 ? -1 : b[0] & 255;
  }

  boolean more() {
    return at < b.length;
  }

  private void need(long n) throws IOException {
    if (n < 0 || n > b.length - at) {
      throw new IOException("a packet of MySQL's protocol ends unexpectedly");
    }
  }

  /** Reads an unsigned integer of {@code bytes} bytes, little-endian. */
  long number(int bytes) throws IOException {
    need(bytes);
    long v = 0;
    for (int i = 0; i < bytes; i++) {
      v |= (b[at++] & 255L) << (8 * i);
    }
    return v;
  }

  byte[] bytes(long n) throws IOException {
    need(n);
    at += (int) n;
    return Arrays.copyOfRange(b, at - (int) n, at);
  }

  byte[] rest() throws IOException {
    return bytes(b.length - at);
  }

  /** Reads a string up to a zero byte or the end. */
  String zeroEnded() throws IOException {
    int end = at;
    while (end < b.length && b[end] != 0) {
      end++;
    }
    String s = new String(b, at, end - at, StandardCharsets.UTF_8);
    at = Math.min(end + 1, b.length);
    return s;
  }

  /** Reads a length-encoded integer. */
  long lengthEncoded() throws IOException {
    int first = (int) number(1);
    return switch (first) {
      case 0xfc -> number(2);
      case 0xfd -> number(3);
      case 0xfe -> number(8);
      case 0xfb, 0xff -> throw new IOException("a length of MySQL's protocol is wrong");
      default -> first;
    };
  }

  /** Reads a length-encoded string; null for SQL null. */
  @Nullable String text() throws IOException {
    need(1);
    if ((b[at] & 255) == 0xfb) {
      at++;
      return null;
    }
    return new String(bytes(lengthEncoded()), StandardCharsets.UTF_8);
  }
}
