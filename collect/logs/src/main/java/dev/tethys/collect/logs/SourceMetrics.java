package dev.tethys.collect.logs;

import dev.tethys.model.exposition.Registry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Source metrics, named as in Promtail; a counter exists once it is used. */
public final class SourceMetrics {
  private final Registry registry;
  private final Map<String, Registry.Counter> counters = new ConcurrentHashMap<>();
  private final Map<String, Registry.Vector<Registry.Counter>> vectors = new ConcurrentHashMap<>();
  private final Map<String, Registry.Gauge> gauges = new ConcurrentHashMap<>();

  public SourceMetrics(Registry registry) {
    this.registry = registry;
  }

  /** The counter of a name, the same for all jobs. */
  public Registry.Counter counter(String name, String help) {
    return counters.computeIfAbsent(name, n -> registry.counter(n, help));
  }

  /** The counters of a name, by labels. */
  public Registry.Vector<Registry.Counter> counters(String name, String help, String... labels) {
    return vectors.computeIfAbsent(name, n -> registry.counters(n, help, labels));
  }

  /** The gauge of a name, the same for all jobs. */
  public Registry.Gauge gauge(String name, String help) {
    return gauges.computeIfAbsent(name, n -> registry.gauge(n, help));
  }

  /** Entries of a kind of source: {@code promtail_KIND_target_entries_total}. */
  public Registry.Counter entries(String kind) {
    return counter(
        "promtail_" + kind + "_target_entries_total",
        "Total number of successful entries sent to the " + kind + " target");
  }

  /**
   * Counter of data that a kind of source could not parse: {@code
   * promtail_KIND_target_parsing_errors_total}.
   */
  public Registry.Counter parsingErrors(String kind) {
    return counter(
        "promtail_" + kind + "_target_parsing_errors_total",
        "Total number of parsing errors while receiving " + kind + " messages");
  }
}
