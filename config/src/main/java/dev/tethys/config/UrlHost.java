package dev.tethys.config;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Extracts the host of a URL, also one with an underscore, which {@link URI} refuses: names of
 * services in Docker networks have them.
 */
public final class UrlHost {
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:[^@]*@)?([A-Za-z0-9._-]+)(?::([0-9]{1,5}))?");

  private UrlHost() {}

  private static @Nullable Matcher lenient(URI u) {
    String authority = u.getRawAuthority();
    if (u.getHost() != null || authority == null) {
      return null;
    }
    Matcher m = AUTHORITY.matcher(authority);
    return m.matches() ? m : null;
  }

  /** Returns the host, with an IPv6 address in brackets; null if there is none. */
  public static @Nullable String of(URI u) {
    Matcher m = lenient(u);
    return m == null ? u.getHost() : m.group(1);
  }

  /**
   * Returns the host for sockets, with an IPv6 address without brackets and with a plain {@code %}
   * before its zone, which a URL escapes (RFC 6874); "null" if there is none.
   */
  public static String bare(URI u) {
    String host = String.valueOf(of(u));
    if (!host.startsWith("[")) {
      return host;
    }
    String address = host.substring(1, host.length() - 1);
    int zone = address.indexOf("%25");
    return zone < 0 || zone + 3 == address.length()
        ? address
        : address.substring(0, zone) + "%" + address.substring(zone + 3);
  }

  /** Returns the port; -1 if unset. */
  public static int port(URI u) {
    Matcher m = lenient(u);
    return m == null || m.group(2) == null ? u.getPort() : Integer.parseInt(m.group(2));
  }
}
