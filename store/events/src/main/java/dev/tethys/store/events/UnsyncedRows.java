package dev.tethys.store.events;

import java.util.ArrayDeque;

/**
 * Rows of appends that are in the active heads and in the write-ahead log, but not yet known to be
 * on disk. Guarded by the lock of the engine.
 */
final class UnsyncedRows<H extends EventHead<?>> {
  /** Rows of one append. */
  static final class Rows<H> {
    private final H head;
    private final long before; // rows of the head
    private final long end; // position in the log
    private boolean dropped;

    private Rows(H head, long before, long end) {
      this.head = head;
      this.before = before;
      this.end = end;
    }

    boolean isDropped() {
      return dropped;
    }
  }

  private final ArrayDeque<Rows<H>> pending = new ArrayDeque<>(); // in the order of the log
  private long position;

  /** Returns the position up to which the log is known to be on disk. */
  long position() {
    return position;
  }

  /**
   * Adds rows that are going to be put into a head.
   *
   * @param end position in the log after their frame
   */
  Rows<H> add(H head, long end) {
    Rows<H> rows = new Rows<>(head, head.rows(), end);
    pending.add(rows);
    return rows;
  }

  /**
   * Records that the log is on disk up to the given rows; returns false if they were dropped
   * before.
   */
  boolean confirm(Rows<H> rows) {
    if (rows.dropped) {
      return false;
    }
    position = Math.max(position, rows.end);
    while (!pending.isEmpty() && pending.getFirst().end <= position) {
      pending.removeFirst();
    }
    return true;
  }

  /** Records that the log is on disk up to a position, the end of the newest rows. */
  void confirmAll(long end) {
    position = end;
    pending.clear();
  }

  /** Removes the rows from their heads. */
  void drop() {
    for (Rows<H> rows = pending.peekLast(); rows != null; rows = pending.peekLast()) {
      rows.head.truncate(rows.before); // fails if memory is short
      rows.dropped = true;
      pending.removeLast();
    }
  }
}
