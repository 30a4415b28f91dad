package dev.tethys.web.internal.proxied;

import dev.tethys.web.HttpException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Header of the PROXY protocol, with which a proxy reports the client of a connection before the
 * first request: versions 1 (a line) and 2 (binary) of HAProxy's proxy-protocol.txt.
 *
 * @param source address of the client
 * @param destination address that the client connected to
 */
public record ProxyHeader(InetSocketAddress source, InetSocketAddress destination) {
  /** Start of a connection: received bytes, some of which may belong to the following protocol. */
  public interface Bytes {
    /** Returns the number of available bytes. */
    int available();

    /** The byte at an offset from the first buffered one. */
    byte at(int offset);

    /** The offset of the first such byte in {@code [from, to)} of those that are here, or -1. */
    int find(byte wanted, int from, int to);

    /** Whether the buffered bytes equal those of another array in a range. */
    boolean startsWith(byte[] other, int from, int to);

    /** Copies the first bytes without consuming them. */
    void peek(byte[] into, int length);

    /** Consumes the first bytes. */
    void skip(int length);

    /** Waits for more; false at the end of the connection. */
    boolean pull();
  }

  private static final byte[] LINE = "PROXY ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SIGNATURE = {
    0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };

  /** The longest line, its end included. */
  private static final int MAX_LINE = 107;

  /** The longest binary header that is believed; the addresses take at most 216 bytes. */
  private static final int MAX_BINARY = 4096;

  /**
   * Reads the header from the start of a connection.
   *
   * @return null if there is none, or it has no address
   * @throws HttpException if it is malformed
   */
  public static @Nullable ProxyHeader take(Bytes in) {
    if (begins(in, LINE)) {
      return line(in);
    }
    return begins(in, SIGNATURE) ? binary(in) : null;
  }

  private static boolean begins(Bytes in, byte[] with) {
    while (true) {
      int n = Math.min(in.available(), with.length);
      if (!in.startsWith(with, 0, n)) {
        return false;
      }
      if (n == with.length) {
        return true;
      }
      if (!in.pull()) {
        return false;
      }
    }
  }

  private static HttpException malformed(String what) {
    return new HttpException(400, "malformed PROXY header: " + what);
  }

  private static void await(Bytes in, int bytes) {
    while (in.available() < bytes) {
      if (!in.pull()) {
        throw malformed("it is truncated");
      }
    }
  }

  private static @Nullable ProxyHeader line(Bytes in) {
    int feed = in.find((byte) '\n', 0, in.available());
    while (feed < 0) {
      if (in.available() >= MAX_LINE) {
        throw malformed("the line is too long");
      }
      await(in, in.available() + 1);
      feed = in.find((byte) '\n', 0, in.available());
    }
    if (feed >= MAX_LINE || in.at(feed - 1) != '\r') {
      throw malformed("the line is not terminated");
    }
    byte[] b = new byte[feed + 1];
    in.peek(b, b.length);
    in.skip(b.length);
    String[] words = new String(b, 0, feed - 1, StandardCharsets.US_ASCII).split(" ", -1);
    if (words[1].equals("UNKNOWN")) {
      return null;
    }
    if (words.length != 6 || !words[1].equals("TCP4") && !words[1].equals("TCP6")) {
      throw malformed("TCP4, TCP6 or UNKNOWN with two addresses and two ports expected");
    }
    return new ProxyHeader(address(words[2], words[4]), address(words[3], words[5]));
  }

  private static InetSocketAddress address(String host, String port) {
    try {
      int p = Integer.parseInt(port);
      return new InetSocketAddress(InetAddress.ofLiteral(host), p);
    } catch (IllegalArgumentException e) {
      throw malformed("no address: " + host + " " + port);
    }
  }

  private static @Nullable ProxyHeader binary(Bytes in) {
    await(in, 16);
    int command = in.at(12) & 0xff;
    int family = in.at(13) & 0xff;
    int length = (in.at(14) & 0xff) << 8 | in.at(15) & 0xff;
    if (command >> 4 != 2 || (command & 0x0f) > 1 || length > MAX_BINARY) {
      throw malformed("of version 2, with the command LOCAL or PROXY, expected");
    }
    await(in, 16 + length);
    byte[] b = new byte[16 + length];
    in.peek(b, b.length);
    in.skip(b.length);
    int size = family >> 4 == 1 ? 4 : family >> 4 == 2 ? 16 : 0;
    if ((command & 0x0f) == 0 || size == 0) {
      return null; // the proxy's own, or of a family that is no Internet address
    }
    if (length < 2 * size + 4) {
      throw malformed("the addresses are truncated");
    }
    int ports = 16 + 2 * size;
    return new ProxyHeader(address(b, 16, size, ports), address(b, 16 + size, size, ports + 2));
  }

  private static InetSocketAddress address(byte[] b, int at, int size, int port) {
    try {
      return new InetSocketAddress(
          InetAddress.getByAddress(java.util.Arrays.copyOfRange(b, at, at + size)),
          (b[port] & 0xff) << 8 | b[port + 1] & 0xff);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // its length is right
    }
  }
}
