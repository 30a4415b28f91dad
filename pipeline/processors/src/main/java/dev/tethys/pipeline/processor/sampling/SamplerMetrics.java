package dev.tethys.pipeline.processor.sampling;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.pipeline.Signal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counters of sampled and dropped items by decision, named as in the Collector. */
final class SamplerMetrics {
  private static final String PREFIX = "otelcol_processor_probabilistic_sampler_";

  private final String id;
  private final List<Vector<Counter>> counters;

  SamplerMetrics(Registry registry, String id, Signal signal) {
    this.id = id;
    counters =
        signal == Signal.LOGS
            ? List.of(counters(registry, "count_logs_sampled_total", "Log records"))
            // dashboards use the older name
            : List.of(
                counters(registry, "count_spans_processed_total", "Spans"),
                counters(registry, "count_traces_sampled_total", "Spans (older name)"));
  }

  private static Vector<Counter> counters(Registry registry, String name, String what) {
    return registry.counters(
        PREFIX + name,
        what + " kept or dropped by the sampler, by policy.",
        "processor",
        "policy",
        "sampled");
  }

  Tally tally() {
    return new Tally();
  }

  /** Counts for one batch. */
  final class Tally implements Sampler.Decisions {
    private final Map<String, long[]> counts = new HashMap<>();

    @Override
    public boolean count(String policy, boolean sampled) {
      counts.computeIfAbsent(policy, _ -> new long[2])[sampled ? 1 : 0]++;
      return sampled;
    }

    void done() {
      counts.forEach(
          (policy, n) -> {
            for (int i = 0; i < 2; i++) {
              if (n[i] > 0) {
                for (Vector<Counter> c : counters) {
                  c.with(id, policy, i == 1 ? "true" : "false").add(n[i]);
                }
              }
            }
          });
    }
  }
}
