package dev.tethys.model.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.guard.ByteBudget.OverBudgetException;
import dev.tethys.model.guard.ByteBudget.Reservation;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
  private final AtomicLong now = new AtomicLong(1);
  private final ByteBudget budget =
      new ByteBudget(MemoryShare.alone(MemoryUse.REQUESTS, 640), now::get, () -> true);

  @Test
  void fullHeapRejectsOnlyLargeRequests() {
    ByteBudget full =
        new ByteBudget(MemoryShare.alone(MemoryUse.REQUESTS, 1 << 20), now::get, () -> false);
    try (Reservation r = full.open()) {
      r.accept(64 << 10);
      assertThatThrownBy(() -> r.accept(1))
          .isInstanceOfSatisfying(
              OverBudgetException.class, e -> assertThat(e.isTooLarge()).isFalse());
      assertThat(full.inUse()).isEqualTo(64 << 10);
    }
  }

  @Test
  void reservedMemoryIsUnavailableUntilReleased() {
    try (Reservation a = budget.open();
        Reservation b = budget.open()) {
      a.accept(300);
      b.accept(150);
      assertThatThrownBy(() -> b.accept(100))
          .isInstanceOfSatisfying(
              OverBudgetException.class, e -> assertThat(e.isTooLarge()).isFalse());
      assertThat(budget.inUse()).isEqualTo(450);
      a.close();
      b.accept(100);
      assertThat(budget.inUse()).isEqualTo(250);
    }
    assertThat(budget.inUse()).isZero();
  }

  @Test
  void requestAboveTheBudgetIsNotRetryable() {
    try (Reservation a = budget.open()) {
      a.accept(400);
      assertThatThrownBy(() -> a.accept(100))
          .isInstanceOfSatisfying(
              OverBudgetException.class, e -> assertThat(e.isTooLarge()).isTrue());
    }
    assertThat(budget.inUse()).isZero();
  }

  @Test
  void reservesAQuarterForSmallRequests() {
    try (Reservation large = budget.open();
        Reservation other = budget.open();
        Reservation small = budget.open()) {
      large.accept(480);
      assertThatThrownBy(() -> other.accept(11)).isInstanceOf(OverBudgetException.class);
      small.accept(10);
      assertThat(budget.inUse()).isEqualTo(490);
    }
    assertThat(budget.inUse()).isZero();
  }

  @Test
  void rejectsMutuallyWaitingSendersInTurn() throws Exception {
    int n = 6;
    CountDownLatch started = new CountDownLatch(n);
    AtomicInteger refused = new AtomicInteger();
    AtomicInteger served = new AtomicInteger();
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (Reservation r = budget.open()) {
                      r.accept(80); // 480 of 480
                      started.countDown();
                      started.await();
                      r.await(80);
                      served.incrementAndGet();
                    } catch (OverBudgetException e) {
                      refused.incrementAndGet();
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  }));
    }
    started.await();
    now.addAndGet(ByteBudget.STUCK_NANOS);
    for (Thread t : all) {
      t.join();
    }
    assertThat(refused).hasValue(1);
    assertThat(served).hasValue(n - 1);
    assertThat(budget.inUse()).isZero();
  }

  @Test
  void closesIdleConnectionThatHoldsMemory() throws Exception {
    PipedInputStream silent = new PipedInputStream(1 << 16);
    PipedOutputStream sender = new PipedOutputStream(silent);
    CountDownLatch closed = new CountDownLatch(1);
    AtomicReference<String> end = new AtomicReference<>("");
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (Reservation r = budget.open()) {
                    InputStream in =
                        r.watched(
                            silent,
                            () -> {
                              closed.countDown();
                              sender.close();
                            });
                    r.accept(400);
                    in.readNBytes(ByteBudget.STALLED_BYTES);
                    end.set(in.read() < 0 ? "ended" : "more");
                  } catch (IOException e) {
                    end.set(e.toString());
                  }
                });
    sender.write(new byte[ByteBudget.STALLED_BYTES]);
    sender.flush();
    while (budget.inUse() < 400 || reader.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    try (Reservation other = budget.open()) {
      assertThatThrownBy(() -> other.accept(200)).isInstanceOf(OverBudgetException.class);
      assertThat(closed.getCount()).as("it has just sent").isEqualTo(1);
      now.addAndGet(ByteBudget.STALLED_NANOS);
      other.await(200);
      assertThat(closed.getCount()).isZero();
    }
    reader.join();
    assertThat(end.get()).isEqualTo("ended");
    assertThat(budget.inUse()).isZero();
  }
}
