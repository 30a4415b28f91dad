package dev.tethys.control;

import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.live.Controls;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.source.Repository;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.Registry;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Metrics of the control plane: agents, rollouts, live controls and the source of versions. */
final class ControlMetrics {
  private ControlMetrics() {}

  /**
   * Registers them.
   *
   * @param source null if versions come only from the API
   */
  static void register(
      Registry registry,
      Fleet fleet,
      Rollouts rollouts,
      Controls controls,
      @Nullable Repository source) {
    registry.register(to -> to.accept(agents(fleet)));
    registry.gauge(
        "tethys_control_agents_memory_bytes",
        "Memory that the states of agents take.",
        () -> fleet.memoryAccount().used());
    registry.gauge(
        "tethys_control_agents_memory_limit_bytes",
        "Memory that the states of agents may take: a quarter of the heap.",
        () -> fleet.memoryAccount().limit());
    registry.gauge(
        "tethys_control_duplicate_uids",
        "Agents that connected with the instance uid of another one since the start.",
        fleet::duplicatesFound);
    registry.register(to -> to.accept(byState(rollouts)));
    registry.gauge(
        "tethys_control_live_controls",
        "Live controls that are active.",
        () -> controls.state().active.size());
    if (source != null) {
      registry.gauge(
          "tethys_control_source_read_successful",
          "1 if the last read of the repository or cluster succeeded, otherwise 0.",
          () -> source.state().error().isEmpty() ? 1 : 0);
    }
  }

  private static MetricFamily agents(Fleet fleet) {
    int healthy = 0;
    int unhealthy = 0;
    int away = 0;
    for (AgentState a : fleet.agents(Selector.ALL)) {
      if (!a.connected()) {
        away++;
      } else if (a.isHealthy()) {
        healthy++;
      } else {
        unhealthy++;
      }
    }
    return gauge(
        "tethys_control_agents",
        "Agents, by connection and reported health.",
        List.of(state("healthy", healthy), state("unhealthy", unhealthy), state("away", away)));
  }

  private static MetricFamily byState(Rollouts rollouts) {
    Map<Rollout.State, Integer> counts = new EnumMap<>(Rollout.State.class);
    rollouts.read(
        (all, assignments) -> {
          all.forEach(r -> counts.merge(r.state, 1, Integer::sum));
          return all;
        });
    List<Metric> metrics = new ArrayList<>();
    for (Rollout.State s : Rollout.State.values()) {
      metrics.add(state(s.name().toLowerCase(Locale.ROOT), counts.getOrDefault(s, 0)));
    }
    return gauge("tethys_control_rollouts", "Rollouts that are kept, by state.", metrics);
  }

  private static Metric state(String name, int count) {
    return new Metric(Labels.of("state", name), count);
  }

  private static MetricFamily gauge(String name, String help, List<Metric> metrics) {
    return new MetricFamily(name, MetricType.GAUGE, help, "", metrics);
  }
}
