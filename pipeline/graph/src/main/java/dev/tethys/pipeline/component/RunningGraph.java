package dev.tethys.pipeline.component;

import java.util.List;

/**
 * The components that run, as the configuration names them.
 *
 * @param extensions in the order in which they were started
 * @param pipelines in the order in which they are written
 */
public record RunningGraph(List<ComponentId> extensions, List<Pipeline> pipelines) {
  /** Nothing runs. */
  public static final RunningGraph NONE = new RunningGraph(List.of(), List.of());

  /**
   * One signal's way.
   *
   * @param receivers connectors that lead to it among them
   * @param processors in their order
   * @param exporters connectors that it leads to among them
   */
  public record Pipeline(
      PipelineId id,
      List<ComponentId> receivers,
      List<ComponentId> processors,
      List<ComponentId> exporters) {}
}
