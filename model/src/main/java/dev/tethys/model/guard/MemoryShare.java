package dev.tethys.model.guard;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Share of a {@link MemoryBudget} for one memory use. Thread-safe.
 *
 * <p>Memory is either reserved and released, or measured: heads know their size, and apply their
 * own limits.
 */
public final class MemoryShare {
  /** Reason for refusing a reservation. */
  public enum Refusal {
    /** The share has reached its maximum. */
    SHARE_FULL,
    /** Other shares hold the memory that this one would borrow. */
    NOTHING_TO_BORROW,
    /** The heap is nearly full. */
    HEAP_FULL
  }

  private final MemoryBudget budget;
  private final MemoryUse use;
  private final long guaranteed;
  private volatile long max;
  private final AtomicLong reserved = new AtomicLong();
  private final LongAdder refusals = new LongAdder();
  private volatile LongSupplier measured = () -> 0;
  private volatile LongConsumer holder = bytes -> {};

  MemoryShare(MemoryBudget budget, MemoryUse use, MemoryBudget.Size size) {
    this.budget = budget;
    this.use = use;
    this.guaranteed = size.guaranteed();
    this.max = size.max();
  }

  /**
   * Share of a budget that has no other, for tools and tests.
   *
   * @param max maximum number of bytes that it may hold
   */
  public static MemoryShare alone(MemoryUse use, long max) {
    return new MemoryBudget(
            max,
            u -> u == use ? new MemoryBudget.Size(max, max) : MemoryBudget.Size.NONE,
            () -> true)
        .share(use);
  }

  /** Share of a budget that has no other and no limit, for tools and tests. */
  public static MemoryShare unlimited() {
    return alone(MemoryUse.METRIC_QUERIES, Long.MAX_VALUE / 2);
  }

  /** Returns the use that this share serves. */
  public MemoryUse use() {
    return use;
  }

  /** Returns the bytes always available to the share. */
  public long guaranteed() {
    return Math.min(guaranteed, max);
  }

  /** Maximum number of bytes that it may hold. */
  public long max() {
    return max;
  }

  /** Raises the maximum to a number of bytes that the smallest heap needs, too. */
  MemoryShare withAtLeast(long bytes) {
    max = Math.max(max, bytes);
    return this;
  }

  /** Sets the maximum, as a flag can. */
  public void setMax(long bytes) {
    max = bytes;
  }

  /** Number of bytes in use. */
  public long used() {
    return reserved.get() + measured.getAsLong();
  }

  /** Number of reservations that were refused. */
  public long refusals() {
    return refusals.sum();
  }

  /**
   * Adds a measurement of memory that is held without reservations.
   *
   * @param bytes must be cheap, since every loan of the budget calls it
   */
  public synchronized void addMeasured(LongSupplier bytes) {
    LongSupplier before = measured;
    measured = () -> before.getAsLong() + bytes.getAsLong();
  }

  /**
   * Names the holder of memory that can be returned at any time.
   *
   * @param from releases the given number of bytes, or all that it holds
   */
  public void reclaimFrom(LongConsumer from) {
    holder = from;
  }

  /** Makes the holder release a number of bytes, or everything it holds. */
  void reclaimBytes(long bytes) {
    holder.accept(bytes);
  }

  /**
   * Reserves memory.
   *
   * @return null if it was reserved, or the cause of the refusal
   */
  public @Nullable Refusal reserve(long bytes) {
    if (use.needsFreeHeap() && !budget.hasHeap()) {
      budget.reclaim(use, 0);
      return refused(Refusal.HEAP_FULL);
    }
    long mine = reserved.addAndGet(bytes);
    if (mine > max) {
      reserved.addAndGet(-bytes);
      return refused(Refusal.SHARE_FULL);
    }
    if (budget.used() > budget.total()) {
      budget.reclaim(use, budget.total());
      if (mine > guaranteed && budget.used() > budget.total()) {
        reserved.addAndGet(-bytes);
        return refused(Refusal.NOTHING_TO_BORROW);
      }
    }
    return null;
  }

  private Refusal refused(Refusal cause) {
    refusals.increment();
    return cause;
  }

  /** Releases reserved memory. */
  public void release(long bytes) {
    reserved.addAndGet(-bytes);
  }
}
