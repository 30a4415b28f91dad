package dev.tethys.logagent;

import dev.tethys.collect.logs.EntrySink;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.stages.Stages;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Stages of a job, and the timer that makes them emit held entries. */
final class JobPipeline implements EntrySink, AutoCloseable {
  /** Interval at which held entries are checked, in milliseconds. */
  private static final long TICK = 50;

  private static final System.Logger LOG = JulLogger.of(JobPipeline.class.getName());

  private final String job;
  private final StageInspection inspection;
  private final Consumer<LogEntry> to;
  private final ReentrantLock lock = new ReentrantLock(); // stages are for one thread at a time
  private final AtomicReference<@Nullable Supplier<Stages>> next = new AtomicReference<>();
  private volatile Stages stages; // changes with the lock
  private volatile boolean closed;
  private final Thread ticker;
  private String loggedFault = ""; // of the ticker

  JobPipeline(String job, Stages stages, StageInspection inspection, Consumer<LogEntry> to) {
    this.job = job;
    this.stages = stages;
    this.inspection = inspection;
    this.to = to;
    this.ticker =
        Thread.ofVirtual().name("stages-" + job).start(SupervisedLoop.of("log_stages", this::tick));
  }

  @Override
  public void accept(LogEntry entry) throws InterruptedException {
    lock.lockInterruptibly();
    run(entry);
  }

  @Override
  public boolean offer(LogEntry entry, Duration limit) throws InterruptedException {
    if (!lock.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      return false;
    }
    run(entry);
    return true;
  }

  /** With the lock, which is released. */
  private void run(LogEntry entry) {
    try {
      change();
      inspection.begin(entry);
      stages.run(entry, to);
    } finally {
      inspection.end();
      lock.unlock();
    }
  }

  /**
   * Switches to other stages for the entries from now on. The call does not wait for a destination:
   * held entries are passed on first by the thread with the next entry, which may have to wait for
   * a destination.
   *
   * @param others created after the current stages have ended, since both may have the same metrics
   */
  void become(Supplier<Stages> others) {
    next.set(others);
  }

  /** With the lock. */
  private void change() {
    Supplier<Stages> others = next.get();
    if (others == null) {
      return;
    }
    drainStages(); // if that fails, it is tried again with the next entry
    next.compareAndSet(others, null);
    stages.close();
    try {
      stages = others.get();
    } catch (RuntimeException e) {
      LOG.log(
          Level.ERROR,
          "job " + job + ": its stages cannot be created and stay as they were, without metrics",
          e);
      return;
    }
    if (closed) {
      stages.close();
    }
  }

  /** Returns the number of stages. */
  int size() {
    return stages.size();
  }

  /** Returns the stage observers. */
  StageInspection inspection() {
    return inspection;
  }

  private void tick() {
    try {
      while (true) {
        Thread.sleep(TICK);
        lock.lockInterruptibly();
        try {
          change();
          if (stages.nextFlush() <= System.nanoTime()) {
            inspection.begin(null);
            stages.flush(to);
          }
        } catch (RuntimeException | Error e) { // others still wait for what is held back
          logFault(e);
        } finally {
          inspection.end();
          lock.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Once, and not with every tick. */
  private void logFault(Throwable fault) {
    String text = fault.toString();
    if (!text.equals(loggedFault)) {
      loggedFault = text;
      LOG.log(Level.ERROR, "job " + job + ": entries held by its stages were not passed on", fault);
    }
  }

  /** Emits all held entries. */
  void drain() {
    lock.lock();
    try {
      drainStages();
    } finally {
      lock.unlock();
    }
  }

  private void drainStages() {
    try {
      inspection.begin(null);
      stages.drain(to);
    } finally {
      inspection.end();
    }
  }

  @Override
  public void close() {
    ticker.interrupt();
    closed = true; // before a change at this moment is evaluated
    stages.close();
  }
}
