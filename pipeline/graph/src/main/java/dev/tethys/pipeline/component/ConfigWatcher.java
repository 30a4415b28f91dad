package dev.tethys.pipeline.component;

import java.util.Map;

/** Extension that is notified of the effective configuration whenever it may have changed. */
public interface ConfigWatcher {
  /**
   * Effective configuration.
   *
   * @param printed the merged configuration, with secrets masked; "" by default
   * @param resource resource attributes of the process's own telemetry; may be empty
   */
  record Effective(String printed, Map<String, String> resource) {
    /** Creates it for a graph without a file. */
    public static final Effective UNKNOWN = new Effective("", Map.of());
  }

  /**
   * Sets the effective configuration; called before {@link PipelineWatcher#ready}. Must not block.
   */
  void holds(Effective now);
}
