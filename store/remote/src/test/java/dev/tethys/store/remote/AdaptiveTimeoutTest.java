package dev.tethys.store.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AdaptiveTimeoutTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private long now = -7 * SECOND; // clocks of this kind begin anywhere

  @Test
  void shortensTheTimeoutOfASlowStore() {
    AdaptiveTimeout p = new AdaptiveTimeout(Duration.ofMinutes(1), () -> now);
    assertThat(p.nanos()).isEqualTo(60 * SECOND);
    p.late();
    assertThat(p.nanos()).isEqualTo(6 * SECOND);
    p.answered();
    assertThat(p.nanos()).isEqualTo(60 * SECOND);
    p.late();
    now += 30 * SECOND;
    assertThat(p.nanos()).isEqualTo(6 * SECOND);
    now++;
    assertThat(p.nanos()).isEqualTo(60 * SECOND);
  }

  @Test
  void hasAMinimum() {
    AdaptiveTimeout seconds = new AdaptiveTimeout(Duration.ofSeconds(5), () -> now);
    seconds.late();
    assertThat(seconds.nanos()).isEqualTo(SECOND);
    AdaptiveTimeout millis = new AdaptiveTimeout(Duration.ofMillis(200), () -> now);
    millis.late();
    assertThat(millis.nanos()).isEqualTo(Duration.ofMillis(200).toNanos());
  }
}
