package dev.tethys.store.events;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Decoded columns of the blocks that were read last, up to a number of bytes. A block that was read
 * within {@value #BUSY_SECONDS} seconds is only removed for one that was read twice since then:
 * scans of more than there is space for, one after another, would otherwise find nothing. Sections,
 * which are large and quickly decompressed again, are kept in a share of it only. Thread-safe.
 */
public final class ColumnCache {
  private static final long BUSY_SECONDS = 10;
  private static final long SECOND = 1_000_000_000L;
  private static final long HEAP_SHARE = 40;
  private static final long LEAST_BYTES = 4L << 20;
  private static final long MOST_BYTES = 256L << 20;
  private static final int ALL_PERCENT = 100;

  private final long maxBytes;
  private final long maxSections;
  private final LongSupplier nanos;
  private final Map<DecodedColumns, Long> lastUse = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;
  private long sections; // bytes of these that are sections

  /**
   * @param maxBytes maximum number of bytes that are kept
   * @param nanos clock that does not go back, in nanoseconds
   */
  public ColumnCache(long maxBytes, LongSupplier nanos) {
    this(maxBytes, ALL_PERCENT, nanos);
  }

  /**
   * @param maxBytes maximum number of bytes that are kept
   * @param sectionPercent most of them, in percent, that sections take
   * @param nanos clock that does not go back, in nanoseconds
   */
  ColumnCache(long maxBytes, int sectionPercent, LongSupplier nanos) {
    this.maxBytes = maxBytes;
    maxSections = maxBytes / ALL_PERCENT * sectionPercent;
    this.nanos = nanos;
  }

  /** Creates a cache with a fortieth of the heap, at most 256 MiB. */
  public static ColumnCache ofHeap() {
    return ofHeap(ALL_PERCENT);
  }

  /**
   * Variant with a limit for sections.
   *
   * @param sectionPercent most of the bytes, in percent, that sections take
   */
  public static ColumnCache ofHeap(int sectionPercent) {
    long share = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    return new ColumnCache(
        Math.clamp(share, LEAST_BYTES, MOST_BYTES), sectionPercent, System::nanoTime);
  }

  /** Columns of a block that is opened for the first time. */
  public DecodedColumns columns() {
    return new DecodedColumns(this);
  }

  /** Bytes that are cached. */
  public synchronized long bytes() {
    return bytes;
  }

  synchronized void use(DecodedColumns of) {
    long now = nanos.getAsLong();
    of.read(now);
    lastUse.computeIfPresent(of, (k, v) -> now);
  }

  /** Evicts sections until a value fits; returns false if it cannot fit. */
  synchronized boolean hasRoom(DecodedColumns of, long size, boolean isSection) {
    return fits(size, isSection) || makeRoom(size, isSection, of);
  }

  private boolean fits(long size, boolean isSection) {
    return size <= maxBytes - bytes && (!isSection || size <= maxSections - sections);
  }

  /** Keeps a value if there is space. */
  synchronized boolean put(
      DecodedColumns of, Object key, Object value, long size, boolean isSection) {
    if (!hasRoom(of, size, isSection) || !of.add(key, value, size, isSection)) {
      return false;
    }
    lastUse.put(of, nanos.getAsLong());
    bytes += size;
    sections += isSection ? size : 0;
    return true;
  }

  private boolean makeRoom(long size, boolean isSection, DecodedColumns wanted) {
    long now = nanos.getAsLong();
    Iterator<Map.Entry<DecodedColumns, Long>> eldest = lastUse.entrySet().iterator();
    while (!fits(size, isSection) && eldest.hasNext()) {
      Map.Entry<DecodedColumns, Long> e = eldest.next();
      boolean isBusy =
          now - e.getValue() < BUSY_SECONDS * SECOND && !wanted.wasReadTwiceSince(e.getValue());
      if (e.getKey() == wanted || isBusy) {
        return false;
      }
      remove(e.getKey());
      eldest.remove();
    }
    return fits(size, isSection);
  }

  private void remove(DecodedColumns of) {
    sections -= of.sectionBytes();
    bytes -= of.clear();
  }

  /** Removes columns not read for a number of seconds. */
  public synchronized void expire(long seconds) {
    long now = nanos.getAsLong();
    Iterator<Map.Entry<DecodedColumns, Long>> eldest = lastUse.entrySet().iterator();
    while (eldest.hasNext()) {
      Map.Entry<DecodedColumns, Long> e = eldest.next();
      if (now - e.getValue() < seconds * SECOND) {
        return;
      }
      remove(e.getKey());
      eldest.remove();
    }
  }
}
