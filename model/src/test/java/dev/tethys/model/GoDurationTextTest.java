package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GoDurationTextTest {
  /** Expected texts are those of Go's time.Duration. */
  @Test
  void writesLikeGo() {
    assertThat(GoDurationText.of(0)).isEqualTo("0s");
    assertThat(GoDurationText.of(1)).isEqualTo("1ns");
    assertThat(GoDurationText.of(1_100)).isEqualTo("1.1µs");
    assertThat(GoDurationText.of(2_200_000)).isEqualTo("2.2ms");
    assertThat(GoDurationText.of(7_000_000)).isEqualTo("7ms");
    assertThat(GoDurationText.of(-999_999_999)).isEqualTo("-999.999999ms");
    assertThat(GoDurationText.of(3_300_000_000L)).isEqualTo("3.3s");
    assertThat(GoDurationText.of(15_000_000_000L)).isEqualTo("15s");
    assertThat(GoDurationText.of(60_000_000_000L)).isEqualTo("1m0s");
    assertThat(GoDurationText.of(245_000_000_000L)).isEqualTo("4m5s");
    assertThat(GoDurationText.of(245_001_000_000L)).isEqualTo("4m5.001s");
    assertThat(GoDurationText.of(3_600_000_000_000L)).isEqualTo("1h0m0s");
    assertThat(GoDurationText.of(18_367_001_000_000L)).isEqualTo("5h6m7.001s");
    assertThat(GoDurationText.of(480_000_000_001L)).isEqualTo("8m0.000000001s");
    assertThat(GoDurationText.of(Long.MAX_VALUE)).isEqualTo("2562047h47m16.854775807s");
    assertThat(GoDurationText.of(Long.MIN_VALUE)).isEqualTo("-2562047h47m16.854775808s");
  }
}
