package dev.tethys.store.events;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Decoded columns of the blocks that were read last, up to a number of bytes. A block that was read
 * within {@value #BUSY_SECONDS} seconds is not removed for another: scans of more than there is
 * room for, one after the other, would find nothing. Safe for several threads.
 */
public final class ColumnCache {
  private static final long BUSY_SECONDS = 10;
  private static final long SECOND = 1_000_000_000L;
  private static final long HEAP_SHARE = 40;
  private static final long LEAST_BYTES = 4L << 20;
  private static final long MOST_BYTES = 256L << 20;

  private final long maxBytes;
  private final LongSupplier nanos;
  private final Map<DecodedColumns, Long> lastUse = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /**
   * @param maxBytes most bytes that are kept
   * @param nanos clock that does not go back, in nanoseconds
   */
  public ColumnCache(long maxBytes, LongSupplier nanos) {
    this.maxBytes = maxBytes;
    this.nanos = nanos;
  }

  /** Cache of a fortieth of the heap, at most 256 MiB. */
  public static ColumnCache ofHeap() {
    long share = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    return new ColumnCache(Math.clamp(share, LEAST_BYTES, MOST_BYTES), System::nanoTime);
  }

  /** Columns of a block that is opened for the first time. */
  public DecodedColumns columns() {
    return new DecodedColumns(this);
  }

  /** Bytes that are kept. */
  public synchronized long bytes() {
    return bytes;
  }

  synchronized void use(DecodedColumns of) {
    lastUse.computeIfPresent(of, (k, v) -> nanos.getAsLong());
  }

  /** Makes room for a value; false if there is none. */
  synchronized boolean hasRoom(DecodedColumns of, long size) {
    return size <= maxBytes - bytes || makeRoom(size, of);
  }

  /** Keeps a value if there is room. */
  synchronized boolean put(DecodedColumns of, Object key, Object value, long size) {
    if (!hasRoom(of, size) || !of.add(key, value, size)) {
      return false;
    }
    lastUse.put(of, nanos.getAsLong());
    bytes += size;
    return true;
  }

  private boolean makeRoom(long size, DecodedColumns wanted) {
    long now = nanos.getAsLong();
    Iterator<Map.Entry<DecodedColumns, Long>> eldest = lastUse.entrySet().iterator();
    while (size > maxBytes - bytes && eldest.hasNext()) {
      Map.Entry<DecodedColumns, Long> e = eldest.next();
      if (e.getKey() == wanted || now - e.getValue() < BUSY_SECONDS * SECOND) {
        return false;
      }
      bytes -= e.getKey().clear();
      eldest.remove();
    }
    return size <= maxBytes - bytes;
  }

  /** Removes what was not read for a number of seconds. */
  public synchronized void expire(long seconds) {
    long now = nanos.getAsLong();
    Iterator<Map.Entry<DecodedColumns, Long>> eldest = lastUse.entrySet().iterator();
    while (eldest.hasNext()) {
      Map.Entry<DecodedColumns, Long> e = eldest.next();
      if (now - e.getValue() < seconds * SECOND) {
        return;
      }
      bytes -= e.getKey().clear();
      eldest.remove();
    }
  }
}
