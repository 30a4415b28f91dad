package dev.tethys.pipeline.ottl.function;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Addresses as text, without asking any resolver. */
final class IpAddress {
  private IpAddress() {}

  /**
   * Parses an address: four bytes for IPv4, also when embedded in IPv6; 16 for IPv6; null for other
   * text.
   */
  static byte @Nullable [] parse(String text) {
    if (text.indexOf(':') < 0) {
      return v4(text);
    }
    byte[] b = v6(text);
    if (b == null) {
      return null;
    }
    for (int i = 0; i < 10; i++) {
      if (b[i] != 0) {
        return b;
      }
    }
    return b[10] == -1 && b[11] == -1 ? Arrays.copyOfRange(b, 12, 16) : b;
  }

  private static byte @Nullable [] v4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return null;
    }
    byte[] b = new byte[4];
    for (int i = 0; i < 4; i++) {
      String p = parts[i];
      if (p.isEmpty() || p.length() > 3 || p.length() > 1 && p.charAt(0) == '0') {
        return null;
      }
      for (int j = 0; j < p.length(); j++) {
        if (p.charAt(j) < '0' || p.charAt(j) > '9') {
          return null;
        }
      }
      int v = Integer.parseInt(p);
      if (v > 255) {
        return null;
      }
      b[i] = (byte) v;
    }
    return b;
  }

  private static byte @Nullable [] v6(String text) {
    if (text.length() > 45) {
      return null;
    }
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return null;
    }
    byte[] head = groups(gap < 0 ? text : text.substring(0, gap), gap < 0);
    byte[] tail = gap < 0 ? new byte[0] : groups(text.substring(gap + 2), true);
    if (head == null || tail == null) {
      return null;
    }
    int n = head.length + tail.length;
    if (gap < 0 ? n != 16 : n > 14) {
      return null;
    }
    byte[] b = new byte[16];
    System.arraycopy(head, 0, b, 0, head.length);
    System.arraycopy(tail, 0, b, 16 - tail.length, tail.length);
    return b;
  }

  private static byte @Nullable [] groups(String text, boolean last) {
    if (text.isEmpty()) {
      return new byte[0];
    }
    String[] parts = text.split(":", -1);
    byte[] b = new byte[16];
    int n = 0;
    for (int i = 0; i < parts.length; i++) {
      String p = parts[i];
      if (p.indexOf('.') >= 0) {
        byte[] four = last && i == parts.length - 1 ? v4(p) : null;
        if (four == null || n > 12) {
          return null;
        }
        System.arraycopy(four, 0, b, n, 4);
        n += 4;
        continue;
      }
      if (p.isEmpty() || p.length() > 4 || n > 14) {
        return null;
      }
      int v = 0;
      for (int j = 0; j < p.length(); j++) {
        int d = Character.digit(p.charAt(j), 16);
        if (d < 0 || p.charAt(j) > 'f') {
          return null;
        }
        v = v << 4 | d;
      }
      b[n++] = (byte) (v >> 8);
      b[n++] = (byte) v;
    }
    return Arrays.copyOf(b, n);
  }
}
