package dev.tethys.web;

import dev.tethys.config.ListenAddressConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Listen address, read from {@code host:port}, {@code :port} or {@code [v6]:port}. */
public record ListenAddress(String text, InetSocketAddress address) {
  /** Instead of an address: the socket that systemd has passed to this process. */
  public static final String SYSTEMD = "systemd:";

  private static final String UNIX = "unix:";

  /**
   * Returns the path of a Unix socket, {@code unix:path} or {@code unix://path}.
   *
   * @return null if the text is not such an address
   * @throws IllegalArgumentException if the path is empty
   */
  static @Nullable Path unixPath(String text) {
    if (!text.startsWith(UNIX)) {
      return null;
    }
    String path = text.substring(UNIX.length());
    path = path.startsWith("//") ? path.substring(2) : path;
    if (path.isEmpty()) {
      throw new IllegalArgumentException(
          "listen address \"" + text + "\" has no path; write it as unix:/path");
    }
    return Path.of(path);
  }

  /**
   * Checks that HTTP can be served at an address, so that errors can be reported before a listener
   * starts.
   *
   * @throws IllegalArgumentException if the text is not an address, or its host is unknown
   */
  public static void check(String text) {
    if (unixPath(text) == null && !text.equals(SYSTEMD)) {
      parse(text);
    }
  }

  /**
   * Parses an address.
   *
   * @throws IllegalArgumentException if the text is not an address, or its host is unknown
   */
  public static ListenAddress parse(String text) {
    if (text.startsWith(UNIX) || text.startsWith("vsock:")) {
      throw new IllegalArgumentException(
          "cannot listen on "
              + text
              + ": only ports are supported here; HTTP also supports unix:path,"
              + " vsock is not built in Tethys yet (see README)");
    }
    ListenAddressConfig place = ListenAddressConfig.parse(text);
    try {
      InetAddress a =
          place.host().isEmpty()
              ? new InetSocketAddress(0).getAddress()
              : InetAddress.getByName(place.host());
      return new ListenAddress(text, new InetSocketAddress(a, place.port()));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "listen address \"" + text + "\": unknown host " + place.host(), e);
    }
  }
}
