package dev.tethys.pipeline.component;

import java.util.List;

/**
 * Running components, named as in the configuration.
 *
 * @param extensions extensions in start order
 * @param pipelines pipelines in configuration order
 */
public record RunningGraph(List<ComponentId> extensions, List<Pipeline> pipelines) {
  /** Nothing is running. */
  public static final RunningGraph NONE = new RunningGraph(List.of(), List.of());

  /**
   * Pipeline of one signal.
   *
   * @param receivers connectors that lead to it among them
   * @param processors processors in pipeline order
   * @param exporters connectors that it leads to among them
   */
  public record Pipeline(
      PipelineId id,
      List<ComponentId> receivers,
      List<ComponentId> processors,
      List<ComponentId> exporters) {}
}
