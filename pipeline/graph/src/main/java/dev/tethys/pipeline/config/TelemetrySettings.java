package dev.tethys.pipeline.config;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.volume.VolumeSettings;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code service.telemetry}: the process's own telemetry.
 *
 * @param logs levels and destinations of log lines
 * @param metrics destinations of metrics
 * @param traces destinations of spans
 * @param resource resource attributes by name; empty to remove a default attribute
 * @param volumes attributes by which volumes are counted
 */
public record TelemetrySettings(
    OwnLogs logs,
    OwnMetrics metrics,
    OwnTraces traces,
    Map<String, Optional<String>> resource,
    VolumeSettings volumes) {
  /** Defaults. */
  public static final TelemetrySettings DEFAULT =
      new TelemetrySettings(
          OwnLogs.DEFAULT, OwnMetrics.USUAL, OwnTraces.DEFAULT, Map.of(), VolumeSettings.DEFAULT);

  private static final Section SECTION =
      new Section("telemetry", "Telemetry of the process itself.");
  private static final Key<OwnLogs> LOGS =
      SECTION.key("logs", OwnLogs.TYPE, OwnLogs.DEFAULT, "Logs of the process.");
  private static final Key<OwnMetrics> METRICS =
      SECTION.key("metrics", OwnMetrics.TYPE, DEFAULT.metrics, "Metrics of the process.");
  private static final Key<OwnTraces> TRACES =
      SECTION.key("traces", OwnTraces.TYPE, OwnTraces.DEFAULT, "Traces of the process.");
  private static final Key<Map<String, Optional<String>>> RESOURCE =
      SECTION.key(
          "resource",
          OwnResource.TYPE,
          Map.of(),
          "Resource attributes of the process's telemetry.");
  private static final Key<VolumeSettings> VOLUMES =
      SECTION.key(
          "volumes",
          VolumeSettings.TYPE,
          VolumeSettings.DEFAULT,
          "Counts of telemetry volume by attribute.");

  /** Reads the block. */
  public static final Type<TelemetrySettings> TYPE = SECTION.type(TelemetrySettings::read);

  /** Returns the first address at which metrics are served, or null if none. */
  public @Nullable String metricsAddress() {
    return metrics.pages().isEmpty() ? null : metrics.pages().getFirst().address();
  }

  private static TelemetrySettings read(YamlObject o) {
    return new TelemetrySettings(
        o.get(LOGS), o.get(METRICS), o.get(TRACES), o.get(RESOURCE), o.get(VOLUMES));
  }
}
