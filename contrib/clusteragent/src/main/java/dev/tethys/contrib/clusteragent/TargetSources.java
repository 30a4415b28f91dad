package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.cloud.CloudReadings;
import dev.tethys.collect.exporter.ObservedDatabase;
import dev.tethys.contrib.clusteragent.FoundSettings.Use;
import dev.tethys.model.file.IoFailures;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens the sources of a configuration.
 *
 * @param environment variables of the process
 * @param observed databases of the service map; null outside a server
 * @param clouds readings of clouds; null if they are not read
 * @param config requests of {@code /v1/config}; null without {@code --coroot-url}
 */
record TargetSources(
    HttpClientFactory clients,
    Function<String, @Nullable String> environment,
    @Nullable Supplier<List<ObservedDatabase>> observed,
    @Nullable CloudReadings clouds,
    ConfigSource.@Nullable Settings config) {
  /** Sources in the order of precedence. */
  List<TargetSource> open(ClusterAgentConfig c) {
    List<TargetSource> out = new ArrayList<>();
    KubernetesSettings kubernetes = c.kubernetes();
    if (kubernetes != null && kubernetes.discoverDatabases()) {
      out.add(opened("annotations of pods", () -> pods(kubernetes)));
    }
    CloudReadings cloud = clouds;
    if (cloud != null && !c.clouds().isEmpty()) {
      out.add(new CloudSource(cloud));
    }
    if (c.found().use() == Use.READ) {
      if (observed != null) {
        out.add(new ServiceMapSource(observed, InstantSource.system()));
      }
      ConfigSource.Settings from = config;
      if (from != null) {
        out.add(opened("configuration of " + from.url().getHost(), () -> new ConfigSource(from)));
      }
    }
    return out;
  }

  private PodSource pods(KubernetesSettings s) throws IOException {
    ResourceWatch.Connection connection =
        new ResourceWatch.Connection(
            s.access(environment),
            (settings, call) -> clients.client(settings).send(call),
            Thread::sleep);
    return new PodSource(
        connection, s.namespaces(), new SecretReader(connection, InstantSource.system()));
  }

  /** Opens a source. */
  private interface Opening {
    TargetSource open() throws IOException;
  }

  private static TargetSource opened(String name, Opening opening) {
    try {
      return opening.open();
    } catch (IOException e) {
      return new Failed(name, IoFailures.describe(e));
    }
  }

  /** Source that could not be opened; the other ones are used. */
  private record Failed(String name, String problem) implements TargetSource {
    @Override
    public List<FoundDatabase> databases() {
      return List.of();
    }
  }
}
