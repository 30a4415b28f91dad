package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;

/**
 * Series of one part of the store, ascending by labels, that do not change while it is open. Safe
 * for several threads.
 */
public interface SourceSelection extends AutoCloseable {
  int size();

  Labels labels(int i);

  /** Appends the samples of a series in a closed time range to an empty buffer. */
  void read(int i, long minTime, long maxTime, SampleBuffer into);

  @Override
  void close();
}
