package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;
import java.util.Set;

/** The pipelines behind a connector. */
public interface Outputs {
  /** Gives a batch to each of them. */
  Consumer all();

  /** Which they are. */
  Set<PipelineId> pipelines();

  /**
   * One of them.
   *
   * @throws IllegalArgumentException when it is none of them
   */
  Consumer to(PipelineId pipeline);
}
