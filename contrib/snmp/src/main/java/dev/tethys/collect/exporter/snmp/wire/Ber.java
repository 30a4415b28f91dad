package dev.tethys.collect.exporter.snmp.wire;

/** The tags of ASN.1's basic encoding that SNMP uses. */
final class Ber {
  static final int INTEGER = 0x02;
  static final int OCTET_STRING = 0x04;
  static final int NULL = 0x05;
  static final int OID = 0x06;
  static final int SEQUENCE = 0x30;
  static final int IP_ADDRESS = 0x40;
  static final int COUNTER32 = 0x41;
  static final int GAUGE32 = 0x42;
  static final int TIME_TICKS = 0x43;
  static final int OPAQUE = 0x44;
  static final int COUNTER64 = 0x46;
  static final int UNSIGNED32 = 0x47;
  static final int NO_SUCH_OBJECT = 0x80;
  static final int NO_SUCH_INSTANCE = 0x81;
  static final int END_OF_VIEW = 0x82;

  /** In an Opaque, before the tag of a floating-point number. */
  static final int EXTENSION = 0x9f;

  static final int OPAQUE_FLOAT = 0x78;
  static final int OPAQUE_DOUBLE = 0x79;

  private Ber() {}
}
