package dev.tethys.query.logql.pipeline;

import java.net.InetAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** IP address, range {@code a-b} or network {@code a/n}, searched in bytes. */
final class IpPattern {
  /** Pattern that is not valid. */
  static final class IpException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    IpException(String message) {
      super(message, null, false, false);
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  private final byte[] first;
  private final byte[] last;

  private IpPattern(byte[] first, byte[] last) {
    this.first = first;
    this.last = last;
  }

  /** Parses a pattern. */
  static IpPattern parse(String text) {
    int dash = text.indexOf('-');
    int slash = text.indexOf('/');
    byte[] from;
    byte[] to;
    if (dash > 0) {
      from = address(text.substring(0, dash));
      to = address(text.substring(dash + 1));
    } else if (slash > 0) {
      from = address(text.substring(0, slash));
      to = from == null ? null : network(from, text.substring(slash + 1));
    } else {
      from = address(text);
      to = from;
    }
    if (from == null || to == null || from.length != to.length) {
      throw new IpException(
          "ip: invalid pattern: '"
              + text
              + "' is not an address, a range of addresses (a-b) or a network (address/bits)");
    }
    return new IpPattern(from, to);
  }

  /** Sets the host bits of an address to 0 and returns the last address of its network. */
  private static byte @Nullable [] network(byte[] from, String bits) {
    int n;
    try {
      n = Integer.parseInt(bits);
    } catch (NumberFormatException e) {
      return null;
    }
    if (n < 0 || n > 8 * from.length) {
      return null;
    }
    byte[] to = from.clone();
    for (int i = 0; i < from.length; i++) {
      int kept = Math.clamp(n - 8L * i, 0, 8);
      int mask = 0xff00 >> kept & 0xff;
      from[i] = (byte) (from[i] & mask);
      to[i] = (byte) (to[i] | ~mask & 0xff);
    }
    return to;
  }

  private static byte @Nullable [] address(String text) {
    boolean four = text.indexOf(':') < 0;
    if (four && !isFour(text)) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(text).getAddress();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean isFour(String s) {
    int dots = 0;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      dots += c == '.' ? 1 : 0;
      if (c != '.' && (c < '0' || c > '9')) {
        return false;
      }
    }
    return dots == 3;
  }

  /** True if a text is an address that fits. */
  boolean fits(String text) {
    byte[] a = address(text);
    return a != null && contains(a);
  }

  private boolean contains(byte[] a) {
    return a.length == first.length
        && Arrays.compareUnsigned(a, first) >= 0
        && Arrays.compareUnsigned(a, last) <= 0;
  }

  /** True if an address in a text fits. */
  boolean found(byte[] b, int from, int to) {
    boolean four = first.length == 4;
    int i = from;
    while (i < to) {
      if (!isPart(b[i], four)) {
        i++;
        continue;
      }
      int start = i;
      int marks = 0;
      while (i < to && isPart(b[i], four)) {
        marks += b[i] == (four ? '.' : ':') ? 1 : 0;
        i++;
      }
      int end = i;
      while (four && end > start && b[end - 1] == '.') { // the end of a sentence
        end--;
        marks--;
      }
      boolean possible = four ? marks == 3 && end - start <= 15 : marks >= 2 && end - start <= 45;
      if (possible
          && fits(
              new String(b, start, end - start, java.nio.charset.StandardCharsets.ISO_8859_1))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isPart(byte c, boolean four) {
    return c >= '0' && c <= '9'
        || c == '.'
        || !four && (c == ':' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F');
  }
}
