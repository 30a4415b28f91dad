package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Timer for deadlines, nearly all of which are cancelled long before they expire. A timer that
 * schedules each deadline wakes its thread for each. This timer is set to the earliest deadline
 * only and, when it fires, to the earliest of those still pending: for calls with a timeout of ten
 * seconds, every ten seconds.
 */
final class Deadlines {
  /** Deadlines within this time of each other expire together. */
  private static final long TOGETHER_NANOS = 500_000;

  private final ScheduledExecutorService timer;

  /** Head of the unordered ring of pending deadlines. */
  private final Watch ring = new Watch(0, () -> {});

  @GuardedBy("ring")
  private @Nullable ScheduledFuture<?> alarm;

  @GuardedBy("ring")
  private long alarmAt;

  /** Runs on the timer's thread; must not block. */
  Deadlines(ScheduledExecutorService timer) {
    this.timer = timer;
  }

  /** Registered deadline of one operation. */
  final class Watch {
    private final long at;
    private final Runnable expired;
    private Watch before = this; // guarded by ring
    private Watch after = this; // guarded by ring

    private Watch(long at, Runnable expired) {
      this.at = at;
      this.expired = expired;
    }

    /** Cancels the deadline, unless its callback has started. Idempotent. */
    void over() {
      synchronized (ring) {
        leave();
      }
    }

    private void leave() {
      before.after = after;
      after.before = before;
      before = this;
      after = this;
    }
  }

  /**
   * Watches something.
   *
   * @param at deadline as a {@link System#nanoTime} value
   * @param expired called once at the deadline; must be short and must not throw
   */
  Watch watch(long at, Runnable expired) {
    Watch w = new Watch(at, expired);
    synchronized (ring) {
      if (alarm == null || at - alarmAt < 0) {
        set(at);
      }
      w.before = ring.before;
      w.after = ring;
      ring.before.after = w;
      ring.before = w;
    }
    return w;
  }

  @GuardedBy("ring")
  private void set(long at) {
    ScheduledFuture<?> earlier = alarm;
    alarm = timer.schedule(this::ring, at - System.nanoTime(), TimeUnit.NANOSECONDS);
    alarmAt = at;
    if (earlier != null) {
      earlier.cancel(false);
    }
  }

  private void ring() {
    List<Watch> due = new ArrayList<>();
    synchronized (ring) {
      long now = System.nanoTime() + TOGETHER_NANOS;
      if (alarm != null && alarmAt - now > 0) {
        return; // one that was cancelled too late: another is set
      }
      alarm = null;
      Watch next = null;
      for (Watch w = ring.after; w != ring; ) {
        Watch following = w.after;
        if (w.at - now <= 0) {
          w.leave();
          due.add(w);
        } else if (next == null || w.at - next.at < 0) {
          next = w;
        }
        w = following;
      }
      if (next != null) {
        set(next.at);
      }
    }
    due.forEach(w -> w.expired.run());
  }
}
