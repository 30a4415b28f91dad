package dev.tethys.control.rollout;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits of the conditions of a rollout. */
class GuardTest {
  @Test
  void quotesTooLongDurationAsWritten() {
    assertThatThrownBy(
            () ->
                new Guard(
                    Duration.ofHours(25),
                    Duration.ofSeconds(1),
                    0.01,
                    "",
                    0,
                    Duration.ZERO,
                    0,
                    0,
                    Duration.ZERO))
        .hasMessageEndingWith("must be from 0s to 1d, not 25h0m0s");
  }
}
