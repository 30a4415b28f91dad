package dev.tethys.store.metrics.internal.head;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The time of the newest in-order sample of each of 64 series. Series received together share one
 * time, which is stored once; other series have their own times.
 *
 * <p>Written under both locks of the head; read under one of them, or without any, when the
 * response is that of a given time ago. So a series leaves those that stand together only once its
 * own time is written, and joins them only once the shared one is: every step between two states
 * says of each series what it had before or has afterwards. Who reads makes sure that time and mask
 * are of one step.
 */
final class NewestTimes {
  /** Time of a series without samples. */
  static final long NEVER = Long.MIN_VALUE;

  private static final VarHandle TIME;
  private static final VarHandle TOGETHER;

  static {
    try {
      MethodHandles.Lookup l = MethodHandles.lookup();
      TIME = l.findVarHandle(NewestTimes.class, "time", long.class);
      TOGETHER = l.findVarHandle(NewestTimes.class, "together", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private long time = NEVER;
  private long together; // a bit a series whose time it is
  private volatile long @Nullable [] apart; // null while all others have none

  long get(int k) {
    while (true) {
      long t = (long) TIME.getAcquire(this);
      long m = (long) TOGETHER.getAcquire(this);
      long[] a = apart;
      long found = (m >>> k & 1) != 0 ? t : a == null ? NEVER : a[k];
      VarHandle.loadLoadFence();
      if (t == time && m == together) {
        return found;
      }
    }
  }

  /**
   * No series has a newer one; or had, a moment ago. {@link Long#MAX_VALUE} where series have
   * separate times: asking each of a few series is cheaper than reading all.
   */
  long latest() {
    long t = (long) TIME.getAcquire(this);
    return apart == null ? t : Long.MAX_VALUE;
  }

  /** Sets one time for a mask of series. */
  void setAll(long mask, long t) {
    long before = together;
    if (t != time) {
      long leaving = before & ~mask;
      if (leaving != 0) {
        long[] a = apart();
        for (long rest = leaving; rest != 0; rest &= rest - 1) {
          a[Long.numberOfTrailingZeros(rest)] = time;
        }
      }
      TOGETHER.setRelease(this, before & mask);
      TIME.setRelease(this, t);
      before = 0;
    }
    TOGETHER.setRelease(this, before | mask);
    if ((before | mask) == -1) {
      apart = null; // who saw an earlier mask looks again
    }
  }

  void set(int k, long t) {
    long bit = 1L << k;
    if (together == 0 || t == time || (together & ~bit) == 0) {
      setAll(bit, t);
      return;
    }
    long[] a = t == NEVER ? apart : apart();
    if (a != null) {
      a[k] = t;
    }
    TOGETHER.setRelease(this, together & ~bit);
  }

  private long[] apart() {
    long[] a = apart;
    if (a == null) {
      a = new long[64];
      Arrays.fill(a, NEVER);
      apart = a;
    }
    return a;
  }

  /** Copy of the current times; under a lock. */
  NewestTimes copy() {
    NewestTimes c = new NewestTimes();
    c.time = time;
    c.together = together;
    long[] a = apart;
    c.apart = a == null ? null : a.clone();
    return c;
  }

  long bytes() {
    return 32 + (apart == null ? 0 : 64 * 8 + 16);
  }
}
