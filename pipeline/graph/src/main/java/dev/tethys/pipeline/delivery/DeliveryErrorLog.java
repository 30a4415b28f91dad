package dev.tethys.pipeline.delivery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Redaction;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Errors of an outbox: keeps the latest one for status pages and logs some, rate limited so that a
 * remote system that rejects everything does not flood the log. Thread-safe.
 */
final class DeliveryErrorLog {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  /** Log interval of rejected requests. */
  private static final Duration EVERY = Duration.ofSeconds(10);

  /** Log interval of requests that are retried. */
  private static final Duration EVERY_WAIT = Duration.ofMinutes(1);

  /** Delivery error and its time in Unix milliseconds; "" and 0 if none. */
  record Error(String reason, long millis) {}

  private static final Error NONE = new Error("", 0);

  private final String name;
  private final Scheduler clock;
  private volatile Error last = NONE;

  @GuardedBy("this")
  private boolean isLogged;

  @GuardedBy("this")
  private long loggedAt;

  @GuardedBy("this")
  private long unsaid;

  @GuardedBy("this")
  private boolean waited; // a wait was ever told

  private volatile boolean waits; // logged, but not finished yet

  @GuardedBy("this")
  private long waitsAt;

  DeliveryErrorLog(String name, Scheduler clock) {
    this.name = name;
    this.clock = clock;
  }

  /** Remembers it as the last, with secrets masked: pages and control planes show it. */
  void note(String error) {
    last = new Error(Redaction.text(error), clock.millis());
  }

  /** Drops the last error, which belongs to another destination. */
  void forget() {
    last = NONE;
  }

  Error last() {
    return last;
  }

  /**
   * Logs at most once per minute that a request was rejected several times and is retried, so that
   * the log explains missing data.
   */
  void waits(int attempts, String why) {
    synchronized (this) {
      long now = clock.nanos();
      if (waited && now - waitsAt < EVERY_WAIT.toNanos()) {
        return;
      }
      waited = true;
      waits = true;
      waitsAt = now;
    }
    LOG.log(
        Level.WARNING,
        "{0}: not delivered in {1} attempts, retrying: {2}",
        name,
        String.valueOf(attempts),
        why);
  }

  /** Logs an accepted request, if earlier rejections were logged. */
  void taken(int attempts) {
    if (!waits) {
      return;
    }
    waits = false;
    LOG.log(Level.INFO, "{0}: delivers again, after {1} attempts", name, String.valueOf(attempts));
  }

  /** Logs, unless a line was logged just before. */
  void log(String what) {
    long more;
    synchronized (this) {
      long now = clock.nanos();
      if (isLogged && now - loggedAt < EVERY.toNanos()) {
        unsaid++;
        return;
      }
      isLogged = true;
      loggedAt = now;
      more = unsaid;
      unsaid = 0;
    }
    LOG.log(
        Level.WARNING,
        "{0}: {1}{2}",
        name,
        what,
        more == 0 ? "" : " (and " + more + " more since this was last said)");
  }
}
