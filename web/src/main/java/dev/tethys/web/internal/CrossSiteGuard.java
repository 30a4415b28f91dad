package dev.tethys.web.internal;

import dev.tethys.web.HttpRequest;
import dev.tethys.web.ListenAddress;
import dev.tethys.web.TrustedOrigins;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Rejects cross-site requests sent by browsers. These are changes from a foreign origin (CSRF), and
 * requests to a loopback address under a foreign host name (DNS rebinding). Other clients send
 * neither {@code Origin} nor {@code Sec-Fetch-Site}, and use addresses or local names.
 */
final class CrossSiteGuard {
  private final TrustedOrigins trusted;
  private final boolean onLoopback;
  private @Nullable String ownName; // looked up once it is needed

  /**
   * @param addresses addresses of the listener
   */
  CrossSiteGuard(List<String> addresses, TrustedOrigins trusted) {
    this.trusted = trusted;
    this.onLoopback = addresses.stream().noneMatch(CrossSiteGuard::isReachedFromElsewhere);
  }

  /** Whether clients of other machines may also reach this address. */
  private static boolean isReachedFromElsewhere(String address) {
    if (address.startsWith("unix:")) {
      return false;
    }
    return address.equals(ListenAddress.SYSTEMD)
        || ListenAddress.parse(address).address().getAddress().isAnyLocalAddress();
  }

  /** Returns the reason why the host of a request is rejected, or null if it is accepted. */
  @Nullable String hostRefusal(HttpRequest q) {
    if (!onLoopback || q.host().isEmpty() || !isLocal(q)) {
      return null;
    }
    String host = withoutPort(q.host()).toLowerCase(Locale.ROOT);
    boolean known =
        host.indexOf('.') < 0
            || isAddress(host)
            || host.endsWith(".localhost")
            || trusted.isExternalHost(host)
            || host.equals(ownName());
    return known
        ? null
        : "host \""
            + host
            + "\" is unknown to this loopback listener (protection against DNS rebinding); use"
            + " localhost or an address, or name the host in --web.external-url";
  }

  /**
   * Whether a lower-case host is an IPv4 or IPv6 address: no name server can map a page's own
   * origin to it.
   */
  static boolean isAddress(String host) {
    boolean inBrackets = host.startsWith("[") && host.endsWith("]");
    int end = inBrackets ? host.length() - 1 : host.length();
    int colons = 0;
    boolean letters = false;
    for (int i = inBrackets ? 1 : 0; i < end; i++) {
      char c = host.charAt(i);
      letters |= c >= 'a' && c <= 'f';
      colons += c == ':' ? 1 : 0;
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f') && c != ':' && c != '.') {
        return false;
      }
    }
    return inBrackets ? end > 1 : colons >= 2 || colons == 0 && !letters && end > 0;
  }

  private static boolean isLocal(HttpRequest q) {
    InetAddress a = q.localAddress().getAddress();
    return a != null && a.isLoopbackAddress();
  }

  private synchronized String ownName() {
    String name = ownName;
    if (name == null) {
      try {
        name = InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
      } catch (UnknownHostException e) {
        name = "localhost";
      }
      ownName = name;
    }
    return name;
  }

  /** Returns the reason why a state-changing request is rejected, or null if it is allowed. */
  @Nullable String originRefusal(HttpRequest q) {
    String site = all(q, "Sec-Fetch-Site");
    String origin = all(q, "Origin");
    if (site == null ? origin == null : site.equals("same-origin") || site.equals("none")) {
      return null;
    }
    boolean own =
        site == null
            && origin != null
            && (isOrigin(origin, q.host()) || isOrigin(origin, q.header("X-Forwarded-Host")));
    if (own || origin != null && trusted.trusts(origin)) {
      return null;
    }
    return (q.header("Sec-WebSocket-Key") != null
            ? "this WebSocket is opened from "
            : "this request changes state and comes from ")
        + (origin == null ? "a page of another site" : "the foreign origin \"" + origin + "\"")
        + "; allow its origin with --web.cors.origin or --web.external-url";
  }

  /** All values of a header in one text, which no origin equals if there are several. */
  private static @Nullable String all(HttpRequest q, String header) {
    List<String> values = q.headers(header);
    return values.isEmpty() ? null : String.join(", ", values);
  }

  /** Whether an origin has a host; with several proxies, the host of the first one. */
  private static boolean isOrigin(String origin, @Nullable String host) {
    int scheme = origin.indexOf("://");
    if (scheme < 0 || host == null) {
      return false;
    }
    String port = origin.startsWith("https") ? ":443" : ":80";
    String asked = host.split(",", 2)[0].strip();
    return plain(origin.substring(scheme + 3), port).equalsIgnoreCase(plain(asked, port));
  }

  private static String plain(String authority, String usualPort) {
    return authority.endsWith(usualPort)
        ? authority.substring(0, authority.length() - usualPort.length())
        : authority;
  }

  private static String withoutPort(String host) {
    int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.lastIndexOf(':');
    boolean port = end > 0 && (end == host.length() || host.charAt(end) == ':');
    String name = port ? host.substring(0, end) : host;
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }
}
