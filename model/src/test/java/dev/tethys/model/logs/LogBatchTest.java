package dev.tethys.model.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.RequestMemory;
import org.junit.jupiter.api.Test;

class LogBatchTest {
  private final LogBatch batch = new LogBatch();

  private void fill(int rows) {
    int stream = batch.stream(Labels.of("app", "a"));
    byte[] line = new byte[1000];
    for (int i = 0; i < rows; i++) {
      batch.add(i, stream, line, 0, line.length);
    }
  }

  @Test
  void chargesItsBytesToTheRequest() {
    try (ByteBudget.Reservation request = new ByteBudget(8 << 20).open()) {
      RequestMemory.during(
          request,
          () -> {
            fill(1000);
            return null;
          });
      assertThat(batch.bytes.length).isGreaterThan(1_000_000);
    }
    ByteBudget small = new ByteBudget(1 << 20);
    try (ByteBudget.Reservation request = small.open()) {
      assertThatThrownBy(
              () ->
                  RequestMemory.during(
                      request,
                      () -> {
                        fill(5000);
                        return null;
                      }))
          .isInstanceOf(ByteBudget.OverBudgetException.class);
    }
    assertThat(small.inUse()).isZero();
  }
}
