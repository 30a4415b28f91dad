package dev.tethys.model.turns;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TimedTurnsTest {
  private static final int MOST = 16;
  private static final long FAR = TimeUnit.HOURS.toNanos(1);

  private final TimedTurns turns = new TimedTurns("turns", MOST);
  private final LinkedBlockingQueue<Integer> done = new LinkedBlockingQueue<>();

  private static long in(long nanos) {
    return System.nanoTime() + nanos;
  }

  /** Threads that sleep until something later take what is due before. */
  @Test
  void earlierDeadlineRunsFirst() throws InterruptedException {
    for (int i = 0; i < MOST; i++) {
      turns.at(in(FAR), () -> done.add(-1));
    }
    Set<Integer> soon = new TreeSet<>();
    for (int i = 0; i < 5; i++) {
      int n = i;
      soon.add(n);
      turns.at(in(0), () -> done.add(n));
    }
    Set<Integer> were = new TreeSet<>();
    while (were.size() < soon.size()) {
      were.add(done.take());
    }
    assertThat(were).isEqualTo(soon);
    assertThat(done).isEmpty();
  }

  /** Each task that blocks has a thread, and one thread is left that checks the clock. */
  @Test
  void blockedTurnsDelayNoOther() throws InterruptedException {
    CountDownLatch all = new CountDownLatch(1);
    AtomicInteger virtual = new AtomicInteger();
    int many = 3 * MOST;
    CountDownLatch begun = new CountDownLatch(many);
    for (int i = 0; i < many; i++) {
      turns.at(
          in(0),
          () -> {
            virtual.addAndGet(Thread.currentThread().isVirtual() ? 1 : 0);
            begun.countDown();
            await(all);
            done.add(1);
          });
    }
    begun.await();
    assertThat(turns.threads()).isEqualTo(MOST);
    // One of them checks the clock.
    assertThat(virtual).hasValue(many - MOST + 1);
    turns.at(in(0), () -> done.add(2));
    assertThat(done.take()).isEqualTo(2);
    all.countDown();
    for (int i = 0; i < many; i++) {
      done.take();
    }
    turns.at(in(0), () -> done.add(3));
    assertThat(done.take()).isEqualTo(3);
  }

  @Test
  void cancelledAlarmsDoNotRun() throws InterruptedException {
    List<TimedTurns.Alarm> far = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      far.add(turns.at(in(FAR), () -> done.add(1)));
    }
    TimedTurns.Alarm soon = turns.at(in(0), () -> done.add(2));
    assertThat(done.take()).isEqualTo(2);
    assertThat(soon.cancel()).isFalse();
    assertThat(far).allMatch(TimedTurns.Alarm::cancel);
    assertThat(far).noneMatch(TimedTurns.Alarm::cancel);
    turns.at(in(0), () -> done.add(3));
    assertThat(done.take()).isEqualTo(3);
  }

  /** A fault, or an interrupt that was meant for another turn, ends nothing. */
  @Test
  void threadSurvivesExceptions() throws InterruptedException {
    turns.at(
        in(0),
        () -> {
          Thread.currentThread().interrupt();
          throw new IllegalStateException("a fault");
        });
    turns.at(in(0), () -> done.add(Thread.currentThread().isInterrupted() ? 0 : 1));
    assertThat(done.take()).isEqualTo(1);
  }

  /** As where processes may have so many threads and no more. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5})
  void allIsDoneWhereTheSystemGivesNoMoreThreads(int given) throws InterruptedException {
    AtomicInteger remaining = new AtomicInteger(given);
    TimedTurns few =
        new TimedTurns(
            "few",
            MOST,
            work ->
                new Thread(work) {
                  @Override
                  public void start() {
                    if (remaining.getAndDecrement() <= 0) {
                      throw new OutOfMemoryError("unable to create native thread");
                    }
                    setDaemon(true);
                    super.start();
                  }
                });
    CountDownLatch all = new CountDownLatch(1);
    for (int i = 0; i < 2 * MOST; i++) {
      few.at(
          in(0),
          () -> {
            await(all);
            done.add(1);
          });
    }
    few.at(in(0), () -> done.add(2));
    assertThat(done.poll(30, TimeUnit.SECONDS)).isEqualTo(2);
    all.countDown();
    for (int i = 0; i < 2 * MOST; i++) {
      assertThat(done.poll(30, TimeUnit.SECONDS)).isEqualTo(1);
    }
    few.at(in(0), () -> done.add(3));
    assertThat(done.poll(30, TimeUnit.SECONDS)).isEqualTo(3);
  }

  private static void await(CountDownLatch l) {
    try {
      l.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
