package dev.tethys.store.metrics.internal.block;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Cache of decompressed groups of all blocks, at most {@link #ENTRIES}: each group maps to one slot
 * and replaces its content. Neighbouring series share a group, so even a small cache saves most of
 * the work.
 */
final class GroupCache {
  /** About 8 MiB when full. */
  static final int ENTRIES = 256;

  private record Entry(Object owner, int group, byte[] content) {}

  private final AtomicReferenceArray<@Nullable Entry> entries = new AtomicReferenceArray<>(ENTRIES);
  private final AtomicLong held = new AtomicLong();

  byte[] get(Object owner, int group, Supplier<byte[]> load) {
    int h = System.identityHashCode(owner) * 31 + group * 0x9E3779B9;
    int at = (h >>> 16 ^ h) & ENTRIES - 1;
    Entry e = entries.get(at);
    if (e != null && e.owner == owner && e.group == group) {
      return e.content;
    }
    byte[] b = load.get();
    Entry before = entries.getAndSet(at, new Entry(owner, group, b));
    held.addAndGet(b.length - (before == null ? 0 : before.content.length));
    return b;
  }

  void forget(Object owner) {
    for (int i = 0; i < ENTRIES; i++) {
      Entry e = entries.get(i);
      if (e != null && e.owner == owner) {
        if (entries.compareAndSet(i, e, null)) {
          held.addAndGet(-e.content.length);
        }
      }
    }
  }

  /** Returns the size of the cached groups in bytes. */
  long held() {
    return held.get();
  }
}
