package dev.tethys.logagent;

import dev.tethys.collect.logs.LogSource;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Shutdown of a job while others continue: its sources stop, entries held by its stages are
 * forwarded, and once all are delivered it is closed. No thread waits for that, since it can take
 * as long as an exporter's destination is down; until then another job with the same input would
 * read it twice.
 */
final class JobShutdown {
  private static final System.Logger LOG = JulLogger.of(JobShutdown.class.getName());
  private static final long CHECK_NANOS = 5; // milliseconds

  /** Time for the sources of an interrupted job to stop. */
  private static final Duration STOPPING = Duration.ofSeconds(5);

  private final LogJob job;
  private final LogExporters to;
  private final boolean held;
  private final Runnable over;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch delivered = new CountDownLatch(1);
  private final CountDownLatch cut = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  private JobShutdown(LogJob job, LogExporters to, boolean held, Runnable over) {
    this.job = job;
    this.to = to;
    this.held = held;
    this.over = over;
  }

  /**
   * Starts the shutdown.
   *
   * @param held whether only {@link #cut(Collection)} closes the job: positions list open files
   * @param over run when the job is closed
   */
  static JobShutdown of(LogJob job, LogExporters to, boolean held, Runnable over) {
    JobShutdown d = new JobShutdown(job, to, held, over);
    Thread.ofVirtual().name("leaving-" + job.name()).start(d::run);
    return d;
  }

  LogJob job() {
    return job;
  }

  private void run() {
    job.files.stop();
    Thread ofSources = Thread.ofVirtual().name("stopping-" + job.name()).start(this::stopSources);
    try {
      // Pushing clients get their response after delivery, so their entries are passed on in the
      // meantime.
      drainStages();
      awaitSources(ofSources);
      drainStages();
      awaitDestinations();
      // No caller waits any longer, so there is space for the entries that only this job still has.
      untilCut("reading-deleted-", this::readDeleted);
      drainStages();
      awaitDestinations();
      if (!job.isDelivered()) {
        LOG.log(
            Level.WARNING,
            "job {0} is not completely delivered: the rest is read again",
            job.name());
      }
      delivered.countDown();
      if (held) {
        cut.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      try {
        job.close();
      } finally { // after any failure: others wait for this without end
        delivered.countDown();
        closed.countDown();
        over.run();
      }
    }
  }

  /** The caller that cuts the job waits for this, so the wait is then short. */
  private void awaitSources(Thread ofSources) throws InterruptedException {
    while (!ofSources.join(Duration.ofMillis(CHECK_NANOS))) {
      if (cut.getCount() == 0) {
        if (!ofSources.join(STOPPING)) {
          LOG.log(Level.WARNING, "sources of job {0} do not stop and are abandoned", job.name());
        }
        return;
      }
    }
  }

  private void stopSources() {
    try {
      job.sources.forEach(LogSource::stop);
    } finally {
      stopped.countDown();
    }
  }

  private void awaitDestinations() throws InterruptedException {
    while (!job.isDelivered() && !cut.await(CHECK_NANOS, TimeUnit.MILLISECONDS)) {
      // a destination has it still
    }
  }

  private void readDeleted() {
    if (cut.getCount() > 0) {
      try {
        job.files.readDeleted();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Passes on the entries that stages hold. */
  private void drainStages() throws InterruptedException {
    untilCut(
        "giving-on-",
        () -> {
          job.pipeline.drain();
          to.flush();
        });
  }

  /** Runs work that may wait for a destination until the job is stopped. */
  private void untilCut(String name, Runnable what) throws InterruptedException {
    Thread t = Thread.ofVirtual().name(name + job.name()).start(what);
    while (!t.join(Duration.ofMillis(CHECK_NANOS)) && cut.getCount() > 0) {
      // a destination has no space
    }
  }

  /**
   * Whether its sources accept nothing more, so that their ports are free; waits until a deadline
   * in nanoseconds.
   */
  boolean isStopped(long until) throws InterruptedException {
    return stopped.await(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  /** Waits until all of it is delivered, or the wait is interrupted. */
  void awaitDelivery() throws InterruptedException {
    delivered.await();
  }

  /** Whether all of it is delivered, waited for until a time of the clock of nanos. */
  boolean isDelivered(long until) throws InterruptedException {
    return delivered.await(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  /** Whether the job is closed, waited for until a time of the clock of nanos. */
  boolean isOver(long until) throws InterruptedException {
    return closed.await(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  /**
   * Ends jobs with undelivered entries, which destinations have dropped by then. All are ended
   * concurrently: each may have a source that takes time to stop.
   */
  static void cut(Collection<JobShutdown> all) throws InterruptedException {
    all.forEach(d -> d.cut.countDown());
    for (JobShutdown d : all) {
      d.closed.await();
    }
  }
}
