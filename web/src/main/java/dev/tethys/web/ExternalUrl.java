package dev.tethys.web;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Under which URL a server is reached from outside, and what its own paths start with.
 *
 * @param url without a slash at its end
 * @param routePrefix "" or {@code /prefix}
 */
public record ExternalUrl(URI url, String routePrefix) {

  /**
   * Works them out as Prometheus does.
   *
   * @param externalUrl what the user gave, or ""; then the name of this machine and the port
   * @param routePrefix what the user gave, or null; then the path of the URL
   * @param port where the server listens
   * @throws IllegalArgumentException when the URL cannot be used
   */
  public static ExternalUrl of(
      String externalUrl, @Nullable String routePrefix, int port, boolean secure) {
    String given = externalUrl;
    if (given.isEmpty()) {
      given = (secure ? "https" : "http") + "://" + hostName() + ":" + port + "/";
    }
    if (given.startsWith("\"")
        || given.startsWith("'")
        || given.endsWith("\"")
        || given.endsWith("'")) {
      throw new IllegalArgumentException("URL must not begin or end with quotes: " + given);
    }
    try {
      URI u = new URI(given);
      if (u.getScheme() == null || u.getRawAuthority() == null) {
        throw new IllegalArgumentException(
            "external URL \"" + given + "\" has no scheme or host; write it as http://host:9090/");
      }
      String path = u.getRawPath() == null ? "" : trimmed(u.getRawPath());
      URI url = new URI(u.getScheme() + "://" + u.getRawAuthority() + path);
      return new ExternalUrl(url, routePrefix == null ? path : trimmed(routePrefix));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "external URL \"" + given + "\" is not valid: " + e.getReason(), e);
    }
  }

  /** {@code /a/b} of {@code a/b/}; "" of {@code /}. */
  private static String trimmed(String path) {
    String s = path.replaceAll("^/+|/+$", "");
    return s.isEmpty() ? "" : "/" + s;
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
