package dev.tethys.model.guard;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Objects with large arrays that are reused across requests. Arrays allocated per request would
 * survive the young collections that happen meanwhile and be promoted. Idle objects are released by
 * the next full collection, so that an idle process does not keep them. Thread-safe.
 *
 * @param <T> type of the objects
 */
public final class RequestBuffers<T> {
  /** Larger objects are left to the garbage collector. */
  private static final int MAX_OBJECT_BYTES = 4 << 20;

  private static final int MAX_BYTES = 8 << 20; // of all objects that wait

  private final ArrayDeque<Waiting<T>> waiting = new ArrayDeque<>();
  private final Supplier<T> create;
  private final ToLongFunction<T> size;
  private final long maxObjectBytes;
  private final long maxBytes;
  private long bytes;

  private record Waiting<T>(WeakReference<T> object, long bytes) {}

  /**
   * Creates an empty collection.
   *
   * @param create creates an object when none waits
   * @param size returns the size of an object's arrays in bytes
   */
  public RequestBuffers(Supplier<T> create, ToLongFunction<T> size) {
    this(create, size, MAX_OBJECT_BYTES, MAX_BYTES);
  }

  /**
   * Variant with other limits.
   *
   * @param maxObjectBytes largest object that waits
   * @param maxBytes maximum number of bytes of all that wait
   */
  public RequestBuffers(
      Supplier<T> create, ToLongFunction<T> size, long maxObjectBytes, long maxBytes) {
    this.create = create;
    this.size = size;
    this.maxObjectBytes = maxObjectBytes;
    this.maxBytes = maxBytes;
  }

  /** Returns an object not used by any other request. */
  public T take() {
    synchronized (waiting) {
      while (!waiting.isEmpty()) {
        Waiting<T> last = waiting.removeLast();
        bytes -= last.bytes;
        T kept = last.object.get();
        if (kept != null) {
          return kept;
        }
      }
    }
    return create.get();
  }

  /** Takes back an object that the caller has cleared and no longer uses. */
  public void release(T object) {
    long of = size.applyAsLong(object);
    synchronized (waiting) {
      if (of <= maxObjectBytes && bytes + of <= maxBytes) {
        waiting.addLast(new Waiting<>(new WeakReference<>(object), of));
        bytes += of;
      }
    }
  }
}
