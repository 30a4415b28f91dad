package dev.tethys.model;

import java.net.InetAddress;

/** Addresses in the notation of Go and Kubernetes: IPv6 by RFC 5952, without a zone. */
public final class IpText {
  private IpText() {}

  /** Formats an IP address. */
  public static String of(InetAddress address) {
    byte[] b = address.getAddress();
    if (b.length == 4) {
      return address.getHostAddress();
    }
    int from = -1;
    int longest = 1;
    for (int i = 0; i < 8; i++) {
      int n = 0;
      while (i + n < 8 && group(b, i + n) == 0) {
        n++;
      }
      if (n > longest) {
        longest = n;
        from = i;
      }
    }
    StringBuilder sb = new StringBuilder(39);
    int i = 0;
    while (i < 8) {
      if (i == from) {
        sb.append("::");
        i += longest;
      } else {
        sb.append(i == 0 || i == from + longest && from >= 0 ? "" : ":");
        sb.append(Integer.toHexString(group(b, i++)));
      }
    }
    return sb.toString();
  }

  private static int group(byte[] b, int i) {
    return (b[2 * i] & 0xff) << 8 | b[2 * i + 1] & 0xff;
  }

  /** Whether a text is an address, and no name of a host. */
  public static boolean isAddress(String s) {
    boolean six = s.indexOf(':') >= 0;
    if (!six && !isFourNumbers(s)) {
      return false;
    }
    try {
      InetAddress.ofLiteral(s);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isFourNumbers(String s) {
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
}
