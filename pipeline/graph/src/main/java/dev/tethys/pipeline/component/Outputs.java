package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;
import java.util.Set;

/** Pipelines downstream of a connector. */
public interface Outputs {
  /** Returns a consumer that passes a batch to each of them. */
  Consumer all();

  /** Returns the pipeline IDs. */
  Set<PipelineId> pipelines();

  /**
   * Returns the consumer of one pipeline.
   *
   * @throws IllegalArgumentException if the name is not an output
   */
  Consumer to(PipelineId pipeline);
}
