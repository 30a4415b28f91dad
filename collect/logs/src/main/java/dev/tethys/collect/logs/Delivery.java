package dev.tethys.collect.logs;

import dev.tethys.model.logs.LogEntry;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Waits until every entry of a request is delivered, so that only then it is acknowledged. */
public final class Delivery implements LogEntry.Origin {
  private final AtomicInteger unsettled = new AtomicInteger(1); // one for the request itself
  private final CountDownLatch done = new CountDownLatch(1);

  /** Records that one more entry will be settled; must be called before it is passed on. */
  public void expect() {
    unsettled.incrementAndGet();
  }

  @Override
  public void settled() {
    if (unsettled.decrementAndGet() == 0) {
      done.countDown();
    }
  }

  /**
   * Waits for all entries; must be called once, when all were passed on.
   *
   * @return whether they are delivered
   */
  public boolean await(Duration most) throws InterruptedException {
    settled();
    return done.await(most.toMillis(), TimeUnit.MILLISECONDS);
  }
}
