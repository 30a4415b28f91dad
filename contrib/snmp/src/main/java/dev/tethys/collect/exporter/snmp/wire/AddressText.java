package dev.tethys.collect.exporter.snmp.wire;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** IP addresses as Go writes them: of IPv6 the longest run of zeros is omitted (RFC 5952). */
final class AddressText {
  private AddressText() {}

  static String of(byte[] b) throws MalformedMessageException {
    if (b.length == 4) {
      return (b[0] & 0xff) + "." + (b[1] & 0xff) + "." + (b[2] & 0xff) + "." + (b[3] & 0xff);
    }
    try {
      InetAddress a = InetAddress.getByAddress(b);
      if (a.getAddress().length == 4) {
        return a.getHostAddress();
      }
    } catch (UnknownHostException e) {
      throw new MalformedMessageException("an IP address of " + b.length + " bytes");
    }
    int from = -1;
    int longest = 1;
    for (int i = 0; i < 8; i++) {
      int n = 0;
      while (i + n < 8 && b[2 * (i + n)] == 0 && b[2 * (i + n) + 1] == 0) {
        n++;
      }
      if (n > longest) {
        longest = n;
        from = i;
      }
    }
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == from) {
        sb.append("::");
        i += longest - 1;
        continue;
      }
      if (!sb.isEmpty() && sb.charAt(sb.length() - 1) != ':') {
        sb.append(':');
      }
      sb.append(Integer.toHexString(((b[2 * i] & 0xff) << 8) | (b[2 * i + 1] & 0xff)));
    }
    return sb.toString();
  }
}
