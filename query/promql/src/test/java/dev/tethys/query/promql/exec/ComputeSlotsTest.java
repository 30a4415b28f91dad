package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.QueryPlaces;
import dev.tethys.query.promql.QueryException;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Waiting;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Queries that compute for long do so in slots. */
class ComputeSlotsTest {
  private final AtomicLong now = new AtomicLong();
  private final ComputeSlots slots = new ComputeSlots(new QueryPlaces(0).add());
  private final AtomicInteger longOnes = new AtomicInteger();

  private Execution execution() {
    Execution x =
        new Execution(
            new MemoryMetricStore(),
            new Execution.Limits(1_000, 0, Long.MAX_VALUE / 2, 0, 0, false),
            new Execution.Features(false, false, false),
            new QueryMemoryBudget(MemoryShare.unlimited(), MemoryShare.unlimited(), 0),
            Runnable::run,
            1,
            now::get,
            Execution.counter(Grid.instant(0), false),
            null);
    x.useSlots(slots, longOnes::incrementAndGet);
    return x;
  }

  /** A query on its own thread that checks once, and again each time it may continue. */
  private final class Other {
    final AtomicReference<Throwable> failure = new AtomicReference<>();
    final CountDownLatch passed = new CountDownLatch(1);
    final AtomicReference<Execution> execution = new AtomicReference<>();
    final Thread thread;

    Other() {
      CountDownLatch begun = new CountDownLatch(1);
      thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    Execution x = execution();
                    execution.set(x);
                    now.addAndGet(ComputeSlots.FREE_NANOS + 1);
                    begun.countDown();
                    try {
                      x.check();
                      passed.countDown();
                    } catch (QueryException e) {
                      failure.set(e);
                    } finally {
                      x.endSlot();
                    }
                  });
      try {
        begun.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    void awaitQueue() {
      while (slots.waiting() == 0) {
        Waiting.pause();
      }
    }
  }

  private Execution withSlot() {
    Execution x = execution();
    now.addAndGet(ComputeSlots.FREE_NANOS + 1);
    x.check();
    return x;
  }

  @Test
  void shortQueriesTakeNoTurn() throws Exception {
    Execution x = execution();
    now.addAndGet(ComputeSlots.FREE_NANOS);
    x.check();
    assertThat(longOnes.get()).isZero();
    Other other = new Other();
    other.passed.await();
    other.thread.join();
    x.endSlot();
  }

  @Test
  void secondLongQueryWaitsForTheFirst() throws Exception {
    Execution first = withSlot();
    Other other = new Other();
    other.awaitQueue();
    first.check();
    assertThat(other.passed.getCount()).isOne();
    first.endSlot();
    other.thread.join();
    assertThat(other.passed.getCount()).isZero();
  }

  @Test
  void releasesSlotWhenAnotherQueryWaits() throws Exception {
    Execution first = withSlot();
    Other other = new Other();
    other.awaitQueue();
    now.addAndGet(ComputeSlots.SLOT_NANOS + 1);
    first.check(); // returns once the other query has ended
    other.thread.join();
    assertThat(longOnes.get()).as("each tells once").isEqualTo(2);
    assertThat(other.passed.getCount()).isZero();
    first.endSlot();
  }

  @Test
  void doesNotComputeWhileWaitingForAnotherQuery() throws Exception {
    Execution first = withSlot();
    Other other = new Other();
    other.awaitQueue();
    first.await(other.passed); // would never end if it kept its slot
    other.thread.join();
    assertThat(other.failure.get()).isNull();
    first.endSlot();
  }

  @Test
  void canceledQueryStopsWaiting() throws Exception {
    Execution first = withSlot();
    Other other = new Other();
    other.awaitQueue();
    other.execution.get().cancel();
    other.thread.join();
    assertThat(other.failure.get()).hasMessageContaining("canceled");
    first.endSlot();
    assertThat(slots.waiting()).isZero();
  }

  @Test
  void helperThreadsTakeNoTurns() throws Exception {
    Execution first = withSlot();
    Execution second = execution();
    now.addAndGet(ComputeSlots.FREE_NANOS + 1);
    Thread helper = Thread.ofPlatform().start(second::check);
    helper.join();
    assertThat(slots.waiting()).isZero();
    first.endSlot();
    second.cancel();
    assertThatThrownBy(second::check).isInstanceOf(QueryException.class);
  }

  @Test
  void rulesRunBeforeLongQueries() throws Exception {
    slots.ruleBegan(now.get());
    assertThat(slots.stepsBack(now.get())).as("no query waits for a slot").isFalse();
    Execution first = withSlot();
    Other other = new Other();
    other.awaitQueue();
    long began = now.get();
    slots.ruleEnded();
    assertThat(slots.stepsBack(began)).as("no rule is evaluated").isFalse();
    slots.ruleBegan(began);
    slots.ruleBegan(began + 1); // a second one changes nothing
    for (int period = 0; period < 3; period++) {
      long at = began + period * ComputeSlots.PERIOD_NANOS;
      assertThat(slots.stepsBack(at)).isTrue();
      assertThat(slots.stepsBack(at + ComputeSlots.STEP_BACK_NANOS - 1)).isTrue();
      assertThat(slots.stepsBack(at + ComputeSlots.STEP_BACK_NANOS)).isFalse();
    }
    first.check(); // returns after a pause
    slots.ruleEnded();
    assertThat(slots.stepsBack(began)).isTrue();
    slots.ruleEnded();
    assertThat(slots.stepsBack(began)).isFalse();
    first.endSlot();
    other.thread.join();
  }
}
