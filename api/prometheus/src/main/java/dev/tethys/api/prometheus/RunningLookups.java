package dev.tethys.api.prometheus;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Counts requests for label names, label values and series. Safe for several threads. */
public final class RunningLookups {
  private final AtomicLong total = new AtomicLong();
  private final AtomicInteger running = new AtomicInteger();

  /** An endpoint of which each request is counted. */
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

  /** How many have been asked since the start, those that run among them. */
  public long total() {
    return total.get();
  }

  /** How many run. */
  public int size() {
    return running.get();
  }
}
