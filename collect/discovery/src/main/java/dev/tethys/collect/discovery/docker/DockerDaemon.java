package dev.tethys.collect.discovery.docker;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.DockerAddress;
import org.jspecify.annotations.Nullable;

/** Docker daemon and the settings of its client. */
public record DockerDaemon(DockerAddress address, HttpClientConfig client) {
  /**
   * Creates a client for the daemon on a host.
   *
   * @param host {@code unix://…}, {@code tcp://…}, {@code http://…} or {@code https://…}
   */
  static DockerDaemon of(String host, HttpClientConfig client) {
    return new DockerDaemon(
        DockerAddress.of(host, false),
        // As in Prometheus, only http and https speak with credentials and TLS.
        host.startsWith("http") ? client : HttpClientConfig.DEFAULT);
  }

  /**
   * Returns the daemon whose containers a {@code docker_sd_configs} entry discovers; null for other
   * entries.
   */
  public static @Nullable DockerDaemon of(DiscoveryConfig config) {
    Settings s = DockerContainers.MECHANISM.settings(config);
    return s == null ? null : of(s.get(DockerContainers.HOST), s.client());
  }
}
