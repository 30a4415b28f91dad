package dev.tethys.model.turns;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs blocking tasks at given times on a few platform threads. Each idle thread has taken its next
 * task and sleeps until its time, so that only time wakes it. A virtual thread would be woken by a
 * timer or poller thread, through the scheduler, with a copy of its stack; for scrapes that cost a
 * seventh of an agent's CPU. When all threads are busy, further tasks run on virtual threads.
 * Thread-safe.
 *
 * <p>Invariants, under the lock: a turn is in {@link #waiting}, taken by one idle thread, or over;
 * there is an idle thread while there are turns that are not over; turns taken by idle threads are
 * due before all that wait.
 */
public final class TimedTurns {
  private static final System.Logger LOG = JulLogger.of(TimedTurns.class.getName());
  private static final LimitedLog LINES = new LimitedLog(LOG);

  /** Task with a due time. */
  public interface Alarm {
    /** Cancels the task; returns true if it had not started. */
    boolean cancel();
  }

  private final String name;
  private final int most;
  private final ThreadFactory threads;
  private final ReentrantLock lock = new ReentrantLock();
  private final TreeSet<ScheduledTask> waiting = new TreeSet<>();
  private final List<Worker> idle = new ArrayList<>();
  private int workers;
  private long turns;

  /**
   * Turns without any thread yet.
   *
   * @param name thread name
   * @param most maximum number of threads; threads once created are kept
   */
  public TimedTurns(String name, int most) {
    this(name, most, Thread.ofPlatform().daemon().name(name).factory());
  }

  /** Variant with a thread factory. */
  TimedTurns(String name, int most, ThreadFactory threads) {
    this.name = name;
    this.most = most;
    this.threads = threads;
  }

  private final class ScheduledTask implements Alarm, Comparable<ScheduledTask> {
    private final long due; // by System.nanoTime
    private final long number;
    private @Nullable Runnable work; // null when it is over

    ScheduledTask(long due, long number, Runnable work) {
      this.due = due;
      this.number = number;
      this.work = work;
    }

    @Override
    public int compareTo(ScheduledTask o) {
      return due != o.due ? Long.signum(due - o.due) : Long.compare(number, o.number);
    }

    /** The caller must hold the lock. */
    Runnable begin() {
      Runnable w = work;
      if (w == null) {
        throw new IllegalStateException("it has ended");
      }
      work = null;
      return w;
    }

    @Override
    public boolean cancel() {
      lock.lock();
      try {
        if (work == null) {
          return false;
        }
        work = null;
        waiting.remove(this); // the thread that has taken it sees that it is over
        return true;
      } finally {
        lock.unlock();
      }
    }
  }

  private final class Worker {
    private final Condition news = lock.newCondition();
    private @Nullable ScheduledTask taken;

    boolean isLaterThan(@Nullable ScheduledTask other) {
      ScheduledTask t = taken;
      return t == null || t.work == null || other != null && t.compareTo(other) > 0;
    }
  }

  /**
   * Schedules an action.
   *
   * @param due due time, as returned by {@link System#nanoTime}
   */
  public Alarm at(long due, Runnable work) {
    lock.lock();
    try {
      ScheduledTask t = new ScheduledTask(due, turns++, work);
      waiting.add(t);
      if (workers == 0) {
        start();
        return t;
      }
      Worker last = null; // the least urgent one
      for (Worker w : idle) {
        if (last == null || w.isLaterThan(last.taken)) {
          last = w;
        }
      }
      if (last != null && last.isLaterThan(t)) {
        ScheduledTask before = last.taken;
        if (before != null && before.work != null) {
          waiting.add(before);
        }
        last.taken = waiting.pollFirst();
        last.news.signal();
      }
      return t;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The caller must hold the lock. If the system provides no more threads, one thread must remain
   * to check the clock, or no task would ever run again.
   */
  private void start() {
    workers++;
    try {
      threads.newThread(this::run).start();
    } catch (OutOfMemoryError e) {
      LOG.log(
          Level.WARNING, "no thread for " + name + ", a virtual one does it: " + e.getMessage());
      Thread.ofVirtual().name(name).start(this::run);
    }
  }

  private void run() {
    Worker w = new Worker();
    SupervisedLoop.of(
            name,
            () -> {
              while (true) {
                perform(next(w));
                Thread.interrupted(); // the interrupt was meant for the previous task
              }
            })
        .run();
  }

  private void perform(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      LINES.failure(Level.ERROR, "Task failed, which is a fault of Tethys thread", name, e);
    }
  }

  /** Performs a turn that was taken from the others, unless it was cancelled meanwhile. */
  private void performBegun(ScheduledTask t) {
    Runnable work;
    lock.lock();
    try {
      if (t.work == null) {
        return;
      }
      work = t.begin();
    } finally {
      lock.unlock();
    }
    perform(work);
  }

  /** Waits for the next turn. */
  private Runnable next(Worker w) {
    lock.lock();
    try {
      if (!idle.contains(w)) { // it is still when an error has ended its wait
        idle.add(w);
      }
      while (true) {
        ScheduledTask t = w.taken;
        if (t == null || t.work == null) {
          t = waiting.pollFirst();
          w.taken = t;
        }
        long remaining = t == null ? Long.MAX_VALUE : t.due - System.nanoTime();
        if (t == null || remaining > 0) {
          sleep(w, remaining);
          continue;
        }
        if (idle.size() == 1 && workers == most) {
          ScheduledTask now = t;
          Thread other = Thread.ofVirtual().name(name).unstarted(() -> performBegun(now));
          w.taken = null;
          other.start();
          continue;
        }
        if (idle.size() == 1) {
          start();
        }
        w.taken = null;
        idle.remove(w);
        return t.begin();
      }
    } finally {
      lock.unlock();
    }
  }

  private static void sleep(Worker w, long nanos) {
    try {
      w.news.awaitNanos(nanos);
    } catch (InterruptedException e) {
      // these threads are never interrupted
    }
  }

  /** Returns the number of threads. */
  int threads() {
    lock.lock();
    try {
      return workers;
    } finally {
      lock.unlock();
    }
  }
}
