package dev.tethys.model.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The expected texts follow pdata's value.go: AsString and float64AsString. */
class ValueTextTest {
  @Test
  void numbersHaveTheirShortestDigits() {
    assertThat(ValueText.of(1.0)).isEqualTo("1");
    assertThat(ValueText.of(0.25)).isEqualTo("0.25");
    assertThat(ValueText.of(1e20)).isEqualTo("100000000000000000000");
    assertThat(ValueText.of(1e21)).isEqualTo("1e+21");
    assertThat(ValueText.of(1e-7)).isEqualTo("1e-7");
    assertThat(ValueText.of(1e-10)).isEqualTo("1e-10");
    assertThat(ValueText.of(Double.NEGATIVE_INFINITY)).isEqualTo("-Infinity");
    assertThat(ValueText.of(-7L)).isEqualTo("-7");
  }

  @Test
  void writesMapsAsJsonWithSortedKeysAndWithoutHtmlEscapes() {
    Attributes a = new Attributes();
    a.put("b", ArrayValue.of(true, null, 1.0, new byte[] {1}));
    a.put("a", "<\"\n\u0001>");
    assertThat(ValueText.of(a))
        .isEqualTo("{\"a\":\"<\\\"\\n\\u0001>\",\"b\":[true,null,1,\"AQ==\"]}");
    assertThat(ValueText.of(null)).isEmpty();
  }
}
