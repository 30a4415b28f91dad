package dev.tethys.runtime.log;

import dev.tethys.model.guard.LimitedLog;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * Final limit on the log, in addition to the limits of each logging class. A limited number of
 * lines of the same kind (logger, level and template) and of one logger pass in ten seconds, others
 * are counted. Tables have a fixed size, so kinds that share a slot are counted together. Lines of
 * level DEBUG, which an operator enabled, and output of the debug exporter always pass.
 */
final class LogFlood {
  static final long WINDOW_MILLIS = 10_000;
  static final int OF_A_KIND = 100;
  static final int OF_A_LOGGER = 1000;

  private static final int KINDS = 4096;
  private static final int LOGGERS = 512;

  /** Template of lines that consist only of a value: the output of the debug exporter. */
  private static final String OUTPUT = "{0}";

  /** Counters in a time window, one per kind. */
  private static final class Counts {
    private final int most;
    private final long[] until;
    private final int[] count;
    private final long[] suppressed;

    Counts(int places, int most) {
      this.most = most;
      this.until = new long[places];
      this.count = new int[places];
      this.suppressed = new long[places];
    }

    private int place(int hash) {
      return Math.floorMod(hash ^ hash >>> 16, until.length);
    }

    /** Whether one more passes. */
    boolean takes(int hash, long now) {
      int p = place(hash);
      if (now >= until[p] || until[p] - now > WINDOW_MILLIS) {
        until[p] = now + WINDOW_MILLIS;
        count[p] = 0;
      }
      if (count[p] < most) {
        count[p]++;
        return true;
      }
      suppressed[p]++;
      return false;
    }

    /** Returns the number of suppressed lines since the last call. */
    long takeSuppressed(int hash) {
      int p = place(hash);
      long n = suppressed[p];
      suppressed[p] = 0;
      return n;
    }
  }

  private final Counts kinds = new Counts(KINDS, OF_A_KIND);
  private final Counts loggers = new Counts(LOGGERS, OF_A_LOGGER);

  /**
   * Decides whether a line is written: -1 if not, otherwise the number of lines of its kind or
   * logger omitted since the last one.
   */
  synchronized long admit(LogRecord r) {
    if (r.getLevel().intValue() < Level.INFO.intValue()
        || r.getLevel() == Level.INFO && OUTPUT.equals(r.getMessage())) {
      return 0;
    }
    int logger = Objects.hashCode(r.getLoggerName());
    int kind = 31 * (31 * logger + Objects.hashCode(r.getMessage())) + r.getLevel().intValue();
    long now = r.getMillis();
    if (!kinds.takes(kind, now) || !loggers.takes(logger, now)) {
      LimitedLog.countSuppressed();
      return -1;
    }
    return kinds.takeSuppressed(kind) + loggers.takeSuppressed(logger);
  }
}
