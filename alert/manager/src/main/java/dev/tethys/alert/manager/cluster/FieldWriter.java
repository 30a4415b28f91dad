package dev.tethys.alert.manager.cluster;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes messages as {@link MemberlistFields} reads them, in MessagePack's older form without
 * lengths of one byte.
 */
final class FieldWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

  /** Starts a message with its type byte. */
  FieldWriter type(int type) {
    out.write(type);
    return this;
  }

  /** Starts a map of {@code fields} fields, at most 15. */
  FieldWriter map(int fields) {
    out.write(0x80 | fields);
    return this;
  }

  FieldWriter put(String name, long v) {
    raw(name.getBytes(StandardCharsets.UTF_8));
    if (v < 0x80) {
      out.write((int) v);
    } else if (v <= 0xff) {
      out.write(0xcc);
      number(v, 1);
    } else if (v <= 0xffff) {
      out.write(0xcd);
      number(v, 2);
    } else if (v <= 0xffffffffL) {
      out.write(0xce);
      number(v, 4);
    } else {
      out.write(0xcf);
      number(v, 8);
    }
    return this;
  }

  FieldWriter put(String name, boolean v) {
    raw(name.getBytes(StandardCharsets.UTF_8));
    out.write(v ? 0xc3 : 0xc2);
    return this;
  }

  FieldWriter put(String name, String v) {
    return put(name, v.getBytes(StandardCharsets.UTF_8));
  }

  FieldWriter put(String name, byte[] v) {
    raw(name.getBytes(StandardCharsets.UTF_8));
    raw(v);
    return this;
  }

  /** Writes raw bytes. */
  FieldWriter bytes(byte[] b) {
    out.writeBytes(b);
    return this;
  }

  private void raw(byte[] b) {
    if (b.length < 32) {
      out.write(0xa0 | b.length);
    } else if (b.length <= 0xffff) {
      out.write(0xda);
      number(b.length, 2);
    } else {
      out.write(0xdb);
      number(b.length, 4);
    }
    out.writeBytes(b);
  }

  private void number(long v, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) {
      out.write((int) (v >>> (8 * i)));
    }
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }
}
