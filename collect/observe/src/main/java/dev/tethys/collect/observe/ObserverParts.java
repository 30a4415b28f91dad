package dev.tethys.collect.observe;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import java.lang.System.Logger.Level;
import java.util.List;

/** Metrics and log lines of an observer, common to the node agent, the server and the receiver. */
public final class ObserverParts {
  private ObserverParts() {}

  /**
   * Registry of the observed metrics and the version of the agent.
   *
   * @param version version of this program
   */
  public static Registry registry(NodeObserver observer, String version) {
    Registry r = new Registry();
    r.register(observer);
    r.register(
        to ->
            to.accept(
                new MetricFamily(
                    "node_agent_info",
                    MetricType.GAUGE,
                    "Version of the node agent.",
                    "",
                    List.of(
                        new MetricFamily.Metric(Labels.of("version", "tethys-" + version), 1)))));
    return r;
  }

  /** Logs each signal, and why it is less than full. */
  public static void logSignals(System.Logger log, List<SignalState> signals) {
    for (SignalState s : signals) {
      log.log(
          s.level() == SignalState.Level.FULL ? Level.INFO : Level.WARNING,
          "Signal opened signal=\"{0}\" state={1} source={2}{3}",
          s.signal(),
          s.level().text(),
          s.source(),
          s.reason().isEmpty() ? "" : " reason=\"" + s.reason() + "\"");
    }
  }
}
