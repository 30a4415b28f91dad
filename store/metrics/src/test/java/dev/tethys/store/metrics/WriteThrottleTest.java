package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** A writer is delayed to its rate, but never while something waits for it. */
class WriteThrottleTest {
  private long now = 5;
  private long rate = 1_000_000;
  private boolean hurry;
  private boolean open = true;

  private final WriteThrottle pace =
      new WriteThrottle(
          () -> rate,
          () -> now,
          () -> hurry,
          nanos -> {
            now += nanos;
            return open;
          });

  @Test
  void holdsTheRate() {
    pace.begin();
    for (long written = 0; written <= 10_000_000; written += 250_000) {
      pace.written(written);
      now += 1_000; // the work itself
    }
    assertThat(now).isBetween(10_000_000_000L, 10_100_000_000L);
  }

  @Test
  void slowWriterIsNotThrottled() {
    pace.begin();
    now += 20_000_000_000L;
    long before = now;
    pace.written(10_000_000);
    assertThat(now).isEqualTo(before);
  }

  @Test
  void doesNotSleepWhileOthersWaitNorCatchUpLater() {
    pace.begin();
    hurry = true;
    long before = now;
    pace.written(50_000_000);
    assertThat(now).isEqualTo(before);
    hurry = false;
    pace.written(51_000_000);
    assertThat(now - before).isBetween(1_000_000_000L, 1_100_000_000L);
  }

  @Test
  void zeroRateMeansNoLimit() {
    rate = 0;
    pace.begin();
    pace.written(1L << 40);
    assertThat(now).isEqualTo(5);
  }

  @Test
  void stopsWhenTheStoreCloses() {
    pace.begin();
    open = false;
    assertThatThrownBy(() -> pace.written(1)).isInstanceOf(WriteThrottle.Stopped.class);
  }
}
