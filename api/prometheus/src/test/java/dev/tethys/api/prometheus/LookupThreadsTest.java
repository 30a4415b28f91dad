package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.cancellation.Cancellation;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Lookups leave a carrier of virtual threads to others. */
class LookupThreadsTest {
  private final LookupThreads threads = new LookupThreads(1, 1);
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  private Thread occupyTheOnlyCarrier() throws InterruptedException {
    Thread t =
        Thread.ofVirtual()
            .start(
                () ->
                    threads.compute(
                        () -> {
                          begun.countDown();
                          await(go);
                          return true;
                        }));
    begun.await();
    return t;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> T onVirtualThread(Supplier<T> work) throws InterruptedException {
    AtomicReference<T> out = new AtomicReference<>();
    Thread.ofVirtual().start(() -> out.set(work.get())).join();
    return out.get();
  }

  @Test
  void computesOneResultOnDemand() throws Exception {
    assertThat(onVirtualThread(() -> threads.compute(() -> Thread.currentThread().isVirtual())))
        .isTrue();
  }

  @Test
  void furtherOnesHavePlatformThreads() throws Exception {
    Thread first = occupyTheOnlyCarrier();
    assertThat(onVirtualThread(() -> threads.compute(() -> Thread.currentThread().isVirtual())))
        .isFalse();
    go.countDown();
    first.join();
    assertThat(onVirtualThread(() -> threads.compute(() -> Thread.currentThread().isVirtual())))
        .as("the carrier is free again")
        .isTrue();
  }

  @Test
  void rethrowsFailuresAndAllowsCancellation() throws Exception {
    Thread first = occupyTheOnlyCarrier();
    onVirtualThread(
        () ->
            assertThatThrownBy(
                    () ->
                        threads.compute(
                            () -> {
                              throw new IllegalArgumentException("oh");
                            }))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("oh"));
    Runnable check =
        () -> {
          throw new ApiException(ErrorType.TIMEOUT, "too long");
        };
    onVirtualThread(
        () ->
            assertThatThrownBy(
                    () ->
                        Cancellation.within(
                            check,
                            () ->
                                threads.compute(
                                    () -> {
                                      Cancellation.check();
                                      return true;
                                    })))
                .hasMessage("too long"));
    go.countDown();
    first.join();
  }
}
