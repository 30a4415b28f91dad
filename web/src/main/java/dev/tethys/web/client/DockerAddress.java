package dev.tethys.web.client;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Address of a Docker daemon.
 *
 * @param base prefix of URLs, without a slash at the end
 * @param socket local socket to connect to instead of the URL's host, or null for TCP
 */
public record DockerAddress(String base, @Nullable Path socket) {
  /** Default socket path. */
  public static final String USUAL = "unix:///var/run/docker.sock";

  private static final String UNIX = "unix://";

  /**
   * Reads an address.
   *
   * @param host {@code unix://…}, {@code tcp://…}, {@code http://…} or {@code https://…}
   * @param isSecure whether {@code tcp://} means TLS
   */
  public static DockerAddress of(String host, boolean isSecure) {
    return host.startsWith(UNIX)
        ? new DockerAddress("http://docker", Path.of(host.substring(UNIX.length())))
        : new DockerAddress(
            host.replaceFirst("^tcp://", isSecure ? "https://" : "http://").replaceAll("/+$", ""),
            null);
  }

  /** Returns the value of {@code DOCKER_HOST}, or the usual socket. */
  public static String ofEnvironment(Function<String, @Nullable String> environment) {
    String host = environment.apply("DOCKER_HOST");
    return host == null || host.isEmpty() ? USUAL : host;
  }

  /** Whether an address is the path of a Unix socket. */
  public static boolean isSocket(String host) {
    return host.startsWith(UNIX);
  }

  /**
   * Creates a request for a path of the API.
   *
   * @throws IOException if the address is not a valid URL
   */
  public ClientRequest get(String path) throws IOException {
    try {
      return ClientRequest.get(URI.create(base + path)).withUnixSocket(socket);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "Docker daemon: \"" + base + path + "\" is not a valid URL: " + e.getMessage(), e);
    }
  }
}
