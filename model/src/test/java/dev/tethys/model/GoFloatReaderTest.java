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
    "-0x1_ep-1, -15",
    "0x1fFe2.P0, 131042",
    "0x0.fp0, 0.9375",
    "0x.1p-2, 0.015625",
    "0x_1_2.3_4_5p+1_2, 74565",
    "1_23.50_0_0e+1_2, 1.235e14",
    "0e+01234567890123456789, 0",
    "-0x0.00p-01234567890123456789, -0",
    "1e-18446744073709551616, 0",
    "0x1p-4294967296, 0",
    "1.7976931348623158e308, 1.7976931348623157e308",
    "0x1.fffffffffffff7fffp1023, 1.7976931348623157e308",
    "2.2250738585072011e-308, 2.225073858507201e-308",
    "0x0.00000003456788p-1022, 1.694649e-317",
    "3e-324, 5e-324",
    "inf, Infinity",
    "+Infinity, Infinity",
    "-INF, -Infinity",
    "NaN, NaN"
  })
  void floatsAreRead(String text, double value) {
    assertThat(GoFloatReader.read(text)).isEqualTo(Double.valueOf(value));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " 12",
        "12 ",
        "12d",
        "12F",
        "abc",
        "1e",
        "1e-",
        ".e-1",
        "--1",
        "1.1.",
        "1p2",
        "0x",
        "0x.",
        "0x1",
        "0x10",
        "0x1e2",
        "0x.1",
        "0x1p",
        "0x.1p+",
        "0x1p-",
        "0x1p3d",
        "-_123.5e+12",
        "_123.5",
        "1__23.5e+12",
        "123_.5e+12",
        "123._5e+12",
        "123.5_e+12",
        "123.5__0e+12",
        "123.5e_+12",
        "123.5e+_12",
        "123.5e+1__2",
        "123.5e+12_",
        "-_0x12.345p+12",
        "0x__12.345p+12",
        "0x12_.345p+12",
        "0x12._345p+12",
        "0x12.345_p+12",
        "0x12.345p-_12",
        "0x12.345p+12_",
        "_",
        "+"
      })
  void othersAreNot(String text) {
    assertThat(GoFloatReader.read(text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.7976931348623159e308", "-2e308", "0x1p1024", "-0x1p2000000000"})
  void tooLargeInputIsNeither(String text) {
    assertThat(GoFloatReader.read(text)).isNull();
  }

  @Test
  void rejectsTextThatIsTooLong() {
    assertThat(GoFloatReader.read("1".repeat(401))).isNull();
  }
}
