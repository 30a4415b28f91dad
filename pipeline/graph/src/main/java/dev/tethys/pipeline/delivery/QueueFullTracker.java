package dev.tethys.pipeline.delivery;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Time since which a queue is full, and the components that wait for it. A queue that is full again
 * within {@link #STEADY_MILLIS} counts as continuously full: a slow destination frees space for one
 * request after the other.
 *
 * <p>Not thread-safe.
 */
final class QueueFullTracker {
  /** Time with space after which a queue is no longer full. */
  static final long STEADY_MILLIS = 10_000;

  /** Components that are remembered before those that no longer wait are dropped. */
  private static final int MOST_REMEMBERED = 100;

  private static final class Wait {
    int threads;
    long endedAt;

    boolean isOver(long now) {
      return threads == 0 && now - endedAt >= STEADY_MILLIS;
    }
  }

  private final Map<DrainScope.Exit, Wait> waits = new HashMap<>();
  private boolean full;
  private long fullSince; // 0 for never
  private long fullAt; // when it was found full last, or ceased to be

  /**
   * Records that a request found no space.
   *
   * @return whether there was space until now
   */
  boolean noRoom(long now) {
    boolean begins = since(now) == 0;
    if (begins) {
      fullSince = now;
    }
    full = true;
    fullAt = now;
    return begins;
  }

  /** Whether nothing has left the queue since a request found no space. */
  boolean isFull() {
    return full;
  }

  /** Records that a request left the queue. */
  void roomMade(long now) {
    if (full) {
      full = false;
      fullAt = now;
    }
  }

  /** Returns the time since which the queue is full, in Unix milliseconds; 0 if it has space. */
  long since(long now) {
    return fullSince != 0 && (full || now - fullAt < STEADY_MILLIS) ? fullSince : 0;
  }

  /** Records that a thread starts to wait for space, having passed these exits. */
  void begin(List<DrainScope.Exit> sources, long now) {
    if (waits.size() > MOST_REMEMBERED) {
      forget(now);
    }
    sources.forEach(s -> waits.computeIfAbsent(s, k -> new Wait()).threads++);
  }

  /** Records that a thread no longer waits. */
  void end(List<DrainScope.Exit> sources, long now) {
    for (DrainScope.Exit s : sources) {
      Wait w = waits.get(s);
      if (w != null) {
        w.threads--;
        w.endedAt = now;
      }
    }
  }

  /** Whether threads that passed it are waiting, or were a moment ago. */
  boolean isBlocking(DrainScope.Exit source, long now) {
    Wait w = waits.get(source);
    return w != null && !w.isOver(now);
  }

  private void forget(long now) {
    for (Iterator<Wait> i = waits.values().iterator(); i.hasNext(); ) {
      if (i.next().isOver(now)) {
        i.remove();
      }
    }
  }
}
