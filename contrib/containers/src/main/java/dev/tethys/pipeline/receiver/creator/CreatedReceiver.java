package dev.tethys.pipeline.receiver.creator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.Receiver;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Running receiver of one endpoint and template; follows the desired configuration. A failed start
 * is logged and retried after a pause for as long as the receiver is desired.
 *
 * <p>Invariant: only its thread creates, starts and stops receivers, one at a time.
 */
final class CreatedReceiver {
  private static final System.Logger LOG = JulLogger.of(CreatedReceiver.class.getName());

  /** Time for a receiver that is no longer desired to deliver accepted data. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final Function<PlannedReceiver, Receiver> made;
  private final Duration again;
  private final Runnable whenGone;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private @Nullable PlannedReceiver wanted;

  @GuardedBy("lock")
  private boolean gone; // nothing ran and nothing was desired: further changes are ignored

  @GuardedBy("lock")
  private boolean ended;

  @GuardedBy("lock")
  private boolean waiting; // the thread may wait long for a receiver to start or finish

  @GuardedBy("lock")
  private Duration timeLimit = Duration.ZERO;

  /**
   * Creates an idle instance.
   *
   * @param again initial pause before a failed start is retried
   * @param whenGone callback for a receiver that has become permanently idle; not called after
   *     {@link #end}
   */
  CreatedReceiver(
      PlannedReceiver first,
      Function<PlannedReceiver, Receiver> made,
      Duration again,
      Runnable whenGone) {
    this.whenGone = whenGone;
    this.wanted = first;
    this.made = made;
    this.again = again;
    this.thread =
        Thread.ofVirtual()
            .name(first.called())
            .unstarted(SupervisedLoop.of("receiver_creator", this::run));
  }

  void start() {
    thread.start();
  }

  /** Sets the desired receiver, or none; returns false if this instance has ended. */
  boolean require(@Nullable PlannedReceiver w) {
    lock.lock();
    try {
      if (gone) {
        return false;
      }
      if (w == null || wanted == null || !w.sameAs(wanted)) {
        wanted = w;
        wake();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing ran and nothing was requested, after which changes are ignored. */
  boolean isGone() {
    lock.lock();
    try {
      return gone;
    } finally {
      lock.unlock();
    }
  }

  /** Ends within a time limit limit. */
  void end(Duration time) {
    lock.lock();
    try {
      ended = true;
      timeLimit = time;
      wake();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for its end. */
  boolean join(Duration time) throws InterruptedException {
    return thread.join(time);
  }

  /**
   * Wakes the thread; called with the lock. A starting receiver may wait for a server, a finishing
   * one for files.
   */
  @GuardedBy("lock")
  private void wake() {
    if (waiting) {
      thread.interrupt();
    }
    changed.signalAll();
  }

  // State of the thread: the running receiver.
  private @Nullable PlannedReceiver current;
  private @Nullable Receiver running;

  private void run() {
    Duration pause = again;
    while (awaitOther(current, running == null ? pause : null)) {
      PlannedReceiver before = current;
      Receiver former = running;
      if (former != null && before != null) {
        LOG.log(Level.INFO, "{0} ends", before.called());
        if (beginFinish()) {
          finish(former, before);
        }
        stop(former, before, GRACE);
        running = null;
      }
      PlannedReceiver next = next();
      current = next;
      if (next == null) {
        whenGone.run();
        return;
      }
      pause = before == next ? shorter(pause.multipliedBy(2), LONGEST) : again;
      running = begin(next);
    }
    PlannedReceiver last = current;
    Receiver former = running;
    if (former != null && last != null) {
      stop(former, last, timeLimit());
    }
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** Waits until another configuration is desired or the retry is due; returns false at the end. */
  private boolean awaitOther(@Nullable PlannedReceiver current, @Nullable Duration pause) {
    lock.lock();
    try {
      long remaining = pause == null ? Long.MAX_VALUE : pause.toNanos();
      while (!ended && current != null && wanted == current && remaining > 0) {
        if (pause == null) {
          changed.awaitUninterruptibly();
        } else {
          remaining = changed.awaitNanos(remaining);
        }
      }
      return !ended;
    } catch (InterruptedException e) {
      return !ended; // no one does
    } finally {
      lock.unlock();
    }
  }

  /** Returns the desired receiver; if there is none, returns null and ends this instance. */
  private @Nullable PlannedReceiver next() {
    lock.lock();
    try {
      gone = wanted == null;
      waiting = !gone && !ended;
      return wanted;
    } finally {
      lock.unlock();
    }
  }

  /** Whether its endpoint no longer exists. */
  private boolean beginFinish() {
    lock.lock();
    try {
      waiting = wanted == null && !ended;
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /** Lets the receiver deliver remaining data until another receiver is desired. */
  private void finish(Receiver r, PlannedReceiver w) {
    try {
      r.finish(GRACE);
    } catch (InterruptedException e) {
      // the endpoint is back, or all ends
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, w.called() + " failed to deliver remaining data", e);
    }
    lock.lock();
    try {
      waiting = false;
      Thread.interrupted(); // no more interrupts follow
    } finally {
      lock.unlock();
    }
  }

  private Duration timeLimit() {
    lock.lock();
    try {
      return timeLimit;
    } finally {
      lock.unlock();
    }
  }

  /** Starts a receiver; returns null if it cannot start. */
  private @Nullable Receiver begin(PlannedReceiver w) {
    Receiver r = null;
    String problem = null;
    try {
      r = made.apply(w);
      r.start();
      LOG.log(Level.INFO, "{0} runs", w.called());
    } catch (IOException | ConfigException e) {
      problem = String.valueOf(e.getMessage());
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      problem = e.toString();
    }
    boolean tell;
    lock.lock();
    try {
      waiting = false;
      Thread.interrupted(); // no more interrupts follow
      tell = !ended && wanted == w;
    } finally {
      lock.unlock();
    }
    if (problem == null) {
      return r;
    }
    if (r != null) {
      stop(r, w, Duration.ZERO);
    }
    if (tell) {
      LOG.log(Level.ERROR, "{0} cannot start, and is retried: {1}", w.called(), problem);
    }
    return null;
  }

  private static void stop(Receiver r, PlannedReceiver w, Duration time) {
    try {
      r.stop(time);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, w.called() + " failed to stop", e);
    }
  }
}
