package dev.tethys.pipeline.receiver.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class IntakeTest {
  @Test
  void requestsTogetherAreBounded() throws Exception {
    Intake intake = new Intake(1000);
    try (Intake.Hold a = intake.open()) {
      a.take(900);
      try (Intake.Hold b = intake.open()) {
        assertThatThrownBy(() -> b.take(101)).isInstanceOf(Intake.BusyException.class);
        b.take(100);
        assertThat(intake.inFlight()).isEqualTo(1000);
      }
    }
    assertThat(intake.inFlight()).isZero();
  }

  @Test
  void timeoutsOfGrpcAreRead() {
    assertThat(Intake.patience("1500m")).isEqualTo(Duration.ofMillis(1500));
    assertThat(Intake.patience("10S")).isEqualTo(Duration.ofSeconds(10));
    assertThat(Intake.patience("9H")).isEqualTo(Intake.MAX_WAIT);
    assertThat(Intake.patience(null)).isEqualTo(Intake.MAX_WAIT);
    assertThat(Intake.patience("99999999999S")).isEqualTo(Intake.MAX_WAIT);
  }
}
