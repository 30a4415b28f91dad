package dev.tethys.store.events;

/**
 * Rows of one tenant that are in memory and in the write-ahead log, but not in parts. The engine
 * calls it under its lock; a snapshot may be read by any thread later.
 *
 * @param <S> snapshot
 */
public interface EventHead<S> {
  /** Returns the memory used by the rows. */
  long bytes();

  /** Returns the number of rows. */
  long rows();

  /**
   * Removes all rows after the first {@code rows}, because they could not be made durable. Earlier
   * snapshots keep them.
   */
  void truncate(long rows);

  /** Rows so far, unchanged by later appends. */
  S snapshot();
}
