package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Streams of a tenant by number. Numbers are valid while the store is open and are on disk nowhere.
 * Thread-safe.
 */
final class StreamRegistry {
  private final Map<Labels, Integer> numbers = new HashMap<>();
  private volatile Labels[] labels = new Labels[64];
  private volatile int size;

  /** Returns the number of a stream, adding it if new. */
  synchronized int intern(Labels stream) {
    Integer known = numbers.get(stream);
    if (known != null) {
      return known;
    }
    int n = size;
    Labels[] all = labels;
    if (n == all.length) {
      all = Arrays.copyOf(all, n * 2);
      labels = all;
    }
    all[n] = stream;
    numbers.put(stream, n);
    size = n + 1;
    return n;
  }

  /** Returns the number of a stream, or -1. */
  synchronized int find(Labels stream) {
    return numbers.getOrDefault(stream, -1);
  }

  /** Returns the labels of a stream. */
  Labels labels(int stream) {
    return labels[stream];
  }

  /** Returns the number of streams; all numbers are below. */
  int size() {
    return size;
  }
}
