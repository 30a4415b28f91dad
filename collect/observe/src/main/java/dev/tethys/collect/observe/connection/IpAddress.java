package dev.tethys.collect.observe.connection;

import dev.tethys.model.IpText;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * Address of an IPv4 or IPv6 interface, as two words of an IPv6 address. IPv4 addresses are mapped
 * (::ffff:a.b.c.d), so an address has one form regardless of its socket.
 */
public record IpAddress(long high, long low) {
  private static final long MAPPED = 0xffff_0000_0000L;

  /** IPv4 address of a number in network order. */
  public static IpAddress ofV4(int address) {
    return new IpAddress(0, MAPPED | address & 0xffff_ffffL);
  }

  /** Address of the JDK. */
  public static IpAddress of(InetAddress address) {
    ByteBuffer b = ByteBuffer.wrap(address.getAddress());
    return b.remaining() == 4 ? ofV4(b.getInt()) : new IpAddress(b.getLong(), b.getLong());
  }

  public boolean isV4() {
    return high == 0 && (low & 0xffff_ffff_0000_0000L) == MAPPED;
  }

  private int v4(int shift) {
    return (int) (low >>> shift) & 0xff;
  }

  public boolean isLoopback() {
    return isV4() ? v4(24) == 127 : high == 0 && low == 1;
  }

  /** True for the wildcard address that a listening socket may have. */
  public boolean isUnspecified() {
    return high == 0 && (low == 0 || low == MAPPED);
  }

  public boolean isLinkLocal() {
    return isV4() ? v4(24) == 169 && v4(16) == 254 : high >>> 54 == 0xfe80 >>> 6;
  }

  /** True for addresses that no public network has (RFC 1918, 6598, 4193). */
  public boolean isPrivate() {
    if (!isV4()) {
      return high >>> 57 == 0xfc >>> 1;
    }
    int a = v4(24);
    int b = v4(16);
    return a == 10
        || a == 172 && b >= 16 && b < 32
        || a == 192 && b == 168
        || a == 100 && b >= 64 && b < 128;
  }

  /** Address with a port in the notation of Go's netip.AddrPort. */
  public String withPort(int port) {
    return isV4() ? this + ":" + port : "[" + this + "]:" + port;
  }

  @Override
  public String toString() {
    try {
      return IpText.of(InetAddress.getByAddress(bytes()));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // the length is right
    }
  }

  /** Bytes in network order: 4 of IPv4, else 16. */
  byte[] bytes() {
    return isV4()
        ? ByteBuffer.allocate(4).putInt((int) low).array()
        : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }
}
