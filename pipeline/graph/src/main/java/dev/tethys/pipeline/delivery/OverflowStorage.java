package dev.tethys.pipeline.delivery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests in memory, the oldest of which can be moved to disk.
 *
 * <p>Invariants: entries on disk never returned by {@link #next} are older than those in {@code
 * moving}, which are older than those in memory. A request is in memory or on disk, never counted
 * in both. {@link #done} locks only the entry; everything else is guarded by the lock of the queue
 * state, except {@link #write}, which is called by one thread at a time.
 */
final class OverflowStorage implements QueueStorage {
  /**
   * Maximum number of requests and bytes moved at a time, so that their sources do not wait for
   * more.
   */
  static final int MOVED_REQUESTS = 1000;

  static final long MOVED_BYTES = 32L << 20;

  private final MemoryQueueStorage memory = new MemoryQueueStorage();
  private final ArrayDeque<Entry> moving = new ArrayDeque<>();
  private volatile @Nullable DiskQueueStorage disk;

  @GuardedBy("counts")
  private long savedRequests;

  @GuardedBy("counts")
  private long savedItems;

  private final Object counts = new Object();

  /** Continues on a disk, starting with the requests that it has. */
  void open(DiskQueueStorage on) {
    Dropped found = on.found();
    synchronized (counts) {
      savedRequests += found.requests();
      savedItems += found.items();
    }
    disk = on;
  }

  boolean isOpen() {
    return disk != null;
  }

  /** Returns the total size of all files in bytes. */
  long diskBytes() {
    DiskQueueStorage d = disk;
    return d == null ? 0 : d.bytes();
  }

  /** Deletes unneeded files. */
  void trim() {
    DiskQueueStorage d = disk;
    if (d != null) {
      d.reclaimSpace();
    }
  }

  @Override
  public Dropped saved() {
    synchronized (counts) {
      return new Dropped(savedRequests, savedItems, null);
    }
  }

  private void countSaved(int requests, long items) {
    synchronized (counts) {
      savedRequests += requests;
      savedItems += items;
    }
  }

  @Override
  public long charge(EncodedRequest p) {
    return memory.charge(p);
  }

  @Override
  public long bytes() {
    return memory.bytes();
  }

  @Override
  public long damagedBytes() {
    DiskQueueStorage d = disk;
    return d == null ? 0 : d.damagedBytes();
  }

  @Override
  public Entry store(EncodedRequest p, long millis) {
    return memory.store(p, millis);
  }

  @Override
  public void publish(Entry e) {
    memory.publish(e);
  }

  @Override
  public @Nullable Entry next() {
    DiskQueueStorage d = disk;
    Entry e = d == null ? null : d.next();
    if (e != null) {
      return e;
    }
    return moving.isEmpty() ? memory.next() : null;
  }

  @Override
  public @Nullable Entry peek() {
    DiskQueueStorage d = disk;
    Entry e = d == null ? null : d.peek();
    if (e == null) {
      e = moving.peek();
    }
    return e == null ? memory.peek() : e;
  }

  @Override
  public int window() {
    return saved().requests() > 0 ? DiskQueueStorage.WINDOW : memory.window();
  }

  @Override
  public EncodedRequest load(Entry e) throws IOException {
    EncodedRequest p = e.request;
    DiskQueueStorage d = disk;
    if (p != null) {
      return p;
    }
    if (d == null) {
      throw new CorruptSegmentException("no request in memory");
    }
    return d.load(e);
  }

  @Override
  public void done(Entry e) {
    boolean onDisk;
    synchronized (e) {
      e.isDone = true;
      onDisk = e.place != null;
    }
    DiskQueueStorage d = disk;
    if (onDisk && d != null) {
      d.done(e);
      countSaved(-1, -e.items);
    } else {
      memory.done(e);
    }
  }

  @Override
  public Dropped dropOldest(IssuedEntry issued) {
    Entry e = issued.takeBack(null);
    if (e == null) {
      e = memory.next();
    }
    if (e == null) {
      return Dropped.NOTHING;
    }
    done(e);
    return new Dropped(1, e.items, e);
  }

  @Override
  public Dropped found() {
    DiskQueueStorage d = disk;
    return d == null ? Dropped.NOTHING : d.found();
  }

  /**
   * Removes the oldest requests from memory, to be moved.
   *
   * @param issued entries that were returned by {@link #next}, oldest first
   * @param maxBytes most that fit on disk
   */
  List<Entry> takeOldest(Iterable<Entry> issued, long maxBytes) {
    List<Entry> out = new ArrayList<>();
    long bytes = 0;
    long most = Math.min(maxBytes, MOVED_BYTES);
    for (Entry e : issued) {
      EncodedRequest p = e.request;
      if (e.place == null && p != null) {
        bytes += SegmentedLog.size(p);
        if (bytes > most && !(out.isEmpty() && bytes <= maxBytes)) {
          return out;
        }
        out.add(e);
        if (out.size() >= MOVED_REQUESTS) {
          return out;
        }
      }
    }
    for (Entry e = memory.peek(); e != null; e = memory.peek()) {
      EncodedRequest p = e.request;
      bytes += p == null ? 0 : SegmentedLog.size(p);
      if (bytes > most && !(out.isEmpty() && bytes <= maxBytes)) {
        return out;
      }
      memory.next();
      moving.add(e);
      out.add(e);
      if (out.size() >= MOVED_REQUESTS) {
        return out;
      }
    }
    return out;
  }

  /** Whether {@link #takeOldest} would return an entry, provided there is space. */
  boolean isAnyInMemory(Iterable<Entry> issued) {
    if (memory.peek() != null) {
      return true;
    }
    for (Entry e : issued) {
      if (e.place == null && e.request != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the oldest request in memory whose source waits only a limited time.
   *
   * @param issued entries returned by {@link #next}, oldest first
   */
  @Nullable Entry oldestThatCannotWait(Iterable<Entry> issued) {
    for (Entry e : issued) {
      if (e.place == null && !e.waits) {
        return e;
      }
    }
    return memory.oldestThatCannotWait();
  }

  /**
   * Writes requests to disk; they survive the machine afterwards.
   *
   * @return their entries there, in the same order
   * @throws IOException if it cannot: all are still in memory
   */
  List<Entry> write(List<Entry> requests) throws IOException {
    DiskQueueStorage d = disk;
    if (d == null) {
      throw new IOException("the overflow of the queue is not open");
    }
    return d.storeAll(requests);
  }

  /** Requests that {@link #write} could not write are in memory as before. */
  void keep() {
    memory.putBack(moving);
    moving.clear();
  }

  /**
   * Records that a written request waits on disk from now on, in call order.
   *
   * @param from its entry in memory
   * @param to its entry on disk
   */
  void moved(Entry from, Entry to) {
    DiskQueueStorage d = disk;
    if (d == null) {
      throw new IllegalStateException("the overflow of the queue is not open");
    }
    if (from == moving.peek()) {
      moving.poll();
      memory.done(from);
      countSaved(1, from.items);
      d.publish(to);
      return;
    }
    boolean isDone;
    synchronized (from) {
      isDone = from.isDone;
      if (!isDone) {
        from.place = to.place;
        from.request = null;
      }
    }
    d.passOver(to);
    d.publish(to);
    if (isDone) {
      d.done(to);
    } else {
      memory.done(from);
      countSaved(1, from.items);
    }
  }

  @Override
  public void close() {
    DiskQueueStorage d = disk;
    if (d != null) {
      d.close();
    }
  }
}
