package dev.tethys.pipeline.component;

import java.util.Map;

/** Extension that is notified of the effective configuration whenever it may have changed. */
public interface ConfigWatcher {
  /**
   * The configuration.
   *
   * @param printed the merged configuration, with its secrets masked; "" by default
   * @param resource what the process says of itself in its own telemetry; empty where it has none
   */
  record Effective(String printed, Map<String, String> resource) {
    /** Of a graph without a file. */
    public static final Effective UNKNOWN = new Effective("", Map.of());
  }

  /** What holds from now on; said before {@link PipelineWatcher#ready}. Must not block. */
  void holds(Effective now);
}
