package dev.tethys.runtime.log;

import java.time.Duration;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Samples repeated log lines: of one level and message, the first ones of each tick pass and then
 * one in every N. Messages are distinguished by a hash in a table of fixed size, so two in the same
 * slot are counted together; a message's arguments do not count.
 */
public final class LogSampling implements Filter {
  private static final int PLACES = 4096;

  private final long tick;
  private final long initial;
  private final long thereafter;
  private final long[] until = new long[PLACES];
  private final long[] counts = new long[PLACES];

  /**
   * Creates a filter.
   *
   * @param thereafter rate after the first lines: one in this many passes; 0 if none
   */
  public LogSampling(Duration tick, long initial, long thereafter) {
    this.tick = tick.toMillis();
    this.initial = initial;
    this.thereafter = thereafter;
  }

  @Override
  public synchronized boolean isLoggable(LogRecord r) {
    int hash = 31 * String.valueOf(r.getMessage()).hashCode() + r.getLevel().intValue();
    int place = Math.floorMod(hash ^ hash >>> 16, PLACES);
    if (r.getMillis() >= until[place]) {
      until[place] = r.getMillis() + tick;
      counts[place] = 0;
    }
    long n = ++counts[place];
    return n <= initial || (thereafter > 0 && (n - initial) % thereafter == 0);
  }
}
