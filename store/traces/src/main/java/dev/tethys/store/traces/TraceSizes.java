package dev.tethys.store.traces;

import java.util.Arrays;

/**
 * Bytes of recent traces of a tenant, for the limit on them. Cleared when it has many traces, so
 * that it is bounded: a trace can then grow to the limit again. Thread-safe.
 */
final class TraceSizes {
  private static final int MAX_TRACES = 1 << 19;

  private TraceNumbers numbers = new TraceNumbers();
  private long[] bytes = new long[512];

  /** Adds the bytes of a span to its trace; false, and adds nothing, if it would exceed a limit. */
  synchronized boolean add(long high, long low, long size, long max) {
    if (numbers.size() >= MAX_TRACES) {
      numbers = new TraceNumbers();
      bytes = new long[512];
    }
    int t = numbers.number(high, low);
    if (t == bytes.length) {
      bytes = Arrays.copyOf(bytes, t * 2);
    }
    if (bytes[t] + size > max) {
      return false;
    }
    bytes[t] += size;
    return true;
  }
}
