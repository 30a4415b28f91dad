package dev.tethys.store.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.storage.StoreHealth.Problem;
import dev.tethys.store.files.WriteHealth.Work;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class WriteHealthTest {
  private long now = 1000;
  private final WriteHealth health = new WriteHealth(() -> now);

  @Test
  void failureLastsUntilAWriteOfItsKindSucceeds() {
    assertThat(health.problem()).isNull();
    health.failed(Work.APPEND, new IOException("No space left on device"));
    now = 2000;
    health.failed(Work.APPEND, new IOException("No space left on device"));
    health.succeeded(Work.FLUSH);
    assertThat(health.problem())
        .isEqualTo(new Problem("data is refused: No space left on device", 1000, true));
    assertThat(health.failedWrites()).isEqualTo(2);
    health.succeeded(Work.APPEND);
    assertThat(health.problem()).isNull();
    assertThat(health.failedWrites()).isEqualTo(2);
  }

  @Test
  void appendFailureEndsWithoutAnotherAttempt() {
    health.failed(Work.APPEND, new IOException("x"));
    now += WriteHealth.APPEND_FAILURE_MILLIS;
    assertThat(health.problem()).isNotNull();
    now++;
    assertThat(health.problem()).isNull();
  }

  @Test
  void refusalIsTheMostSevereFailure() {
    health.failed(Work.MAINTENANCE, new IOException("a"));
    health.failed(Work.FLUSH, new IOException("b"));
    Problem flush = health.problem();
    assertThat(flush)
        .isEqualTo(new Problem("data stays in memory and in the write-ahead log: b", 1000, false));
    health.failed(Work.APPEND, new IOException("c"));
    Problem append = health.problem();
    assertThat(append).isEqualTo(new Problem("data is refused: c", 1000, true));
  }
}
