package dev.tethys.collect.host.internal;

/** IP addresses as text in the form of RFC 5952. */
public final class Addresses {
  private Addresses() {}

  public static String text(byte[] ip) {
    if (ip.length == 4) {
      return (ip[0] & 255) + "." + (ip[1] & 255) + "." + (ip[2] & 255) + "." + (ip[3] & 255);
    }
    int[] w = new int[8];
    for (int i = 0; i < 8; i++) {
      w[i] = (ip[2 * i] & 255) << 8 | ip[2 * i + 1] & 255;
    }
    int bestAt = -1;
    int best = 1; // a single zero is not shortened
    for (int i = 0; i < 8; i++) {
      int n = 0;
      while (i + n < 8 && w[i + n] == 0) {
        n++;
      }
      if (n > best) {
        best = n;
        bestAt = i;
      }
    }
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == bestAt) {
        sb.append("::");
        i += best - 1;
        continue;
      }
      if (!sb.isEmpty() && sb.charAt(sb.length() - 1) != ':') {
        sb.append(':');
      }
      sb.append(Integer.toHexString(w[i]));
    }
    return sb.toString();
  }
}
