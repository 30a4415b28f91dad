package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoCaseTest {
  @ParameterizedTest
  @CsvSource({
    "straße, STRAßE, straße",
    "ΟΔΥΣΣΕΥΣ, ΟΔΥΣΣΕΥΣ, οδυσσευσ",
    "ŉ, ŉ, ŉ",
    "ﬁ, ﬁ, ﬁ",
    "İ, İ, i",
    "ı, I, ı",
    "ǆ, Ǆ, ǆ",
    "ǅ, Ǆ, ǆ",
    "ÿ, Ÿ, ÿ",
    "𐐨𐐀, 𐐀𐐀, 𐐨𐐨",
    "aB1-_, AB1-_, ab1-_",
  })
  void mapsEachCodePointByItself(String text, String upper, String lower) {
    assertThat(GoCase.upper(text)).isEqualTo(upper);
    assertThat(GoCase.lower(text)).isEqualTo(lower);
  }
}
