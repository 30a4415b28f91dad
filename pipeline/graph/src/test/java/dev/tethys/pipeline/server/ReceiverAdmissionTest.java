package dev.tethys.pipeline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReceiverAdmissionTest {
  @Test
  void boundsRequestsTogether() throws Exception {
    ReceiverAdmission admission = new ReceiverAdmission(1000);
    try (ReceiverAdmission.Hold a = admission.open()) {
      a.take(900);
      try (ReceiverAdmission.Hold b = admission.open()) {
        assertThatThrownBy(() -> b.take(101)).isInstanceOf(ReceiverAdmission.BusyException.class);
        b.take(100);
        assertThat(admission.inFlight()).isEqualTo(1000);
      }
    }
    assertThat(admission.inFlight()).isZero();
  }

  @Test
  void parsesGrpcTimeouts() {
    assertThat(ReceiverAdmission.timeLimit("1500m")).isEqualTo(Duration.ofMillis(1500));
    assertThat(ReceiverAdmission.timeLimit("10S")).isEqualTo(Duration.ofSeconds(10));
    assertThat(ReceiverAdmission.timeLimit("9H")).isEqualTo(ReceiverAdmission.MAX_WAIT);
    assertThat(ReceiverAdmission.timeLimit(null)).isEqualTo(ReceiverAdmission.MAX_WAIT);
    assertThat(ReceiverAdmission.timeLimit("99999999999S")).isEqualTo(ReceiverAdmission.MAX_WAIT);
  }
}
