package dev.tethys.pipeline.receiver.kubelet;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * CPUs in use between two looks, by what had been used of them at each. It forgets what a look did
 * not see.
 */
final class CpuRates {
  private record Used(double seconds, long nanos) {}

  private Map<String, Used> before = Map.of();
  private Map<String, Used> now = new HashMap<>();

  /** Begins a look. */
  void begin() {
    before = now;
    now = new HashMap<>();
  }

  /**
   * CPUs since the last look; null when there is nothing to compare with: it is new, was not
   * measured anew since, or began to count afresh.
   *
   * @param nanos when it was measured
   */
  @Nullable Double rate(String key, double seconds, long nanos) {
    now.put(key, new Used(seconds, nanos));
    Used b = before.get(key);
    return b == null || nanos <= b.nanos || seconds < b.seconds
        ? null
        : (seconds - b.seconds) / ((nanos - b.nanos) / 1e9);
  }
}
