package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.MetricMetadata;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Metadata of metric families, at most {@link #MAX}; excess families are dropped and counted. Read
 * without a lock; written under the write lock of the head.
 */
final class MetadataTable {
  static final int MAX = 200_000;

  private final Map<String, MetricMetadata> families = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final int max;

  /** Number of metadata updates of families beyond the limit. */
  final LongAdder dropped = new LongAdder();

  MetadataTable(int max) {
    this.max = max;
  }

  /** Whether this contains anything new and there is space for it; otherwise it is counted. */
  boolean accepts(String name, MetricMetadata m) {
    MetricMetadata before = families.get(name);
    if (before != null) {
      return !before.equals(m);
    }
    if (families.size() < max) {
      return true;
    }
    dropped.increment();
    return false;
  }

  void putAll(Map<String, MetricMetadata> batch) {
    batch.forEach(this::put);
  }

  void put(String name, MetricMetadata m) {
    if (families.size() >= max && !families.containsKey(name)) {
      dropped.increment();
      return;
    }
    MetricMetadata before = families.put(name, m);
    bytes.addAndGet(size(name, m) - (before == null ? 0 : size(name, before)));
  }

  private static long size(String name, MetricMetadata m) {
    return 150L + name.length() + m.help().length() + m.unit().length();
  }

  int size() {
    return families.size();
  }

  long bytes() {
    return bytes.get();
  }

  Map<String, MetricMetadata> all() {
    return Map.copyOf(families);
  }
}
