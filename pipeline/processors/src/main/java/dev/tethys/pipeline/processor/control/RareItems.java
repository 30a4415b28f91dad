package dev.tethys.pipeline.processor.control;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Scheduler;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts items of each kind within a minute. A kind is a service with a span name, or with the body
 * of a log record without its digits.
 *
 * <p>At most {@link #MAX_KINDS} kinds are tracked per minute; further kinds are never rare, so that
 * bodies that always differ do not keep everything. Thread-safe.
 */
final class RareItems {
  static final int MAX_KINDS = 10_000;

  private static final long MINUTE = 60_000_000_000L;
  private static final int MAX_BODY = 256;
  private static final long SEED = 0xcbf29ce484222325L;

  private final long least;
  private final Scheduler clock;

  @GuardedBy("this")
  private final Map<Long, long[]> seen = new HashMap<>();

  @GuardedBy("this")
  private long begun;

  /**
   * Creates a counter.
   *
   * @param least items of a kind in a minute that are rare
   */
  RareItems(long least, Scheduler clock) {
    this.least = least;
    this.clock = clock;
    this.begun = clock.nanos();
  }

  boolean isRare(ResourceGroup<?> r, Span s) {
    return isRare(hash(hash(SEED, service(r)), s.name()));
  }

  boolean isRare(ResourceGroup<?> r, LogRecord l) {
    return isRare(hash(hash(SEED, service(r)), String.valueOf(l.body())));
  }

  private static String service(ResourceGroup<?> r) {
    return String.valueOf(r.resource().attributes().get("service.name"));
  }

  /** Computes the FNV-1a hash of a string without its digits. */
  private static long hash(long seed, String text) {
    long h = seed;
    int n = Math.min(text.length(), MAX_BODY);
    for (int i = 0; i < n; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        h = (h ^ c) * 0x100000001b3L;
      }
    }
    return h ^ h >>> 31;
  }

  private synchronized boolean isRare(long kind) {
    long now = clock.nanos();
    if (now - begun >= MINUTE) {
      seen.clear();
      begun = now;
    }
    long[] n = seen.get(kind);
    if (n == null) {
      if (seen.size() >= MAX_KINDS) {
        return false;
      }
      n = new long[1];
      seen.put(kind, n);
    }
    return ++n[0] <= least;
  }
}
