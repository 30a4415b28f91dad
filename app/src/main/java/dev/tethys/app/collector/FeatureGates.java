package dev.tethys.app.collector;

import dev.tethys.runtime.cli.UsageException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The Collector's feature gates that mean something here. None can be changed: each gate states the
 * only behaviour of Tethys, so a command line that requests it is accepted; one that requests the
 * opposite or names an unknown gate is rejected.
 */
final class FeatureGates {
  /**
   * A feature gate.
   *
   * @param isOn its fixed state here
   */
  private record Gate(boolean isOn, String about) {}

  private static final Map<String, Gate> ALL = new TreeMap<>();

  private static void on(String name, String about) {
    ALL.put(name, new Gate(true, about));
  }

  static {
    on("component.UseLocalHostAsDefaultHost", "Servers listen on localhost by default.");
    on("confmap.strictlyTypedInput", "Values must have the type of their key.");
    on("confmap.unifyEnvVarExpansion", "${NAME} is the variable NAME.");
    on("filelog.allowFileDeletion", "delete_after_read of file_log.");
    on("filelog.allowHeaderMetadataParsing", "header of file_log.");
    on("filelog.mtimeSortType", "ordering_criteria of file_log by when files were changed.");
    on("otelcol.printInitialConfig", "The command print-config.");
    on("receiver.kubeletstats.cpuUsageScrapeBased", "CPU usage is measured between two looks.");
    on("receiver.prometheusreceiver.EnableNativeHistograms", "They become exponential ones.");
    on("service.profilesSupport", "Pipelines of profiles.");
    on("telemetry.useLocalHostAsDefaultMetricsAddress", "Metrics are on localhost:8888.");
    ALL.put("service.AllowNoPipelines", new Gate(false, "A configuration without pipelines."));
  }

  private FeatureGates() {}

  /**
   * Checks requested gates.
   *
   * @param asked comma-separated names; {@code -} precedes one that must be off
   * @throws UsageException if a gate is unknown, or is not as it is requested
   */
  static void check(List<String> asked) {
    for (String list : asked) {
      for (String word : list.split(",")) {
        String w = word.strip();
        if (w.isEmpty()) {
          continue;
        }
        boolean off = w.startsWith("-");
        String name = off || w.startsWith("+") ? w.substring(1) : w;
        Gate g = gate(name);
        if (g.isOn == off) {
          throw new UsageException(
              "--feature-gates="
                  + w
                  + ": this is always "
                  + (g.isOn ? "on" : "off")
                  + " in Tethys; remove it");
        }
      }
    }
  }

  private static Gate gate(String name) {
    Gate g = ALL.get(name);
    if (g == null) {
      throw new UsageException(
          "no such feature gate \""
              + name
              + "\"; tethys collector featuregate lists those that are");
    }
    return g;
  }

  /**
   * Renders a table of all feature gates, or of one.
   *
   * @param name "" for all
   */
  static String list(String name) {
    StringBuilder sb = new StringBuilder("ID\tEnabled\tDescription\n");
    Map<String, Gate> some = name.isEmpty() ? ALL : Map.of(name, gate(name));
    some.forEach(
        (id, g) ->
            sb.append(id).append('\t').append(g.isOn).append('\t').append(g.about).append('\n'));
    return sb.toString();
  }
}
