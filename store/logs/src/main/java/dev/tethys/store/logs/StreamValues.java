package dev.tethys.store.logs;

import java.util.Arrays;
import java.util.function.IntToLongFunction;

/** Values of streams by their number, each computed once. Not thread-safe. */
final class StreamValues {
  private static final long UNKNOWN = Long.MIN_VALUE;

  private final IntToLongFunction computation;
  private long[] values = new long[64]; // grows with the numbers of the registry

  /**
   * @param computation computes the value of a stream from its number; must never return {@link
   *     Long#MIN_VALUE}
   */
  StreamValues(IntToLongFunction computation) {
    this.computation = computation;
    Arrays.fill(values, UNKNOWN);
  }

  /** Returns the value of a stream. */
  long of(int stream) {
    if (stream >= values.length) {
      int before = values.length;
      values = Arrays.copyOf(values, Math.max(stream + 1, before * 2));
      Arrays.fill(values, before, values.length, UNKNOWN);
    }
    long value = values[stream];
    if (value == UNKNOWN) {
      value = computation.applyAsLong(stream);
      values[stream] = value;
    }
    return value;
  }
}
