package dev.tethys.store.metrics.internal.encoding;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Decoded values of parts of series that no longer change, for queries that read the same series
 * again and again, as dashboards do. A column has one place; what stands there leaves. Only what
 * was asked for before is kept, so that a query over everything pushes out nothing.
 *
 * <p>Invariants: {@link #held} is the sum over the places, and exceeds {@link #maxBytes} only while
 * a column is put in. Columns belong to numbers instead of objects, so that nothing else is kept in
 * memory for them. Safe for several threads; columns are not to be changed.
 */
public final class ColumnCache {
  /** The cache of the process: a thirty-second of the heap, at most 32 MiB. */
  public static final ColumnCache SHARED =
      new ColumnCache(Math.clamp(Runtime.getRuntime().maxMemory() / 32, 1 << 20, 32 << 20));

  private static final int PLACES = 1 << 15;
  private static final int COLUMN_OVERHEAD = 64;
  private static final AtomicLong OWNERS = new AtomicLong();

  /** A kept column. */
  public static final class Column {
    private final long owner;
    private final long part;
    private final long @Nullable [] times;
    private final double[] values;
    private final boolean special;
    private boolean used; // since the hand went by; a race only keeps it longer or shorter

    private Column(
        long owner, long part, long @Nullable [] times, double[] values, boolean special) {
      this.owner = owner;
      this.part = part;
      this.times = times;
      this.values = values;
      this.special = special;
    }

    /** When the values were, for those who keep that beside them. */
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
      return 8L * values.length * (times == null ? 1 : 2) + COLUMN_OVERHEAD;
    }
  }

  private final long maxBytes;
  private final AtomicReferenceArray<@Nullable Column> places = new AtomicReferenceArray<>(PLACES);
  private final int[] asked =
      new int[PLACES]; // marks of columns that were not there; races cost little
  private final AtomicLong held = new AtomicLong();
  private final AtomicInteger hand = new AtomicInteger();

  ColumnCache(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** A number for something that has columns; never given twice in a process. */
  public static long newOwner() {
    return OWNERS.incrementAndGet();
  }

  private static long hash(long owner, long part) {
    long h = (owner * 0x9E3779B97F4A7C15L ^ part) * 0xC2B2AE3D27D4EB4FL;
    return h ^ h >>> 32;
  }

  /** A kept column, or null. */
  public @Nullable Column get(long owner, long part) {
    Column c = places.get((int) hash(owner, part) & PLACES - 1);
    if (c == null || c.owner != owner || c.part != part) {
      return null;
    }
    if (!c.used) {
      c.used = true;
    }
    return c;
  }

  /** Whether a column that is not here was asked for before, so that it should be {@link #put}. */
  public boolean isWorthKeeping(long owner, long part) {
    long h = hash(owner, part);
    int mark = (int) (h >>> 32) | 1;
    int at = (int) h & PLACES - 1;
    if (asked[at] == mark) {
      return true;
    }
    asked[at] = mark;
    return false;
  }

  /** Keeps a column, which from now on is not changed. */
  public Column put(
      long owner, long part, long @Nullable [] times, double[] values, boolean special) {
    Column c = new Column(owner, part, times, values, special);
    Column before = places.getAndSet((int) hash(owner, part) & PLACES - 1, c);
    long now = held.addAndGet(c.bytes() - (before == null ? 0 : before.bytes()));
    for (int i = 0; now > maxBytes && i < 2 * PLACES; i++) {
      int at = hand.getAndIncrement() & PLACES - 1;
      Column x = places.get(at);
      if (x == null || x == c) {
        continue;
      }
      if (x.used) {
        x.used = false;
      } else if (places.compareAndSet(at, x, null)) {
        now = held.addAndGet(-x.bytes());
      }
    }
    return c;
  }

  /** Bytes now held. */
  public long held() {
    return held.get();
  }
}
