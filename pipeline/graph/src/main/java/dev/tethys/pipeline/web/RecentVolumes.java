package dev.tethys.pipeline.web;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Recent bytes of values, from the sums of consecutive reports: bytes count less the older they
 * are. Not thread-safe.
 */
public final class RecentVolumes {
  /** Age at which a byte counts for 1/e. */
  static final Duration AGE = Duration.ofSeconds(30);

  /** Sum of a value at a report, and its bytes of late. */
  private record Sum(long bytes, double recent) {}

  private final LongSupplier nanos;
  private Map<String, Sum> before = new HashMap<>();
  private Map<String, Sum> now = new HashMap<>();
  private long last;
  private double decay;
  private double firstShare;
  private boolean isFirst = true;

  /**
   * Starts with a process.
   *
   * @param nanos monotonic time
   */
  public RecentVolumes(LongSupplier nanos) {
    this.nanos = nanos;
    this.last = nanos.getAsLong();
  }

  /** Starts a report. */
  void begin() {
    long at = nanos.getAsLong();
    double passed = Math.max(0, at - last) / (double) AGE.toNanos();
    last = at;
    decay = Math.exp(-passed);
    firstShare =
        isFirst && passed > 1 ? 1 / passed : 1; // data since startup, assumed evenly distributed
    isFirst = false;
    before = now;
    now = new HashMap<>();
  }

  /**
   * Bytes of late of a value.
   *
   * @param bytes its sum since startup
   */
  double of(String value, long bytes) {
    Sum was = before.getOrDefault(value, new Sum(0, 0));
    double recent = was.recent * decay + firstShare * Math.max(0, bytes - was.bytes);
    now.put(value, new Sum(bytes, recent));
    return recent;
  }
}
