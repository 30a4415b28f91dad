package dev.tethys.model.storage;

import dev.tethys.model.Matcher;
import java.util.List;

/** A metric store: reading, writing, and deletion. Thread-safe. */
public interface MetricStore extends ScopedSource, SampleSink, AutoCloseable {
  /**
   * Deletes the samples of matching series in a closed time range; queries no longer return them
   * when this method returns.
   */
  void delete(long minTime, long maxTime, List<List<Matcher>> matcherSets);

  /** Finishes writes and releases every file. Idempotent. */
  @Override
  void close();
}
