package dev.tethys.pipeline.exporter.debug;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Rate-limits warnings that could occur with every batch to one per minute. Thread-safe. */
final class RateLimitedWarnings {
  private static final long EVERY = Duration.ofMinutes(1).toNanos();

  private final System.Logger log;
  private final String name;
  private final LongSupplier nanos;
  private final AtomicLong warnedAt;

  /**
   * Creates a rate-limited log.
   *
   * @param name component name used in log lines
   * @param nanos a clock in nanoseconds
   */
  RateLimitedWarnings(System.Logger log, String name, LongSupplier nanos) {
    this.log = log;
    this.name = name;
    this.nanos = nanos;
    this.warnedAt = new AtomicLong(nanos.getAsLong() - EVERY);
  }

  void warn(String message) {
    long at = warnedAt.get();
    long now = nanos.getAsLong();
    if (now - at >= EVERY && warnedAt.compareAndSet(at, now)) {
      log.log(Level.WARNING, "{0}: {1}", name, message);
    }
  }
}
