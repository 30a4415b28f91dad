package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;

/** Store of one signal in the process that runs the pipeline. Safe for several threads. */
@FunctionalInterface
public interface EmbeddedStore {
  /** Stores a batch; what it accepts survives a crash when this returns. */
  Outcome store(Batch batch, TethysSettings settings);
}
