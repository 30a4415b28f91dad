package dev.tethys.collect.scrape;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Log lines about targets that cannot be scraped. There is one when a target begins to fail or
 * fails for another reason, at most one a minute for each target; one every ten minutes while it
 * fails; and one when it recovers. The number of lines a minute over all targets is bounded; the
 * rest is counted. Thread-safe.
 */
public final class FailureReports {
  /** Logs nothing. */
  public static final FailureReports NONE = new FailureReports(null, "");

  static final Duration AGAIN = Duration.ofMinutes(10);
  static final Duration OTHER_REASON = Duration.ofMinutes(1);
  static final int MAX_LINES = 50;

  /** Logged failures of one target. Used only by the target's loop. */
  static final class OfTarget {
    private boolean fails;
    private String logged = "";
    private Instant at = Instant.MIN;
  }

  private final System.@Nullable Logger logger;
  private final String component;

  @GuardedBy("this")
  private Instant minute = Instant.MIN;

  @GuardedBy("this")
  private int lines; // of this minute

  @GuardedBy("this")
  private int suppressed;

  private FailureReports(System.@Nullable Logger logger, String component) {
    this.logger = logger;
    this.component = component;
  }

  /**
   * Logs failures of a component's targets.
   *
   * @param component its name in each line
   */
  public static FailureReports to(System.Logger logger, String component) {
    return new FailureReports(logger, component);
  }

  /** Records the result of a scrape; {@code error} is null for a good one. */
  void scraped(OfTarget of, Instant now, String job, String url, @Nullable String error) {
    System.Logger out = logger;
    if (out == null || error == null && !of.fails) {
      return;
    }
    if (error == null) {
      of.fails = false;
      if (!of.logged.isEmpty() && mayLog(out, now)) {
        out.log(Level.INFO, "{0}: Scrape recovered job={1} target={2}", component, job, url);
      }
      of.logged = "";
      return;
    }
    boolean begins = !of.fails && !now.isBefore(after(of.at, OTHER_REASON));
    of.fails = true;
    Duration pause = error.equals(of.logged) ? AGAIN : OTHER_REASON;
    if ((begins || !now.isBefore(after(of.at, pause))) && mayLog(out, now)) {
      of.logged = error;
      of.at = now;
      out.log(
          Level.WARNING,
          "{0}: Scrape failed job={1} target={2} error={3}",
          component,
          job,
          url,
          error);
    }
  }

  private static Instant after(Instant t, Duration d) {
    return t.equals(Instant.MIN) ? t : t.plus(d);
  }

  private synchronized boolean mayLog(System.Logger out, Instant now) {
    if (minute.equals(Instant.MIN) || !now.isBefore(minute.plusSeconds(60))) {
      if (suppressed > 0) {
        out.log(
            Level.WARNING,
            "{0}: Scrape failures not logged, more than {1} a minute count={2}",
            component,
            MAX_LINES,
            suppressed);
      }
      minute = now;
      lines = 0;
      suppressed = 0;
    }
    if (lines < MAX_LINES) {
      lines++;
      return true;
    }
    suppressed++;
    return false;
  }
}
