package dev.tethys.pipeline.config;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.volume.VolumeSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code service.telemetry}: what the process says about itself.
 *
 * @param logs its lines
 * @param metrics where its metrics go
 * @param resource attributes of both, by name; empty for a usual one that is not wanted
 * @param volumes by what its volumes are counted
 */
public record TelemetrySettings(
    OwnLogs logs,
    OwnMetrics metrics,
    Map<String, Optional<String>> resource,
    VolumeSettings volumes) {
  /** What is not written. */
  public static final TelemetrySettings DEFAULT =
      new TelemetrySettings(OwnLogs.DEFAULT, OwnMetrics.USUAL, Map.of(), VolumeSettings.DEFAULT);

  private static final Section TRACES = new Section("telemetry_traces", "Traces of the process.");
  private static final Key<String> LEVEL =
      TRACES.key(
          "level",
          OwnMetrics.words("level", "none", "basic", "normal", "detailed"),
          "basic",
          "No effect: the process records no traces of itself.");
  private static final Key<List<String>> PROPAGATORS =
      TRACES.key(
          "propagators",
          Type.list(Type.oneOf("propagator", List.of("tracecontext", "b3"))),
          List.of(),
          "No effect: the process records no traces of itself.");
  private static final Key<List<YamlNode>> PROCESSORS =
      TRACES.key(
          "processors",
          Type.list(Type.ANY),
          List.of(),
          "Not supported: export of the process's own spans.");

  static {
    TRACES
        .notBuilt("sampler", "Sampler of the process's own spans.")
        .notBuilt("limits", "Limits of the process's own spans.");
  }

  private static final Section SECTION =
      new Section("telemetry", "Telemetry of the process itself.");
  private static final Key<OwnLogs> LOGS =
      SECTION.key("logs", OwnLogs.TYPE, OwnLogs.DEFAULT, "Logs of the process.");
  private static final Key<OwnMetrics> METRICS =
      SECTION.key("metrics", OwnMetrics.TYPE, DEFAULT.metrics, "Metrics of the process.");
  private static final Key<String> TRACED =
      SECTION.key("traces", TRACES.type(TelemetrySettings::traces), "", "Traces of the process.");
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

  /** Where metrics are served, the first place; null for nowhere. */
  public @Nullable String metricsAddress() {
    return metrics.pages().isEmpty() ? null : metrics.pages().getFirst().address();
  }

  private static TelemetrySettings read(YamlObject o) {
    o.get(TRACED);
    return new TelemetrySettings(o.get(LOGS), o.get(METRICS), o.get(RESOURCE), o.get(VOLUMES));
  }

  private static String traces(YamlObject o) {
    o.get(PROPAGATORS);
    if (!o.get(PROCESSORS).isEmpty() && !o.get(LEVEL).equals("none")) {
      throw o.error(
          PROCESSORS, "the process does not trace itself; remove this, or write level: none");
    }
    return "";
  }
}
