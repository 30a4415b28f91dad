package dev.tethys.store.metrics.internal.block;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/**
 * Decompressed groups of all blocks, at most {@link #ENTRIES}: each has one place, and what stood
 * there leaves. Neighbouring series share a group, so even a small cache saves most of the work.
 */
final class GroupCache {
  /** About 8 MiB when full. */
  static final int ENTRIES = 256;

  private record Entry(Object owner, int group, byte[] content) {}

  private final AtomicReferenceArray<Entry> entries = new AtomicReferenceArray<>(ENTRIES);

  byte[] get(Object owner, int group, Supplier<byte[]> load) {
    int h = System.identityHashCode(owner) * 31 + group * 0x9E3779B9;
    int at = (h >>> 16 ^ h) & ENTRIES - 1;
    Entry e = entries.get(at);
    if (e != null && e.owner == owner && e.group == group) {
      return e.content;
    }
    byte[] b = load.get();
    entries.set(at, new Entry(owner, group, b));
    return b;
  }

  void forget(Object owner) {
    for (int i = 0; i < ENTRIES; i++) {
      Entry e = entries.get(i);
      if (e != null && e.owner == owner) {
        entries.compareAndSet(i, e, null);
      }
    }
  }
}
