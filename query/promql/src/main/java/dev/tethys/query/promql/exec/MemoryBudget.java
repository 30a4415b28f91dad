package dev.tethys.query.promql.exec;

import dev.tethys.query.promql.QueryException;
import java.util.concurrent.atomic.AtomicLong;

/** Bytes that all queries together may hold. Safe for any number of threads. */
public final class MemoryBudget {
  private final long limit;
  private final AtomicLong used = new AtomicLong();

  /** A budget in bytes; 0 for none. */
  public MemoryBudget(long limit) {
    this.limit = limit;
  }

  /** Bytes now held. */
  public long used() {
    return used.get();
  }

  void reserve(long bytes) {
    long now = used.addAndGet(bytes);
    if (limit > 0 && now > limit) {
      used.addAndGet(-bytes);
      throw new QueryException(
          QueryException.Kind.LIMIT,
          "all running queries together would hold "
              + now
              + " bytes, more than the "
              + limit
              + " of query.max-memory-bytes: ask for fewer series or steps, or raise the limit");
    }
  }

  void release(long bytes) {
    used.addAndGet(-bytes);
  }
}
