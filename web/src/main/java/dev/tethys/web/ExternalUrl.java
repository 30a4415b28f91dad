package dev.tethys.web;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * URL at which clients reach the server, and its path prefix.
 *
 * @param url URL without a trailing slash
 * @param routePrefix "" or {@code /prefix}
 */
public record ExternalUrl(URI url, String routePrefix) {

  /**
   * Derives URL and prefix like Prometheus.
   *
   * @param externalUrl configured URL, or ""; the default is the name of this machine and the port
   * @param routePrefix configured prefix, or null; the default is the path of the URL
   * @param port listen port
   * @throws IllegalArgumentException if the URL is invalid
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

  /** Trims {@code a/b/} to {@code /a/b}, and {@code /} to "". */
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
