package dev.tethys.store.metrics.internal.encoding;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decoded values of parts of series that no longer change, for queries that read the same series
 * repeatedly, such as those of dashboards. A column has one place. Only columns that were requested
 * before are kept, and only while there is space or a column is idle for some seconds: a query over
 * everything evicts nothing, and a repeated query over more than there is space for finds a part of
 * it instead of pushing out just what it reads next.
 *
 * <p>Invariants: {@link #held} is the sum over the places, and exceeds {@link #maxBytes} only while
 * a column is put in. Columns belong to numbers instead of objects, so that nothing else is kept in
 * memory for them. Thread-safe; columns must not be changed.
 */
public final class ColumnCache {
  /** The cache of the process: a thirty-second of the heap, at most 32 MiB. */
  public static final ColumnCache SHARED =
      new ColumnCache(Math.clamp(Runtime.getRuntime().maxMemory() / 32, 1 << 20, 32 << 20));

  private static final int PLACES = 1 << 15;
  private static final int COLUMN_OVERHEAD = 64;
  private static final AtomicLong OWNERS = new AtomicLong();

  /** Time counts in units of 2^32 nanoseconds; after two of them a column counts as idle. */
  private static final int TICK_BITS = 32;

  private static final int IDLE_TICKS = 2;

  /** Number of places that are checked for an idle column when the cache is full. */
  private static final int MAX_PROBES = 16;

  /** A cached column. */
  public static final class Column {
    private final long owner;
    private final long part;
    private final long @Nullable [] times;
    private final double[] values;
    private final boolean special;
    private int used; // when; a race only keeps it longer or shorter

    private Column(
        long owner,
        long part,
        long @Nullable [] times,
        double[] values,
        boolean special,
        int used) {
      this.owner = owner;
      this.part = part;
      this.times = times;
      this.values = values;
      this.special = special;
      this.used = used;
    }

    /** The times of the values, for callers that keep them with the values. */
    public long @Nullable [] times() {
      return times;
    }

    public double[] values() {
      return values;
    }

    /** Whether a value may be other than finite. */
    public boolean special() {
      return special;
    }

    private long bytes() {
      return ColumnCache.bytes(times, values.length);
    }
  }

  private final LongSupplier clock;
  private final long maxBytes;
  private final AtomicReferenceArray<@Nullable Column> places = new AtomicReferenceArray<>(PLACES);
  private final int[] asked =
      new int[PLACES]; // marks of columns that were not there; races cost little
  private final AtomicLong held = new AtomicLong();
  private final AtomicInteger hand = new AtomicInteger();
  private final AtomicInteger fruitless = new AtomicInteger(); // looks since a place was idle

  /** The last time in ticks when a column was missing; races only make it later. */
  private int tick;

  ColumnCache(long maxBytes) {
    this(maxBytes, System::nanoTime);
  }

  /**
   * Creates a cache with a clock.
   *
   * @param clock monotonic clock, as {@link System#nanoTime}
   */
  ColumnCache(long maxBytes, LongSupplier clock) {
    this.maxBytes = maxBytes;
    this.clock = clock;
  }

  /** A unique number for an object with columns; never reused in a process. */
  public static long newOwner() {
    return OWNERS.incrementAndGet();
  }

  private static long bytes(long @Nullable [] times, int values) {
    return 8L * values * (times == null ? 1 : 2) + COLUMN_OVERHEAD;
  }

  private static long hash(long owner, long part) {
    long h = (owner * 0x9E3779B97F4A7C15L ^ part) * 0xC2B2AE3D27D4EB4FL;
    return h ^ h >>> 32;
  }

  /** Returns a cached column, or null. */
  public @Nullable Column get(long owner, long part) {
    Column c = places.get((int) hash(owner, part) & PLACES - 1);
    if (c == null || c.owner != owner || c.part != part) {
      return null;
    }
    if (c.used != tick) {
      c.used = tick;
    }
    return c;
  }

  /**
   * Whether an absent column should be {@link #put}: it was requested before, and there is space
   * for it.
   *
   * @param times times to keep with the column
   */
  public boolean isWorthKeeping(long owner, long part, long @Nullable [] times, int values) {
    long h = hash(owner, part);
    int mark = (int) (h >>> 32) | 1;
    int at = (int) h & PLACES - 1;
    if (asked[at] != mark) {
      asked[at] = mark;
      return false;
    }
    int now = (int) (clock.getAsLong() >>> TICK_BITS);
    if (now != tick) {
      tick = now;
      fruitless.set(0);
    }
    Column before = places.get(at);
    return (before == null || isIdle(before)) && hasRoom(bytes(times, values));
  }

  private boolean isIdle(Column c) {
    return tick - c.used >= IDLE_TICKS;
  }

  /** Whether a number of bytes fits, if necessary after idle columns were evicted. */
  private boolean hasRoom(long bytes) {
    for (int i = 0; held.get() + bytes > maxBytes; i++) {
      if (i == MAX_PROBES || fruitless.get() >= PLACES) {
        return false;
      }
      int at = hand.getAndIncrement() & PLACES - 1;
      Column x = places.get(at);
      if (x != null && isIdle(x)) {
        fruitless.set(0);
        leave(at, x);
      } else {
        fruitless.incrementAndGet();
      }
    }
    return true;
  }

  private void leave(int at, Column x) {
    if (places.compareAndSet(at, x, null)) {
      held.addAndGet(-x.bytes());
    }
  }

  /** Keeps a column, which from now on is not changed. */
  public Column put(
      long owner, long part, long @Nullable [] times, double[] values, boolean special) {
    Column c = new Column(owner, part, times, values, special, tick);
    Column before = places.getAndSet((int) hash(owner, part) & PLACES - 1, c);
    held.addAndGet(c.bytes() - (before == null ? 0 : before.bytes()));
    // Several threads may have seen the same free space.
    for (int i = 0; held.get() > maxBytes && i < PLACES; i++) {
      int at = hand.getAndIncrement() & PLACES - 1;
      Column x = places.get(at);
      if (x != null && x != c) {
        leave(at, x);
      }
    }
    return c;
  }

  /** Returns the number of bytes in use. */
  public long held() {
    return held.get();
  }
}
