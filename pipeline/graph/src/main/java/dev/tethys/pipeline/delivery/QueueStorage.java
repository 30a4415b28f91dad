package dev.tethys.pipeline.delivery;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Storage of queued requests, first in, first out. {@link #store}, {@link #load} and {@link #done}
 * lock internally; everything else is called under the lock of the engine.
 */
interface QueueStorage extends Closeable {
  /** A request that waits or is being sent. */
  final class Entry {
    final long lane;
    final int items;
    final long bytes;
    final long millis;

    /** The request itself while it waits in memory; null once it is on disk. */
    volatile @Nullable EncodedRequest request;

    /** Position on disk. */
    volatile SegmentedLog.@Nullable LogPosition place;

    /** Whether it is needed no more; guarded by the entry if it can move to a disk. */
    boolean isDone;

    /** Whether its source can wait; set before it is published. */
    boolean waits;

    /** Order of removal of entries; set by the dispatcher. */
    long sequence;

    Entry(
        EncodedRequest p,
        long bytes,
        long millis,
        boolean inMemory,
        SegmentedLog.@Nullable LogPosition place) {
      this(p.lane(), p.items(), bytes, millis, inMemory ? p : null, place);
    }

    Entry(
        long lane,
        int items,
        long bytes,
        long millis,
        @Nullable EncodedRequest request,
        SegmentedLog.@Nullable LogPosition place) {
      this.lane = lane;
      this.items = items;
      this.bytes = bytes;
      this.millis = millis;
      this.request = request;
      this.place = place;
    }
  }

  /**
   * Entry dropped to free capacity.
   *
   * @param entry the dropped entry when it was in memory and not in flight; null otherwise
   */
  record Dropped(long requests, long items, @Nullable Entry entry) {
    static final Dropped NOTHING = new Dropped(0, 0, null);
  }

  /** Returns the capacity a request would use, in bytes. */
  long charge(EncodedRequest p);

  /** Bytes used of the capacity. */
  long bytes();

  /** Returns the number of bytes the next request may use beyond its charge. */
  default long overhead() {
    return 0;
  }

  /** Frees space without dropping requests; returns false if that is impossible. */
  default boolean reclaimSpace() {
    return false;
  }

  /** Whether a stored request survives the process. */
  default boolean isDurable() {
    return false;
  }

  /** Requests and items that survive the process although the storage is in memory. */
  default Dropped saved() {
    return Dropped.NOTHING;
  }

  /** Bytes that were lost to damage. */
  default long damagedBytes() {
    return 0;
  }

  /**
   * Stores a request; with disk storage it is kept on disk from now on.
   *
   * @throws IOException if it could not
   */
  Entry store(EncodedRequest p, long millis) throws IOException;

  /** Makes a stored entry available to {@link #next}. */
  void publish(Entry e);

  /** Returns the next entry that was never returned, or null if there is none. */
  @Nullable Entry next();

  /** Returns the next entry without removing it, or null if that requires a read. */
  @Nullable Entry peek();

  /** Returns the maximum number of entries taken and not done, to bound memory. */
  int window();

  /**
   * Loads the request of an entry.
   *
   * @throws CorruptSegmentException if it is lost
   */
  EncodedRequest load(Entry e) throws IOException;

  /** Records that an entry is no longer needed. */
  void done(Entry e);

  /** Frees space by dropping the oldest requests; nothing if all are in flight. */
  Dropped dropOldest(IssuedEntry issued);

  /** State of entries that are being sent. */
  interface IssuedEntry {
    /**
     * Removes the oldest entry not in flight; returns null if there is none.
     *
     * @param in segment whose entries are considered, or null for any
     */
    @Nullable Entry takeBack(@Nullable Segment in);

    /** Whether an entry of this segment is being sent. */
    boolean isSending(Segment in);
  }

  /** Entries that were found at the start. */
  Dropped found();
}
