package dev.tethys.pipeline.kafka;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Progress of one partition: forwarded records, and the offset below which every record is done.
 *
 * <p>Invariants: {@code waiting} holds records in the order of their offsets; all before its head
 * are done, so the group can resume at {@link #position} after a crash without loss. After a record
 * failed, reading returns to it as soon as nothing is in flight: later records are repeated rather
 * than the failed one lost. Not thread-safe.
 */
final class PartitionProgress {
  private static final class Entry {
    final long offset;
    final int bytes;
    boolean done;

    Entry(long offset, int bytes) {
      this.offset = offset;
      this.bytes = bytes;
    }
  }

  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private final Map<Long, Entry> underWay = new HashMap<>();
  private long position;
  private long failedAt = -1;

  /** Starts at the group's position. */
  PartitionProgress(long position) {
    this.position = position;
  }

  /** Records a record as passed on. */
  void forward(long offset, int bytes) {
    Entry e = new Entry(offset, bytes);
    waiting.addLast(e);
    underWay.put(offset, e);
  }

  /**
   * Records that a record is done.
   *
   * @return number of bytes that are no longer in progress
   */
  int done(long offset) {
    Entry e = underWay.remove(offset);
    if (e == null) {
      return 0;
    }
    e.done = true;
    while (!waiting.isEmpty() && waiting.getFirst().done) {
      position = waiting.removeFirst().offset + 1;
    }
    return e.bytes;
  }

  /** Records that a record was not accepted; like {@link #done}, but reading will return to it. */
  int failed(long offset) {
    Entry e = underWay.remove(offset);
    if (e == null) {
      return 0;
    }
    failedAt = failedAt < 0 ? offset : Math.min(failedAt, offset);
    return e.bytes;
  }

  /** Whether a record failed: nothing more is forwarded until {@link #rewind}. */
  boolean hasFailed() {
    return failedAt >= 0;
  }

  /** Bytes in flight. */
  long bytesUnderWay() {
    return underWay.values().stream().mapToLong(e -> e.bytes).sum();
  }

  /** Whether anything is in progress. */
  boolean busy() {
    return !underWay.isEmpty();
  }

  /**
   * Discards all records from the failed one, so that they are read again.
   *
   * @return offset from which to continue reading
   */
  long rewind() {
    long from = failedAt;
    waiting.removeIf(e -> e.offset >= from);
    failedAt = -1;
    return from;
  }

  /** Returns the offset before which all records are done. */
  long position() {
    return position;
  }
}
