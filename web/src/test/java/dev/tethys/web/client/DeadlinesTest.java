package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DeadlinesTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final AtomicInteger alarms = new AtomicInteger();

  /** Counts what it is requested: its own count of tasks has its thread in it until that waits. */
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(1) {
        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
          alarms.incrementAndGet();
          return super.schedule(task, delay, unit);
        }
      };

  private final Deadlines deadlines = new Deadlines(timer);
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

  DeadlinesTest() {
    timer.setRemoveOnCancelPolicy(true);
  }

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  private Deadlines.Watch in(long nanos, String name) {
    return deadlines.watch(System.nanoTime() + nanos, () -> told.add(name));
  }

  @Test
  void firesInOrderOfTime() throws InterruptedException {
    in(SECOND / 5, "third");
    in(SECOND / 50, "first");
    in(60 * SECOND, "never");
    in(SECOND / 10, "second");

    List<String> got = new ArrayList<>();
    while (got.size() < 3) {
      got.add(told.poll(30, TimeUnit.SECONDS));
    }

    assertThat(got).containsExactly("first", "second", "third");
    assertThat(timer.getQueue()).as("the alarm of what goes on").hasSize(1);
  }

  @Test
  void finishedWatchesDoNotFire() throws InterruptedException {
    Deadlines.Watch over = in(SECOND / 20, "over");
    in(SECOND / 5, "late");
    over.over();
    over.over();

    assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("late");
    assertThat(told).isEmpty();
  }

  @Test
  void firesAnOverdueWatchImmediately() throws InterruptedException {
    in(-SECOND, "late");

    assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("late");
  }

  @Test
  void setsOneAlarmForAllThatEndInTime() throws InterruptedException {
    for (int i = 0; i < 1_000; i++) {
      in(60 * SECOND + i, "never").over();
    }

    assertThat(alarms).as("alarms ever set").hasValue(1);
    in(SECOND / 100, "after them");
    assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("after them");
  }

  @Test
  void firesOrCancelsEachOfManyWatchesOnce() throws InterruptedException {
    int each = 2_000;
    List<Thread> threads = new ArrayList<>();
    BlockingQueue<Integer> over = new LinkedBlockingQueue<>();
    for (int t = 0; t < 4; t++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < each; i++) {
                      Deadlines.Watch w = in(i % 7 * 1_000_000L, "told");
                      if (i % 2 == 0) {
                        w.over();
                        over.add(i);
                      }
                    }
                  }));
    }
    for (Thread t : threads) {
      t.join();
    }
    int most = 4 * each;
    int least = most - over.size();
    long began = System.nanoTime();
    while (!timer.getQueue().isEmpty() || timer.getActiveCount() > 0) {
      assertThat(System.nanoTime() - began).isLessThan(60 * SECOND);
      Waiting.pause();
    }

    assertThat(told).hasSizeBetween(least, most);
  }
}
