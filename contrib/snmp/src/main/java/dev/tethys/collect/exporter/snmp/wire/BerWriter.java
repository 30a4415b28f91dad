package dev.tethys.collect.exporter.snmp.wire;

import java.io.ByteArrayOutputStream;

/** Writes values of ASN.1's basic encoding in sequence. */
final class BerWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

  /** Writes an encoded value. */
  BerWriter value(int tag, byte[] content) {
    out.write(tag);
    int n = content.length;
    if (n < 0x80) {
      out.write(n);
    } else if (n < 0x100) {
      out.write(0x81);
      out.write(n);
    } else if (n < 0x10000) {
      out.write(0x82);
      out.write(n >> 8);
      out.write(n);
    } else {
      out.write(0x83);
      out.write(n >> 16);
      out.write(n >> 8);
      out.write(n);
    }
    out.writeBytes(content);
    return this;
  }

  BerWriter value(int tag, BerWriter content) {
    return value(tag, content.bytes());
  }

  BerWriter integer(long v) {
    int bytes = 1;
    while (bytes < 8 && v >> (bytes * 8 - 1) != 0 && v >> (bytes * 8 - 1) != -1) {
      bytes++;
    }
    byte[] b = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      b[i] = (byte) (v >> ((bytes - 1 - i) * 8));
    }
    return value(Ber.INTEGER, b);
  }

  BerWriter string(byte[] b) {
    return value(Ber.OCTET_STRING, b);
  }

  BerWriter oid(Oid oid) {
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    long first = Integer.toUnsignedLong(oid.part(0)) * 40;
    part(b, oid.size() > 1 ? first + Integer.toUnsignedLong(oid.part(1)) : first);
    for (int i = 2; i < oid.size(); i++) {
      part(b, Integer.toUnsignedLong(oid.part(i)));
    }
    return value(Ber.OID, b.toByteArray());
  }

  private static void part(ByteArrayOutputStream b, long v) {
    int shift = 63 - Long.numberOfLeadingZeros(v | 1);
    for (int s = shift - shift % 7; s > 0; s -= 7) {
      b.write(((int) (v >> s) & 0x7f) | 0x80);
    }
    b.write((int) v & 0x7f);
  }

  byte[] bytes() {
    return out.toByteArray();
  }
}
