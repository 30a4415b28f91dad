package dev.tethys.insight.graph.stored;

import dev.tethys.insight.graph.CountTable;
import dev.tethys.insight.graph.Counted;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.ScopedSource;

/** Counters with their series in the metric store. */
abstract class StoredCounts extends Counted {
  /** Upper bounds of latency buckets in seconds, from 2 ms to 16 s. */
  static final double[] BOUNDS = bounds();

  StoredCounts(long created) {
    super(created);
  }

  private static double[] bounds() {
    double[] out = new double[14];
    for (int i = 0; i < out.length; i++) {
      out[i] = (2_000_000L << i) / 1e9;
    }
    return out;
  }

  /** Builds the series labels of a tenant. */
  static Labels labels(LabelsBuilder b, String tenant) {
    return tenant.equals(Scope.DEFAULT_TENANT)
        ? b.build()
        : b.set(ScopedSource.TENANT_LABEL, tenant).build();
  }

  /**
   * Appends all series.
   *
   * @param start time from which the values count, Unix milliseconds
   */
  abstract void write(Appender a, long start, long time);

  /** Marks the end of all series. */
  abstract void end(Appender a, long time);

  /**
   * Appends the series of a table; those without counts for a time end. Counting waits for one key
   * at most.
   *
   * @param lock guards the table
   * @param now Unix milliseconds
   * @param interval milliseconds from the last write
   * @param stale milliseconds without a count after which a series ends
   */
  static <K> void write(
      CountTable<K, ? extends StoredCounts> table,
      Object lock,
      Appender a,
      long now,
      long interval,
      long stale) {
    Iterable<K> keys;
    synchronized (lock) {
      keys = table.keys();
    }
    for (K key : keys) {
      synchronized (lock) {
        StoredCounts c = table.get(key);
        if (c == null) {
          continue;
        }
        if (now - c.seen() >= stale) {
          table.remove(key);
          c.end(a, now);
        } else {
          c.write(a, Math.max(1, Math.max(c.created(), now - interval + 1) - 1), now);
        }
      }
    }
  }
}
