package dev.tethys.pipeline.processor.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Deleted objects, kept for a grace period because their telemetry may still arrive. Each object
 * deleted within that time has an entry.
 */
final class DeletedObjects {
  private record Departure(long due, Runnable forget) {}

  private final long graceMillis;

  @GuardedBy("this")
  private final ArrayDeque<Departure> waiting = new ArrayDeque<>();

  DeletedObjects(long graceMillis) {
    this.graceMillis = graceMillis;
  }

  /**
   * Adds a deleted object. {@code forget} is short and does nothing if the object was recreated.
   */
  void add(long now, Runnable forget) {
    if (graceMillis == 0) {
      forget.run();
      return;
    }
    synchronized (this) {
      waiting.add(new Departure(now + graceMillis, forget));
    }
  }

  /** Removes objects whose grace period has ended. */
  void sweep(long now) {
    List<Runnable> due = new ArrayList<>();
    synchronized (this) {
      while (!waiting.isEmpty() && waiting.peekFirst().due <= now) {
        due.add(waiting.removeFirst().forget);
      }
    }
    due.forEach(Runnable::run);
  }
}
