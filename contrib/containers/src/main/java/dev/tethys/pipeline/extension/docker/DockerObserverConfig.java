package dev.tethys.pipeline.extension.docker;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.receiver.docker.DockerDaemon;
import dev.tethys.pipeline.receiver.docker.ImageFilter;
import java.time.Duration;
import java.util.List;

/**
 * Settings of a {@code docker_observer}.
 *
 * @param timeout timeout of a single request
 * @param hostname whether a container is addressed by its name, if any
 * @param bindings whether it is addressed by a published port, if any
 * @param boundOnly whether unpublished ports are excluded
 * @param sync interval between full lists of containers
 */
public record DockerObserverConfig(
    DockerDaemon daemon,
    Duration timeout,
    ImageFilter excluded,
    boolean hostname,
    boolean bindings,
    boolean boundOnly,
    Duration sync) {
  private static final int OLDEST = 22;

  private static final Section SECTION =
      new Section("docker_observer", "Observes the ports of the containers of a Docker daemon.");
  private static final DockerDaemon.Keys DAEMON = new DockerDaemon.Keys(SECTION, OLDEST);
  private static final Key<Duration> TIMEOUT =
      SECTION.key(
          "timeout",
          GoDurations.TYPE,
          Duration.ofSeconds(5),
          "Timeout of a request to the daemon.");
  private static final Key<List<String>> EXCLUDED =
      SECTION.key(
          "excluded_images",
          Type.list(Type.STRING),
          List.of(),
          "Images whose containers are ignored: names, globs or /expressions/; ! " + "negates.");
  private static final Key<Boolean> HOSTNAME =
      SECTION.key(
          "use_hostname_if_present",
          Type.BOOL,
          false,
          "If true, endpoints use the host names of containers.");
  private static final Key<Boolean> BINDINGS =
      SECTION.key(
          "use_host_bindings",
          Type.BOOL,
          false,
          "If true, endpoints use the host ports to which container ports are " + "bound.");
  private static final Key<Boolean> BOUND_ONLY =
      SECTION.key(
          "ignore_non_host_bindings",
          Type.BOOL,
          false,
          "If true, ports without a binding to a host port are ignored.");
  private static final Key<Duration> SYNC =
      SECTION.key(
          "cache_sync_interval",
          GoDurations.TYPE,
          Duration.ofMinutes(60),
          "Interval between full lists of containers, in addition to the daemon's events.");

  static final Type<DockerObserverConfig> TYPE = SECTION.type(DockerObserverConfig::read);

  private static DockerObserverConfig read(YamlObject o) {
    ImageFilter excluded;
    try {
      excluded = new ImageFilter(o.get(EXCLUDED));
    } catch (IllegalArgumentException e) {
      throw o.error(EXCLUDED, "excluded_images: " + e.getMessage());
    }
    if (!o.get(TIMEOUT).isPositive()) {
      throw o.error(TIMEOUT, "timeout must be greater than 0");
    }
    if (!o.get(SYNC).isPositive()) {
      throw o.error(SYNC, "cache_sync_interval must be greater than 0");
    }
    return new DockerObserverConfig(
        DAEMON.read(o),
        o.get(TIMEOUT),
        excluded,
        o.get(HOSTNAME),
        o.get(BINDINGS),
        o.get(BOUND_ONLY),
        o.get(SYNC));
  }
}
