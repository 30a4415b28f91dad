package dev.tethys.pipeline.receiver.docker;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Receiver settings.
 *
 * @param pace interval and timeout of requests to the daemon; not zero
 */
public record DockerConfig(
    IntervalCollector.Schedule pace,
    DockerDaemon daemon,
    ImageFilter excluded,
    Map<String, String> labels,
    Map<String, String> variables,
    List<MetricSettings> metrics,
    ResourceAttributes resources) {
  private static final int OLDEST = 25;

  private static final Section SECTION =
      new Section("docker_stats", "Collects metrics of the containers of a Docker daemon.");
  private static final IntervalCollector.Schedule.Keys PACE =
      new IntervalCollector.Schedule.Keys(SECTION, Duration.ofSeconds(10), Duration.ofSeconds(5));
  private static final DockerDaemon.Keys DAEMON = new DockerDaemon.Keys(SECTION, OLDEST);
  private static final Key<List<String>> EXCLUDED =
      SECTION.key(
          "excluded_images",
          Type.list(Type.STRING),
          List.of(),
          "Images whose containers are ignored: names, globs or /expressions/; ! " + "negates.");
  private static final Key<Map<String, String>> LABELS =
      SECTION.key(
          "container_labels_to_metric_labels",
          Type.map(Type.STRING),
          Map.of(),
          "Container labels that become attributes, with the attribute names.");
  private static final Key<Map<String, String>> VARIABLES =
      SECTION.key(
          "env_vars_to_metric_labels",
          Type.map(Type.STRING),
          Map.of(),
          "Environment variables of containers that become attributes, with the "
              + "attribute names.");
  private static final MetricSettings.Keys METRICS =
      new MetricSettings.Keys(SECTION, DockerMetrics.ALL);
  private static final ResourceAttributes.Keys RESOURCES =
      new ResourceAttributes.Keys(SECTION, DockerMetrics.RESOURCE);

  static {
    SECTION.notBuilt("provide_per_core_cpu_metrics", "Use metrics.container.cpu.usage.percpu.");
  }

  static final Type<DockerConfig> TYPE = SECTION.type(DockerConfig::read);

  private static DockerConfig read(YamlObject o) {
    DockerDaemon daemon = DAEMON.read(o);
    IntervalCollector.Schedule pace = PACE.read(o);
    ImageFilter excluded;
    try {
      excluded = new ImageFilter(o.get(EXCLUDED));
    } catch (IllegalArgumentException e) {
      throw o.error(EXCLUDED, "excluded_images: " + e.getMessage());
    }
    return new DockerConfig(
        pace.timeout().isZero()
            ? new IntervalCollector.Schedule(pace.interval(), pace.delay(), Duration.ofSeconds(30))
            : pace,
        daemon,
        excluded,
        o.get(LABELS),
        o.get(VARIABLES),
        METRICS.read(o),
        RESOURCES.read(o));
  }
}
