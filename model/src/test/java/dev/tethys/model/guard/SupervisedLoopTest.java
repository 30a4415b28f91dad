package dev.tethys.model.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SupervisedLoopTest {
  private final AtomicLong now = new AtomicLong(5);
  private final List<Long> pauses = new ArrayList<>();
  private final List<Integer> ends = new ArrayList<>();
  private final AtomicInteger runs = new AtomicInteger();

  private static final class EndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private SupervisedLoop loop(Runnable r, boolean errorsAlone) {
    return new SupervisedLoop(
        "test",
        r,
        errorsAlone,
        now::get,
        n -> {
          pauses.add(n);
          now.addAndGet(n);
        },
        code -> {
          ends.add(code);
          throw new EndedException();
        });
  }

  @Test
  void failedLoopRunsAgainUntilItReturns() {
    loop(
            () -> {
              switch (runs.incrementAndGet()) {
                case 1 -> throw new OutOfMemoryError("Java heap space");
                case 2 -> throw new IllegalStateException("a fault");
                case 3 -> throw new StackOverflowError();
                default -> {}
              }
            },
            false)
        .run();
    assertThat(runs).hasValue(4);
    assertThat(pauses).hasSize(3).isSorted();
    assertThat(ends).isEmpty();
  }

  @Test
  void repeatedErrorsEndTheProcess() {
    SupervisedLoop l =
        loop(
            () -> {
              runs.incrementAndGet();
              throw new OutOfMemoryError("Java heap space");
            },
            false);
    assertThatThrownBy(l::run).isInstanceOf(EndedException.class);
    assertThat(ends).containsExactly(SupervisedLoop.EXIT_CODE);
    assertThat(runs).hasValue(SupervisedLoop.MAX_ERRORS);
  }

  @Test
  void rareErrorsDoNotEndTheProcess() {
    loop(
            () -> {
              now.addAndGet(61_000_000_000L);
              if (runs.incrementAndGet() < 100) {
                throw new OutOfMemoryError("Java heap space");
              }
            },
            false)
        .run();
    assertThat(ends).isEmpty();
    assertThat(pauses).hasSize(99).allMatch(pauses.getFirst()::equals);
  }

  @Test
  void exceptionsNeverEndTheProcess() {
    loop(
            () -> {
              if (runs.incrementAndGet() < 1000) {
                throw new IllegalStateException("a fault");
              }
            },
            false)
        .run();
    assertThat(runs).hasValue(1000);
    assertThat(ends).isEmpty();
  }

  @Test
  void taskRunsAgainOnlyAfterErrors() {
    SupervisedLoop l =
        loop(
            () -> {
              if (runs.incrementAndGet() == 1) {
                throw new OutOfMemoryError("Java heap space");
              }
              throw new IllegalStateException("a fault");
            },
            true);
    assertThatThrownBy(l::run).isInstanceOf(IllegalStateException.class);
    assertThat(runs).hasValue(2);
  }
}
