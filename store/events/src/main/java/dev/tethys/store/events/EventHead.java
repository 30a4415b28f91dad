package dev.tethys.store.events;

/**
 * Rows of one tenant that are in memory and in the write-ahead log, but not in parts. The engine
 * calls it under its lock; a snapshot may be read by any thread later.
 *
 * @param <S> snapshot
 */
public interface EventHead<S> {
  /** Memory of the rows. */
  long bytes();

  /** Number of rows. */
  long rows();

  /**
   * Removes the rows behind a number of them, which could not be made durable. Snapshots that were
   * taken before keep them.
   */
  void truncate(long rows);

  /** Rows so far, unchanged by later appends. */
  S snapshot();
}
