package dev.tethys.alert.template;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Host names with and without ports and domains. */
final class Hosts {
  private Hosts() {}

  /** Splits like Go's net.SplitHostPort; null if the text is not host:port. */
  private static String @Nullable [] split(String s) {
    int colon = s.lastIndexOf(':');
    if (colon < 0) {
      return null;
    }
    String host;
    int open = 0;
    int close = 0;
    if (s.charAt(0) == '[') {
      int end = s.indexOf(']');
      if (end < 0 || end + 1 != colon) {
        return null;
      }
      host = s.substring(1, end);
      open = 1;
      close = end + 1;
    } else {
      host = s.substring(0, colon);
      if (host.indexOf(':') >= 0) {
        return null;
      }
    }
    if (s.indexOf('[', open) >= 0 || s.indexOf(']', close) >= 0) {
      return null;
    }
    return new String[] {host, s.substring(colon + 1)};
  }

  static String stripPort(String s) {
    String[] parts = split(s);
    return parts == null ? s : parts[0];
  }

  static String stripDomain(String s) {
    String[] parts = split(s);
    String host = parts == null ? s : parts[0];
    if (isAddress(host)) {
      return s;
    }
    int dot = host.indexOf('.');
    host = dot < 0 ? host : host.substring(0, dot);
    if (parts == null || parts[1].isEmpty()) {
      return host;
    }
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + parts[1];
  }

  private static boolean isAddress(String s) {
    if (s.indexOf(':') < 0) {
      return s.matches(
          "(\\d{1,2}|1\\d\\d|2[0-4]\\d|25[0-5])(\\.(\\d{1,2}|1\\d\\d|2[0-4]\\d|25[0-5])){3}");
    }
    if (s.indexOf('%') >= 0 || s.indexOf('[') >= 0) {
      return false;
    }
    try {
      InetAddress.ofLiteral(s);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
