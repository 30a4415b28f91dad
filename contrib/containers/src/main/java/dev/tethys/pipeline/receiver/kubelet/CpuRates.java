package dev.tethys.pipeline.receiver.kubelet;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * CPU usage between two collections, from cumulative CPU time. Keys missing in a collection are
 * dropped.
 */
final class CpuRates {
  private record Used(double seconds, long nanos) {}

  private Map<String, Used> before = Map.of();
  private Map<String, Used> now = new HashMap<>();

  /** Starts a collection. */
  void begin() {
    before = now;
    now = new HashMap<>();
  }

  /**
   * Returns the CPUs used since the last collection; null if the container is new, was not measured
   * since, or its counter was reset.
   *
   * @param nanos time of the measurement
   */
  @Nullable Double rate(String key, double seconds, long nanos) {
    now.put(key, new Used(seconds, nanos));
    Used b = before.get(key);
    return b == null || nanos <= b.nanos || seconds < b.seconds
        ? null
        : (seconds - b.seconds) / ((nanos - b.nanos) / 1e9);
  }
}
