package dev.tethys.store.events;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Decoded columns of a block, as far as a {@link ColumnCache} has space. Values are not changed by
 * their readers. Thread-safe.
 */
public final class DecodedColumns {
  private final @Nullable ColumnCache cache;
  private final Map<Object, Object> values = new ConcurrentHashMap<>();
  private long bytes; // under the lock of the cache
  private long sectionBytes; // of these
  private int reads; // up to two; this and the times under the lock of the cache
  private long lastRead;
  private long readBefore; // the read before the last one

  DecodedColumns(@Nullable ColumnCache cache) {
    this.cache = cache;
  }

  /** Columns that are not cached. */
  public static DecodedColumns none() {
    return new DecodedColumns(null);
  }

  /** Records a read of the block. */
  public void use() {
    if (cache != null) {
      cache.use(this);
    }
  }

  /** Returns the value of a key, or null if it is not cached. */
  public @Nullable Object get(Object key) {
    return values.get(key);
  }

  /** True if a section of this size would be kept now. */
  boolean hasRoom(long size) {
    return cache != null && cache.hasRoom(this, size, true);
  }

  /**
   * Keeps a value if there is space; returns false if it is not kept, or another one for this key.
   */
  public boolean put(Object key, Object value, long size) {
    return cache != null && cache.put(this, key, value, size, false);
  }

  /** Keeps a section in the share of memory that sections have. */
  boolean putSection(int number, byte[] section, long size) {
    return cache != null && cache.put(this, number, section, size, true);
  }

  /** Records a read. Under the lock of the cache. */
  void read(long now) {
    readBefore = lastRead;
    lastRead = now;
    reads = Math.min(2, reads + 1);
  }

  /** Whether the last two reads were after a time. Under the lock of the cache. */
  boolean wasReadTwiceSince(long time) {
    return reads == 2 && readBefore - time > 0;
  }

  /** Adds a value; returns false if another thread was first. Under the lock of the cache. */
  boolean add(Object key, Object value, long size, boolean isSection) {
    if (values.putIfAbsent(key, value) != null) {
      return false;
    }
    bytes += size;
    sectionBytes += isSection ? size : 0;
    return true;
  }

  /** Returns the size of the sections in bytes. Under the lock of the cache. */
  long sectionBytes() {
    return sectionBytes;
  }

  /** Removes all values and returns their bytes. Under the lock of the cache. */
  long clear() {
    long n = bytes;
    bytes = 0;
    sectionBytes = 0;
    values.clear();
    return n;
  }
}
