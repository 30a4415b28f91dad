package dev.tethys.store.traces.block;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Columns of a block that were decoded, as far as a {@link ColumnCache} has room. Values are not
 * changed by their readers. Safe for several threads.
 */
public final class DecodedColumns {
  private final @Nullable ColumnCache cache;
  private final Map<Object, Object> values = new ConcurrentHashMap<>();
  private long bytes; // under the lock of the cache

  DecodedColumns(@Nullable ColumnCache cache) {
    this.cache = cache;
  }

  /** Columns that are not kept. */
  public static DecodedColumns none() {
    return new DecodedColumns(null);
  }

  /** Notes that the block is read. */
  void use() {
    if (cache != null) {
      cache.use(this);
    }
  }

  @Nullable Object get(Object key) {
    return values.get(key);
  }

  void put(Object key, Object value, long size) {
    if (cache != null) {
      cache.put(this, key, value, size);
    }
  }

  /** Adds a value; false if another thread was first. Under the lock of the cache. */
  boolean add(Object key, Object value, long size) {
    if (values.putIfAbsent(key, value) != null) {
      return false;
    }
    bytes += size;
    return true;
  }

  /** Removes all values and returns their bytes. Under the lock of the cache. */
  long clear() {
    long n = bytes;
    bytes = 0;
    values.clear();
    return n;
  }
}
