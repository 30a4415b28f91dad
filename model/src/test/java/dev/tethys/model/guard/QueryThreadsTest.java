package dev.tethys.model.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Places for queries, waiting, refusals. */
class QueryThreadsTest {
  private final QueryThreads threads =
      new QueryThreads("tests", new QueryPlaces(1).add(), 3, Duration.ofMinutes(10));

  @Test
  void queriesComputeOnPlatformThreads() throws Exception {
    Thread caller = Thread.currentThread();
    Thread worker = threads.run(Thread::currentThread);
    assertThat(worker).isNotSameAs(caller);
    assertThat(worker.isVirtual()).isFalse();
    assertThat(threads.run(() -> threads.run(Thread::currentThread)).getName())
        .as("a part of a query takes no other place")
        .isEqualTo("query-tests");
  }

  @Test
  void propagatesQueryFailures() {
    IOException failure = new IOException("x");
    assertThatThrownBy(
            () ->
                threads.run(
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThatThrownBy(
            () ->
                threads.run(
                    () -> {
                      throw new StackOverflowError();
                    }))
        .isInstanceOf(StackOverflowError.class);
  }

  @Test
  void runsFewQueriesQueuesOthersAndRejectsTheRest() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(2);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Future<Integer>> asked = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 5; i++) {
        int n = i;
        asked.add(
            clients.submit(
                () ->
                    threads.run(
                        () -> {
                          most.accumulateAndGet(running.incrementAndGet(), Math::max);
                          begun.countDown();
                          go.await();
                          running.decrementAndGet();
                          return n;
                        })));
      }
      begun.await();
      while (threads.waiting() < 3) {
        Thread.onSpinWait();
      }
      assertThatThrownBy(() -> threads.run(() -> 1))
          .isInstanceOf(QueryThreads.NoPlaceException.class)
          .hasMessageContaining("3 wait already");
      go.countDown();
      int sum = 0;
      for (Future<Integer> f : asked) {
        sum += f.get();
      }
      assertThat(sum).isEqualTo(0 + 1 + 2 + 3 + 4);
    }
    assertThat(most).hasValue(2);
    assertThat(threads.waiting()).isZero();
  }

  @Test
  void rejectsQueryThatWaitsTooLong() throws Exception {
    QueryThreads one = new QueryThreads("tests", new QueryPlaces(0).add(), 3, Duration.ZERO);
    assertThat(one.<Boolean, InterruptedException>run(() -> refuses(one))).isTrue();
  }

  private static boolean refuses(QueryThreads threads) throws InterruptedException {
    boolean[] refused = {false};
    Thread other =
        Thread.startVirtualThread(
            () -> {
              try {
                threads.run(() -> 1);
              } catch (QueryThreads.NoPlaceException e) {
                refused[0] = true;
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    other.join();
    return refused[0];
  }

  @Test
  void interruptReachesTheQuery() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Thread caller =
        Thread.startVirtualThread(
            () -> {
              try {
                threads.run(
                    () -> {
                      begun.countDown();
                      new CountDownLatch(1).await();
                      return 1;
                    });
              } catch (InterruptedException e) {
                ended.countDown();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    begun.await();
    caller.interrupt();
    ended.await();
    assertThat(threads.waiting()).isZero();
  }
}
