package dev.tethys.store.metrics.internal.head;

import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Memory budget of the head. Near the limit, in this order: memory is cut into blocks before a
 * range is full, writers are slowed, new series are refused, and if that is not enough (nothing can
 * be flushed because the disk is full), commits are refused.
 *
 * <p>Used memory is the last measurement plus an estimate of later growth: measuring walks over all
 * pages, so it is done once per second, and before a refusal.
 */
public final class HeadMemoryBudget {
  private static final double FLUSH = 0.70;
  private static final double SLOW = 0.85;
  private static final double REFUSE = 0.95;
  private static final double STOP = 1.20;

  /** The longest a commit is held up. */
  static final long MAX_DELAY_NANOS = 200_000_000;

  /** Pause of writers near the limit; tests replace it. */
  @FunctionalInterface
  public interface Pause {
    Pause PARK = LockSupport::parkNanos;

    void nanos(long nanos);
  }

  /** Distance to the limit. */
  public enum State {
    NORMAL,
    FLUSHING,
    SLOWING,
    REFUSING
  }

  private final Pause pause;
  private volatile long limit;
  private volatile long measured;
  private volatile long since; // estimated; exact to the thread, under the write lock of the head

  /** Nanoseconds that writers were held up. */
  public final LongAdder delayed = new LongAdder();

  /**
   * @param limit bytes; 0 for no limit
   */
  HeadMemoryBudget(long limit, Pause pause) {
    this.limit = limit;
    this.pause = pause;
  }

  void configure(long bytes) {
    limit = bytes;
  }

  /** Bytes; 0 for no limit. */
  public long limit() {
    return limit;
  }

  public long used() {
    return measured + since;
  }

  void measured(long bytes) {
    measured = bytes;
    since = 0;
  }

  /** Accounts for data about to be added. Under the write lock of the head. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  void grow(long bytes) {
    since += bytes;
  }

  public State state() {
    double share = share(0);
    return share >= REFUSE
        ? State.REFUSING
        : share >= SLOW ? State.SLOWING : share >= FLUSH ? State.FLUSHING : State.NORMAL;
  }

  private double share(long more) {
    long l = limit;
    return l == 0 ? 0 : (double) (used() + more) / l;
  }

  /** Whether a new series of a given size is rejected, as far as is known. */
  boolean refuses(long bytes) {
    return share(bytes) >= REFUSE;
  }

  /** Whether enough was added since the last measurement to repeat it. */
  boolean isStale() {
    return since > limit / 64;
  }

  /** Whether even samples of known series have no space. */
  boolean isExhausted() {
    return share(0) >= STOP;
  }

  /** Slows a writer down, increasingly so near the limit. Without a lock. */
  void slow() {
    double share = share(0);
    if (share < SLOW) {
      return;
    }
    long nanos = (long) (MAX_DELAY_NANOS * Math.min(1, (share - SLOW) / (1 - SLOW)));
    delayed.add(nanos);
    pause.nanos(nanos);
  }
}
