package dev.tethys.model.storage;

/** Receiver of samples: a store, or a sender. Thread-safe. */
public interface SampleSink {
  /** Starts a batch. Each scrape or request uses its own appender, on one thread. */
  Appender appender();

  /**
   * Starts a batch of a source whose batches are to keep their order, each series coming from one
   * source only.
   *
   * @param lane the same for all batches of a source, not 0
   */
  default Appender appender(long lane) {
    return appender();
  }
}
