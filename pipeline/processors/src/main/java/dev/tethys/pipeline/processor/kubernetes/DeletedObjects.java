package dev.tethys.pipeline.processor.kubernetes;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Deleted objects, kept for a grace period because their telemetry may still arrive. There is an
 * entry for each object that went within that time.
 */
final class DeletedObjects {
  private record Departure(long due, Runnable forget) {}

  private final long graceMillis;
  private final ArrayDeque<Departure> waiting = new ArrayDeque<>(); // guarded by this

  DeletedObjects(long graceMillis) {
    this.graceMillis = graceMillis;
  }

  /** Something went; what forgets it is short, and does nothing if it came back. */
  void add(long now, Runnable forget) {
    if (graceMillis == 0) {
      forget.run();
      return;
    }
    synchronized (this) {
      waiting.add(new Departure(now + graceMillis, forget));
    }
  }

  /** Forgets what went long enough ago. */
  void sweep(long now) {
    List<Runnable> due = new ArrayList<>();
    synchronized (this) {
      while (!waiting.isEmpty() && waiting.peekFirst().due <= now) {
        due.add(waiting.removeFirst().forget);
      }
    }
    due.forEach(Runnable::run);
  }

  synchronized int size() {
    return waiting.size();
  }
}
