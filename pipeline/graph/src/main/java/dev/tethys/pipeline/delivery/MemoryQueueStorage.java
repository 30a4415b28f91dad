package dev.tethys.pipeline.delivery;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Requests in memory. */
final class MemoryQueueStorage implements QueueStorage {
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private final AtomicLong bytes = new AtomicLong();

  @Override
  public long charge(EncodedRequest p) {
    return p.body().length;
  }

  @Override
  public long bytes() {
    return bytes.get();
  }

  @Override
  public Entry store(EncodedRequest p, long millis) {
    bytes.addAndGet(charge(p));
    return new Entry(p, charge(p), millis, true, null);
  }

  @Override
  public void publish(Entry e) {
    waiting.add(e);
  }

  @Override
  public @Nullable Entry next() {
    return waiting.poll();
  }

  @Override
  public @Nullable Entry peek() {
    return waiting.peek();
  }

  /** Returns the oldest pending entry whose source cannot wait. */
  @Nullable Entry oldestThatCannotWait() {
    for (Entry e : waiting) {
      if (!e.waits) {
        return e;
      }
    }
    return null;
  }

  /** Entries that were taken become the oldest again, in their order. */
  void putBack(ArrayDeque<Entry> taken) {
    taken.descendingIterator().forEachRemaining(waiting::addFirst);
  }

  @Override
  public int window() {
    return Integer.MAX_VALUE; // they are in memory either way
  }

  @Override
  public EncodedRequest load(Entry e) throws CorruptSegmentException {
    EncodedRequest p = e.request;
    if (p == null) {
      throw new CorruptSegmentException("no request in memory");
    }
    return p;
  }

  @Override
  public void done(Entry e) {
    bytes.addAndGet(-e.bytes);
  }

  @Override
  public Dropped dropOldest(IssuedEntry issued) {
    Entry e = issued.takeBack(null);
    if (e == null) {
      e = waiting.poll();
    }
    if (e == null) {
      return Dropped.NOTHING;
    }
    done(e);
    return new Dropped(1, e.items, e);
  }

  @Override
  public Dropped found() {
    return Dropped.NOTHING;
  }

  @Override
  public void close() {
    // holds no resources
  }
}
