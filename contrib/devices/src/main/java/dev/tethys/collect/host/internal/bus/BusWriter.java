package dev.tethys.collect.host.internal.bus;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Values in the bus's format, little-endian, each aligned to its size from the first byte on. */
final class BusWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  int size() {
    return out.size();
  }

  void align(int to) {
    while (out.size() % to != 0) {
      out.write(0);
    }
  }

  void bytes(int... values) {
    for (int v : values) {
      out.write(v);
    }
  }

  void number(int v) {
    align(4);
    bytes(v, v >> 8, v >> 16, v >> 24);
  }

  void text(String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    number(b.length);
    out.writeBytes(b);
    out.write(0);
  }

  /** Writes a header field: its number, and a string of a type. */
  void field(int number, String kind, String value) {
    align(8);
    bytes(number, 1, kind.charAt(0), 0);
    if (kind.equals("g")) {
      byte[] b = value.getBytes(StandardCharsets.US_ASCII);
      out.write(b.length);
      out.writeBytes(b);
      out.write(0);
    } else {
      text(value);
    }
  }

  /** Appends the data of another writer; both start at a multiple of eight. */
  void append(BusWriter other) {
    out.writeBytes(other.toByteArray());
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }
}
