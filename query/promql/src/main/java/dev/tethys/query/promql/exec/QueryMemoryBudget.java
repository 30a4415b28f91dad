package dev.tethys.query.promql.exec;

import dev.tethys.model.guard.HeapRoom;
import dev.tethys.query.promql.QueryException.Kind;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Bytes that all queries together may hold. Part of them may be kept for queries that have the
 * right to it. Safe for any number of threads.
 */
public final class QueryMemoryBudget {
  private final long limit;
  private final long reserve;
  private final BooleanSupplier hasHeap;
  private final AtomicLong used = new AtomicLong();
  private volatile LongConsumer reclaim = wanted -> {};

  /**
   * A budget in bytes.
   *
   * @param limit 0 for none
   * @param reserve the part that is kept for queries with a right to it
   */
  public QueryMemoryBudget(long limit, long reserve) {
    this(limit, reserve, HeapRoom.process()::allowsQueries);
  }

  /**
   * The same.
   *
   * @param hasHeap whether the heap has room for more
   */
  public QueryMemoryBudget(long limit, long reserve, BooleanSupplier hasHeap) {
    this.limit = limit;
    this.reserve = Math.min(reserve, limit / 2);
    this.hasHeap = hasHeap;
  }

  /**
   * Names who holds what it can do without.
   *
   * @param from gives back so many bytes, or all that it has
   */
  public void reclaimFrom(LongConsumer from) {
    reclaim = from;
  }

  /** Bytes now held. */
  public long used() {
    return used.get();
  }

  /**
   * Takes bytes.
   *
   * @param held bytes that the query has taken before
   * @param ofReserve whether it has a right to the reserve
   */
  void reserve(long bytes, long held, boolean ofReserve) {
    if (!ofReserve && !hasHeap.getAsBoolean()) {
      reclaim.accept(used.get());
      throw new MemoryLimitException(
          Kind.OVERLOAD, "the query would hold more memory, and the heap (-Xmx) is nearly full");
    }
    long now = used.addAndGet(bytes);
    long most = ofReserve ? limit : limit - reserve;
    if (limit > 0 && now > most) {
      reclaim.accept(now - most);
      now = used.get();
    }
    if (limit > 0 && now > most) {
      used.addAndGet(-bytes);
      throw new MemoryLimitException(
          held + bytes > most / 2 ? Kind.LIMIT : Kind.OVERLOAD,
          "all running queries together would hold "
              + now
              + " bytes, more than the "
              + most
              + " of query.max-memory-bytes"
              + (ofReserve || reserve == 0
                  ? ""
                  : " without the " + reserve + " of query.max-memory-bytes-rules"));
    }
  }

  /** True if so many bytes are most of what queries may hold together. */
  public boolean isMost(long bytes) {
    return limit > 0 && bytes > (limit - reserve) / 2;
  }

  /** Takes bytes if that leaves queries without a right to the reserve what is theirs. */
  public boolean tryReserve(long bytes) {
    if (limit > 0 && used.get() + bytes > limit - reserve || !hasHeap.getAsBoolean()) {
      return false;
    }
    used.addAndGet(bytes);
    return true;
  }

  /** Gives back bytes that were taken. */
  public void release(long bytes) {
    used.addAndGet(-bytes);
  }
}
