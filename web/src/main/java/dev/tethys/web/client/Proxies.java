package dev.tethys.web.client;

import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Selects the proxy for a URL by the rules of Go's httpproxy package. With a list of exceptions,
 * localhost and loopback addresses are always reached directly. An exception is a host with its
 * subdomains, only the subdomains when it starts with a dot, an address, a network, each with an
 * optional port, or {@code *}.
 */
final class Proxies extends ProxySelector {
  private final @Nullable URI forHttp;
  private final @Nullable URI forHttps;
  private final boolean always;
  private final Map<String, List<Secret>> connectHeader;
  private final List<String> exceptions = new ArrayList<>();

  /**
   * Reads the environment if the configuration requests it.
   *
   * @throws IOException if a variable is set but is not a valid proxy
   */
  Proxies(ProxyConfig c, Function<String, @Nullable String> environment) throws IOException {
    connectHeader = c.connectHeader();
    String none;
    if (c.fromEnvironment()) {
      forHttp = proxy("HTTP_PROXY", first(environment, "HTTP_PROXY", "http_proxy"));
      forHttps = proxy("HTTPS_PROXY", first(environment, "HTTPS_PROXY", "https_proxy"));
      none = first(environment, "NO_PROXY", "no_proxy");
      always = false;
    } else {
      forHttp = c.url();
      forHttps = c.url();
      none = c.noProxy();
      always = none.isEmpty();
    }
    for (String e : none.split(",", -1)) {
      if (!e.isBlank()) {
        exceptions.add(e.strip().toLowerCase(Locale.ROOT));
      }
    }
  }

  private static String first(Function<String, @Nullable String> environment, String a, String b) {
    String v = environment.apply(a);
    if (v == null || v.isEmpty()) {
      v = environment.apply(b);
    }
    return v == null ? "" : v;
  }

  private static @Nullable URI proxy(String name, String s) throws IOException {
    if (s.isEmpty()) {
      return null;
    }
    try {
      URI uri = UrlText.read(s.contains("://") ? s : "http://" + s);
      String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
      if (UrlHost.of(uri) != null && ProxyConfig.SCHEMES.contains(scheme)) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // reported below without its cause, whose message has the value and may have a password
    }
    throw new IOException(
        "the environment's "
            + name
            + " is not the URL of a proxy, such as http://user:password@proxy:3128 (schemes: "
            + String.join(", ", ProxyConfig.SCHEMES)
            + "; characters of a password that mean something in URLs are escaped, as %23 for #)");
  }

  /** Returns the proxy for a URL, or null if none. */
  @Nullable URI find(URI uri) {
    URI proxy = "https".equalsIgnoreCase(uri.getScheme()) ? forHttps : forHttp;
    if (proxy == null || always) {
      return proxy;
    }
    String host = UrlHost.bare(uri).toLowerCase(Locale.ROOT);
    int port = UrlPort.of(uri);
    InetAddress address = literal(host);
    if (host.equals("localhost") || address != null && address.isLoopbackAddress()) {
      return null;
    }
    for (String e : exceptions) {
      if (isExcepted(e, host, port, address)) {
        return null;
      }
    }
    return proxy;
  }

  private static @Nullable InetAddress literal(String host) {
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean isExcepted(
      String exception, String host, int port, @Nullable InetAddress address) {
    if (exception.equals("*")) {
      return true;
    }
    int slash = exception.indexOf('/');
    if (slash > 0) {
      return address != null && isInNetwork(exception, slash, address);
    }
    String name = exception;
    InetAddress wanted = literal(name);
    if (wanted == null) {
      int colon = name.lastIndexOf(':');
      if (colon >= 0) {
        if (!name.substring(colon + 1).equals(Integer.toString(port))) {
          return false;
        }
        name = name.substring(0, colon);
        if (name.startsWith("[") && name.endsWith("]")) {
          name = name.substring(1, name.length() - 1);
        }
        wanted = literal(name);
      }
    }
    if (wanted != null) {
      return wanted.equals(address);
    }
    if (name.startsWith("*.")) {
      name = name.substring(1);
    }
    if (name.startsWith(".")) {
      return host.endsWith(name);
    }
    return !name.isEmpty() && (host.equals(name) || host.endsWith("." + name));
  }

  private static boolean isInNetwork(String cidr, int slash, InetAddress address) {
    InetAddress base = literal(cidr.substring(0, slash));
    byte[] a = address.getAddress();
    if (base == null || base.getAddress().length != a.length) {
      return false;
    }
    try {
      int bits = Integer.parseInt(cidr.substring(slash + 1));
      int shift = a.length * 8 - bits;
      return bits >= 0
          && shift >= 0
          && new BigInteger(1, a)
              .shiftRight(shift)
              .equals(new BigInteger(1, base.getAddress()).shiftRight(shift));
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Headers sent to a proxy with a CONNECT request. */
  Map<String, List<Secret>> connectHeader() {
    return connectHeader;
  }

  /** Returns the value of Proxy-Authorization for a URL, or null. */
  @Nullable String authorization(URI uri) {
    URI proxy = find(uri);
    String user = proxy == null ? null : proxy.getUserInfo();
    return user == null ? null : BasicCredentials.ofUserInfo(user);
  }

  @Override
  public List<Proxy> select(URI uri) {
    URI proxy = find(uri);
    if (proxy == null || proxy.getHost() == null) {
      return List.of(Proxy.NO_PROXY);
    }
    int port = proxy.getPort() >= 0 ? proxy.getPort() : 80;
    return List.of(new Proxy(Proxy.Type.HTTP, new InetSocketAddress(proxy.getHost(), port)));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException e) {
    // the call itself fails with it
  }
}
