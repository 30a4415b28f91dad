package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationsTest {
  /** From the table of Go's own tests of time.ParseDuration. */
  @ParameterizedTest
  @CsvSource({
    "0,0",
    "5s,5000000000",
    "30s,30000000000",
    "1478s,1478000000000",
    "-5s,-5000000000",
    "+5s,5000000000",
    "5.0s,5000000000",
    "5.6s,5600000000",
    "5.s,5000000000",
    ".5s,500000000",
    "1.0040s,1004000000",
    "100.00100s,100001000000",
    "10ns,10",
    "11us,11000",
    "12µs,12000",
    "12μs,12000",
    "13ms,13000000",
    "16h,57600000000000",
    "3h30m,12600000000000",
    "10.5s4m,250500000000",
    "-2m3.4s,-123400000000",
    "39h9m14.425s,140954425000000",
    "0.3333333333333333333h,1200000000000",
    "9223372036854775807ns,9223372036854775807"
  })
  void readsTheSameAsGo(String text, long nanos) {
    // Go is right to the nanosecond below its 18th digit.
    assertThat(GoDurations.parse(text).toNanos()).isBetween(nanos - 1, nanos);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "3", "-", "s", ".", "-.", ".s", "+.s", "1d", "1h ", "x", "3000000h", "1 s"})
  void rejectsExpressionsThatGoRejects(String text) {
    assertThatThrownBy(() -> GoDurations.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void settingsAreNotNegative() {
    YamlNode n = YamlDocument.parse("f", null, "-1s").root();
    assertThatThrownBy(() -> GoDurations.TYPE.read(n)).hasMessageContaining("f:1:1");
    YamlNode ok = YamlDocument.parse("f", null, "1.5s").root();
    assertThat(GoDurations.TYPE.read(ok)).isEqualTo(Duration.ofMillis(1500));
  }
}
