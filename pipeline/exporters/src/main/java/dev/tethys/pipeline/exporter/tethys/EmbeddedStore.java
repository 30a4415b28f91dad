package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.model.storage.StorageException;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import java.time.Duration;

/** Store of one signal in the process that runs the pipeline. Safe for several threads. */
@FunctionalInterface
public interface EmbeddedStore {
  /** Stores a batch; what it accepts survives a crash when this returns. */
  Outcome store(Batch batch, TethysSettings settings);

  /** Outcome of a batch that a store did not take: invalid, or to be tried again. */
  static Outcome failed(StorageException e, int items) {
    String why = String.valueOf(e.getMessage());
    return e.reason() == StorageException.Reason.INVALID
        ? new Outcome.Rejected(why, items)
        : new Outcome.Unavailable(why, Duration.ofSeconds(1));
  }
}
