package dev.tethys.pipeline.receiver.leader;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Leadership;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.Reference;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Receiver that is created and runs while this process is the leader, and is stopped when it loses
 * leadership. A failed start is retried after a pause for as long as the process leads.
 *
 * <p>Invariant: only the thread creates, starts and stops receivers, one at a time.
 */
public final class ElectedReceiver implements Receiver {
  private static final System.Logger LOG = JulLogger.of(ElectedReceiver.class.getName());
  private static final Duration AGAIN = Duration.ofSeconds(5);

  private final Leadership leadership;
  private final Supplier<Receiver> made;
  private final String name;
  private final Duration again;
  private final Leadership.Follower follower = this::leads;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private boolean leads;

  @GuardedBy("lock")
  private boolean ended;

  @GuardedBy("lock")
  private boolean starting;

  @GuardedBy("lock")
  private Duration timeLimit = Duration.ZERO;

  /**
   * Creates a stopped instance.
   *
   * @param again pause before a failed start is retried
   */
  public ElectedReceiver(
      Leadership leadership, Supplier<Receiver> made, String name, Duration again) {
    this.again = again;
    this.leadership = leadership;
    this.made = made;
    this.name = name;
    this.thread =
        Thread.ofVirtual()
            .name(name + " elected")
            .unstarted(SupervisedLoop.of("leader", this::run));
  }

  /** Returns the key by which a receiver references its elector. */
  public static Key<Reference> elector(Section section) {
    return section.optional(
        "k8s_leader_elector",
        Reference.TYPE,
        "Leader election extension; the receiver runs only on the elected "
            + "replica. Without it, the receiver always runs.");
  }

  /**
   * Creates a receiver according to its settings.
   *
   * @param elector the extension; null to always run
   * @param made creates a new receiver on each call
   */
  public static Receiver of(@Nullable Reference elector, Context context, Supplier<Receiver> made) {
    return elector == null
        ? made.get()
        : new ElectedReceiver(
            context.extension(elector, Leadership.class), made, context.name(), AGAIN);
  }

  @Override
  public void start() {
    thread.start();
    leadership.follow(follower);
  }

  private void leads(boolean now) {
    lock.lock();
    try {
      leads = now;
      wake();
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the thread; called with the lock. A starting receiver may wait for a server. */
  @GuardedBy("lock")
  private void wake() {
    if (starting && (ended || !leads)) {
      thread.interrupt();
    }
    changed.signalAll();
  }

  /** The receiver at work; of the thread that runs it. */
  private @Nullable Receiver running;

  private void run() {
    while (true) {
      Receiver former = running;
      Boolean next = next(former != null);
      if (next == null) {
        break;
      }
      if (next) {
        running = begin();
      } else if (former != null) {
        LOG.log(Level.INFO, "{0}: this replica lost leadership and stopped", name);
        end(former, leadership.grace());
        running = null;
      }
    }
    Receiver last = running;
    if (last != null) {
      end(last, timeLimit());
    }
  }

  private void end(Receiver r, Duration time) {
    try {
      r.stop(time);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, name + " failed to stop", e);
    }
  }

  /** Waits until the receiver must start or stop; null at the end. */
  private @Nullable Boolean next(boolean runs) {
    lock.lock();
    try {
      while (!ended && leads == runs) {
        changed.awaitUninterruptibly();
      }
      return ended ? null : leads;
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

  /** Starts a receiver; null, after a pause, if it cannot start or is no longer required. */
  private @Nullable Receiver begin() {
    lock.lock();
    try {
      if (ended || !leads) {
        return null;
      }
      starting = true;
    } finally {
      lock.unlock();
    }
    Receiver r = null;
    String problem = null;
    try {
      r = made.get();
      r.start();
      LOG.log(Level.INFO, "{0}: this replica is now active", name);
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    } catch (RuntimeException e) {
      problem = e.toString();
    }
    lock.lock();
    try {
      starting = false;
      Thread.interrupted(); // no more interrupts follow
    } finally {
      lock.unlock();
    }
    if (problem == null) {
      return r;
    }
    if (r != null) {
      end(r, Duration.ZERO);
    }
    awaitAnother(problem);
    return null;
  }

  /** Waits before the next attempt, if there is to be one. */
  private void awaitAnother(String problem) {
    lock.lock();
    try {
      if (!ended && leads) {
        LOG.log(Level.ERROR, "{0} cannot start, and is retried: {1}", name, problem);
        long remaining = again.toNanos();
        while (!ended && leads && remaining > 0) {
          remaining = changed.awaitNanos(remaining);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // no one does
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void stop(Duration time) {
    lock.lock();
    try {
      ended = true;
      timeLimit = time;
      wake();
    } finally {
      lock.unlock();
    }
    try {
      if (thread.getState() != Thread.State.NEW && !thread.join(time.plus(Duration.ofSeconds(1)))) {
        // Who has not left keeps the lease, that no other begins before this one's end.
        LOG.log(Level.WARNING, "{0} has not ended in time", name);
        return;
      }
      leadership.leave(follower);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
