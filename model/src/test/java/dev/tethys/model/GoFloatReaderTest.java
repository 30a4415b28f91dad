package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code strconv.ParseFloat} takes and does not. */
class GoFloatReaderTest {
  @ParameterizedTest
  @CsvSource({
    "12, 12",
    "-1.5e3, -1500",
    "+.5, 0.5",
    "5., 5",
    "0x1p4, 16",
    "inf, Infinity",
    "+Infinity, Infinity",
    "-INF, -Infinity",
    "NaN, NaN"
  })
  void floatsAreRead(String text, double value) {
    assertThat(GoFloatReader.read(text)).isEqualTo(Double.valueOf(value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " 12", "12 ", "12d", "12F", "1_000", "0x10", "abc", "1e", "--1"})
  void othersAreNot(String text) {
    assertThat(GoFloatReader.read(text)).isNull();
  }

  @Test
  void whatIsTooLongIsNot() {
    assertThat(GoFloatReader.read("1".repeat(401))).isNull();
  }
}
