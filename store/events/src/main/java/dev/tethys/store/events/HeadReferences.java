package dev.tethys.store.events;

import java.util.Collection;
import java.util.List;

/**
 * Reference counts held by views on the heads of a generation. The heads are recycled when their
 * rows are in parts and no view holds them. Guarded by the lock of the engine.
 */
final class HeadReferences<H extends EventHead<?>> {
  private int views;
  private Collection<H> written = List.of();

  void retain() {
    views++;
  }

  void release(EventSignal<H, ?, ?> signal) {
    views--;
    recycle(signal);
  }

  /** Records that the rows of the heads have been written to parts. */
  void written(Collection<H> heads, EventSignal<H, ?, ?> signal) {
    written = heads;
    recycle(signal);
  }

  private void recycle(EventSignal<H, ?, ?> signal) {
    if (views == 0) {
      written.forEach(signal::recycle);
      written = List.of();
    }
  }
}
