package dev.tethys.collect.discovery.docker;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.config.HttpClientConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Address of a Docker daemon.
 *
 * @param base prefix of URLs, without a slash at the end
 * @param socket to connect to instead of the URL's host; null for TCP
 */
public record DockerDaemon(String base, @Nullable Path socket, HttpClientConfig client) {
  /**
   * The daemon of a host.
   *
   * @param host {@code unix://…}, {@code tcp://…}, {@code http://…} or {@code https://…}
   */
  static DockerDaemon of(String host, HttpClientConfig client) {
    boolean unix = host.startsWith("unix://");
    return new DockerDaemon(
        unix ? "http://docker" : host.replaceFirst("^tcp://", "http://").replaceAll("/+$", ""),
        unix ? Path.of(host.substring("unix://".length())) : null,
        // As in Prometheus, only http and https speak with credentials and TLS.
        host.startsWith("http") ? client : HttpClientConfig.DEFAULT);
  }

  /** The daemon whose containers an entry of {@code docker_sd_configs} finds; null for others. */
  public static @Nullable DockerDaemon of(DiscoveryConfig config) {
    Settings s = DockerContainers.MECHANISM.settings(config);
    return s == null ? null : of(s.get(DockerContainers.HOST), s.client());
  }
}
