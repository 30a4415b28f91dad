package dev.tethys.collect.observe.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PayloadRingTest {
  @ParameterizedTest
  @CsvSource({"1, 4", "2, 4", "3, 8", "4, 8", "5, 16", "8, 16", "64, 16"})
  void ringFollowsTheProcessors(int processors, int megabytes) {
    assertThat(PayloadCapture.ringBytes(processors)).isEqualTo(megabytes << 20);
  }
}
