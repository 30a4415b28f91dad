package dev.tethys.pipeline.stages;

import dev.tethys.model.exposition.Registry;

/** Counters of stages, named as in Promtail. One instance per process. Thread-safe. */
public final class StageMetrics {
  private final Registry registry;
  private final Registry.Vector<Registry.Counter> dropped;
  private final Registry.Vector<Registry.Counter> droppedByLabel;
  private final Registry.Vector<Registry.Counter> messages;
  private final Registry.Vector<Registry.Counter> patterns;

  /** Registers the families of all stages. */
  public StageMetrics(Registry registry) {
    this.registry = registry;
    this.dropped =
        registry.counters(
            "logentry_dropped_lines_total",
            "A count of all log lines dropped as a result of a pipeline stage",
            "reason");
    this.droppedByLabel =
        registry.counters(
            "logentry_dropped_lines_by_label_total",
            "A count of all log lines dropped as a result of a pipeline stage",
            "label_name",
            "label_value");
    this.messages =
        registry.counters(
            "tethys_log_messages_total", "Lines seen by pattern stages.", "job", "severity");
    this.patterns =
        registry.counters(
            "tethys_log_patterns_total",
            "Lines seen by pattern stages, by the pattern that they follow.",
            "job",
            "severity",
            "hash",
            "pattern");
  }

  Registry.Counter messages(String job, String severity) {
    return messages.with(job, severity);
  }

  Registry.Counter patterns(String job, String severity, String hash, String pattern) {
    return patterns.with(job, severity, hash, pattern);
  }

  Registry.Vector<Registry.Counter> droppedByLabel() {
    return droppedByLabel;
  }

  Registry registry() {
    return registry;
  }

  /** Counts lines that were dropped for a reason. */
  public Registry.Counter dropped(String reason) {
    return dropped.with(reason);
  }
}
