package dev.tethys.collect.logs.docker;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import java.util.List;

/**
 * Containers whose logs are read: {@code docker_sd_configs}.
 *
 * @param daemons entries of that list
 */
public record DockerLogs(List<DiscoveryConfig> daemons) implements LogSourceConfig {
  @Override
  public String kind() {
    return "docker";
  }

  @Override
  public LogSource source(SourceContext context) {
    return new DockerSource(this, context);
  }
}
