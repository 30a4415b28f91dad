package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;

/** Store of one signal in the process that runs the pipeline. Thread-safe. */
@FunctionalInterface
public interface EmbeddedStore {
  /** Stores a batch; accepted data is durable when this returns. */
  Outcome store(Batch batch, TethysSettings settings);
}
