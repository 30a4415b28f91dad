package dev.tethys.model.guard;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.function.Supplier;

/**
 * Objects with large arrays that one request after another uses. Arrays of each request of its own
 * would be alive at the young collections that happen meanwhile, and so grow old. Objects that wait
 * here are released by the next full collection, so that an idle process does not keep them. Safe
 * for several threads.
 *
 * @param <T> type of the objects
 */
public final class RequestBuffers<T> {
  private static final int MAX_WAITING = 64;

  private final ArrayDeque<WeakReference<T>> waiting = new ArrayDeque<>();
  private final Supplier<T> create;

  /**
   * Creates an empty collection.
   *
   * @param create creates an object when none waits
   */
  public RequestBuffers(Supplier<T> create) {
    this.create = create;
  }

  /** An object that no other request has. */
  public T take() {
    synchronized (waiting) {
      while (!waiting.isEmpty()) {
        T kept = waiting.pollLast().get();
        if (kept != null) {
          return kept;
        }
      }
    }
    return create.get();
  }

  /** Takes an object back that the caller has cleared and does not use any more. */
  public void release(T object) {
    synchronized (waiting) {
      if (waiting.size() < MAX_WAITING) {
        waiting.addLast(new WeakReference<>(object));
      }
    }
  }
}
