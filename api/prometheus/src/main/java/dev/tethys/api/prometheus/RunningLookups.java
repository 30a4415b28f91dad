package dev.tethys.api.prometheus;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Counts requests for label names, label values and series. Thread-safe. */
public final class RunningLookups {
  private final AtomicLong total = new AtomicLong();
  private final AtomicInteger running = new AtomicInteger();

  /** Wraps an endpoint and counts its requests. */
  ApiCall.Endpoint counted(ApiCall.Endpoint endpoint) {
    return call -> {
      total.incrementAndGet();
      running.incrementAndGet();
      try {
        endpoint.answer(call);
      } finally {
        running.decrementAndGet();
      }
    };
  }

  /** Returns the number of lookups since startup, including running ones. */
  public long total() {
    return total.get();
  }

  /** Returns the number of running lookups. */
  public int size() {
    return running.get();
  }
}
