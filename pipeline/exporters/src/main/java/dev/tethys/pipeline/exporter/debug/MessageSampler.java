package dev.tethys.pipeline.exporter.debug;

import java.util.function.LongSupplier;

/**
 * Passes the first messages of each second, then one of every N for each text, as the sampler of
 * the Collector's logger (zap). Strings are distinguished by a hash of 4,096 values, so that memory
 * is constant. Thread-safe.
 */
final class MessageSampler {
  private static final int COUNTERS = 4096;
  private static final long TICK = 1_000_000_000L;

  private final int initial;
  private final int thereafter;
  private final LongSupplier nanos;
  private final long[] ends = new long[COUNTERS];
  private final long[] counts = new long[COUNTERS];

  /**
   * Creates a sampler.
   *
   * @param initial number of messages of each text that pass per second
   * @param thereafter sampling rate after the initial messages: one in this many passes; 0 for none
   * @param nanos a clock in nanoseconds
   */
  MessageSampler(int initial, int thereafter, LongSupplier nanos) {
    this.initial = initial;
    this.thereafter = thereafter;
    this.nanos = nanos;
  }

  synchronized boolean passes(String message) {
    int h = message.hashCode();
    int i = (h ^ h >>> 16) & COUNTERS - 1;
    long now = nanos.getAsLong();
    if (counts[i] == 0 || now - ends[i] >= 0) {
      counts[i] = 0;
      ends[i] = now + TICK;
    }
    long n = ++counts[i];
    return n <= initial || (thereafter > 0 && (n - initial) % thereafter == 0);
  }
}
