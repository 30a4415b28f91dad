package dev.tethys.pipeline.config;

import dev.tethys.pipeline.component.PipelineId;
import java.util.List;

/** Pipeline: its receivers, its processors in order, its exporters. */
public record PipelineDefinition(
    PipelineId id, List<Use> receivers, List<Use> processors, List<Use> exporters) {
  /**
   * Component used by a pipeline.
   *
   * @param where position of the name
   */
  public record Use(Definition definition, String where) {}
}
