package dev.tethys.collect.exporter.snmp.wire;

import dev.tethys.collect.exporter.snmp.wire.SnmpValue.Nothing;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Reads values in ASN.1 basic encoding from a part of a message. Nothing beyond the part is read,
 * and no allocation exceeds the message.
 */
final class BerReader {
  private final byte[] bytes;
  private final int end;
  private int at;

  BerReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  boolean hasMore() {
    return at < end;
  }

  /** Returns the position of the next value in the message. */
  int position() {
    return at;
  }

  /** Returns the tag of the next value without consuming it. */
  int tag() throws MalformedMessageException {
    if (at >= end) {
      throw new MalformedMessageException("truncated message");
    }
    return bytes[at] & 0xff;
  }

  /** Returns a reader of the next value's contents. */
  BerReader inside(int tag) throws MalformedMessageException {
    if (tag() != tag) {
      throw new MalformedMessageException("tag 0x%02x instead of 0x%02x".formatted(tag(), tag));
    }
    return inside();
  }

  private BerReader inside() throws MalformedMessageException {
    at++;
    int length = tag();
    at++;
    if (length >= 0x80) {
      int n = length & 0x7f;
      if (n == 0 || n > 4) {
        throw new MalformedMessageException("invalid length: " + n + " bytes");
      }
      long long0 = 0;
      for (int i = 0; i < n; i++) {
        long0 = (long0 << 8) | tag();
        at++;
      }
      length = (int) Math.min(long0, Integer.MAX_VALUE);
    }
    if (length > end - at) {
      throw new MalformedMessageException("truncated message");
    }
    BerReader r = new BerReader(bytes, at, at + length);
    at += length;
    return r;
  }

  private int size() {
    return end - at;
  }

  byte[] rest() {
    return Arrays.copyOfRange(bytes, at, end);
  }

  long integer() throws MalformedMessageException {
    BerReader r = inside(Ber.INTEGER);
    if (r.size() > 8) {
      throw new MalformedMessageException("invalid integer size: " + r.size() + " bytes");
    }
    return r.size() == 0 ? 0 : r.number(r.bytes[r.at] < 0 ? -1 : 0);
  }

  private long number(long v) {
    for (int i = at; i < end; i++) {
      v = (v << 8) | (bytes[i] & 0xff);
    }
    return v;
  }

  byte[] string() throws MalformedMessageException {
    return inside(Ber.OCTET_STRING).rest();
  }

  Oid oid() throws MalformedMessageException {
    return inside(Ber.OID).parts();
  }

  private Oid parts() throws MalformedMessageException {
    int[] parts = new int[size() + 1];
    int n = 0;
    long v = 0;
    boolean inPart = false;
    for (int i = at; i < end; i++) {
      v = (v << 7) | (bytes[i] & 0x7f);
      inPart = bytes[i] < 0;
      if (v > 0xffff_ffffL) {
        throw new MalformedMessageException("a part of an object identifier of more than 32 bits");
      }
      if (!inPart) {
        if (n == 0) {
          int first = (int) Math.min(v / 40, 2);
          parts[n++] = first;
          v -= first * 40L;
        }
        parts[n++] = (int) v;
        v = 0;
      }
    }
    if (inPart) {
      throw new MalformedMessageException("truncated object identifier");
    }
    return Oid.of(Arrays.copyOf(parts, n));
  }

  /** Reads the next value of any kind; an unknown one becomes nothing. */
  SnmpValue value() throws MalformedMessageException {
    int tag = tag();
    if (tag == Ber.INTEGER) {
      return new SnmpValue.Whole(integer());
    }
    BerReader r = inside();
    return switch (tag) {
      case Ber.COUNTER32, Ber.GAUGE32, Ber.TIME_TICKS, Ber.UNSIGNED32 -> r.unsigned(false);
      case Ber.COUNTER64 -> r.unsigned(true);
      case Ber.OCTET_STRING -> new SnmpValue.Bytes(r.rest());
      case Ber.OID -> new SnmpValue.Name(r.parts().toString());
      case Ber.IP_ADDRESS -> r.address();
      case Ber.OPAQUE -> r.opaque();
      case Ber.NO_SUCH_OBJECT -> Nothing.NO_SUCH_OBJECT;
      case Ber.NO_SUCH_INSTANCE -> Nothing.NO_SUCH_INSTANCE;
      case Ber.END_OF_VIEW -> Nothing.END_OF_VIEW;
      default -> Nothing.NULL;
    };
  }

  /** Large numbers without their leading zero, as sent by some agents, are accepted. */
  private SnmpValue unsigned(boolean wide) throws MalformedMessageException {
    if (size() > 9 || (size() == 9 && bytes[at] != 0)) {
      throw new MalformedMessageException("invalid counter size: " + size() + " bytes");
    }
    return new SnmpValue.Unsigned(number(0), wide);
  }

  private SnmpValue address() throws MalformedMessageException {
    return switch (size()) {
      case 0 -> Nothing.NULL;
      case 4, 16 -> new SnmpValue.Name(AddressText.of(rest()));
      default -> throw new MalformedMessageException("an IP address of " + size() + " bytes");
    };
  }

  private SnmpValue opaque() throws MalformedMessageException {
    if (size() > 2 && (bytes[at] & 0xff) == Ber.EXTENSION) {
      int tag = bytes[at + 1] & 0xff;
      if (tag == Ber.OPAQUE_FLOAT || tag == Ber.OPAQUE_DOUBLE) {
        at++;
        ByteBuffer b = ByteBuffer.wrap(inside().rest());
        if (b.remaining() != (tag == Ber.OPAQUE_FLOAT ? 4 : 8)) {
          throw new MalformedMessageException("invalid number size: " + b.remaining() + " bytes");
        }
        return tag == Ber.OPAQUE_FLOAT
            ? new SnmpValue.Real(b.getFloat(), true)
            : new SnmpValue.Real(b.getDouble(), false);
      }
    }
    return new SnmpValue.Bytes(rest());
  }
}
