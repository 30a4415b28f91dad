package dev.tethys.collect.exporter.snmp.wire;

/** Object value. */
public sealed interface SnmpValue {
  /** A signed integer. */
  record Whole(long value) implements SnmpValue {}

  /**
   * A counter, gauge or time, unsigned.
   *
   * @param wide whether it is a Counter64
   */
  record Unsigned(long value, boolean wide) implements SnmpValue {}

  /**
   * A floating-point number in an Opaque.
   *
   * @param single whether it has 32 bits
   */
  record Real(double value, boolean single) implements SnmpValue {}

  /**
   * A string of bytes; for an Opaque that is not a number, its content. Callers must not modify it.
   */
  final class Bytes implements SnmpValue {
    private final byte[] bytes;

    public Bytes(byte[] bytes) {
      this.bytes = bytes;
    }

    public int size() {
      return bytes.length;
    }

    /** Returns a byte as a number from 0 to 255. */
    public int at(int i) {
      return bytes[i] & 0xff;
    }
  }

  /** An object identifier or an IP address, as text. */
  record Name(String text) implements SnmpValue {}

  /** There is none. */
  enum Nothing implements SnmpValue {
    NULL,
    NO_SUCH_OBJECT,
    NO_SUCH_INSTANCE,
    END_OF_VIEW
  }
}
