package dev.tethys.collect.exporter.snmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.snmp.wire.SnmpValue;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of bytes by patterns of times and hints of MIBs. */
class SnmpTextsTest {
  /** Among them the examples of RFC 2579, section 3.1, and hints of well-known MIBs. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1x: | 000a1bff | 00:0a:1b:ff",
        "255a | 506f776572 | Power",
        "255t | c3bc | ü",
        "1d.1d.1d.1d | c0000201 | 192.0.2.1",
        "2d-1d-1d,1d:1d:1d.1d,1a1d:1d | 07c8051a0d1e0f00 | 1992-5-26,13:30:15.0",
        "2d-1d-1d,1d:1d:1d.1d,1a1d:1d | 07c8051a0d1e0f002d0400 | 1992-5-26,13:30:15.0,-4:0",
        "1d:1d:1d.1d,1a1d:*1d. | 0102030440050406070809 | 1:2:3.4,@5:6.7.8.9",
        "*1x:/1x: | 020a0b020c0d | 0a:0b/02:0c:0d",
        "1o | 0f08 | 1710",
        "2x:2x:2x:2x:2x:2x:2x:2x | 20010db8000000000000000000000001 | 2001:0db8:0000:0000:0000:0000:0000:0001",
        "4d | 00000100 | 256",
        "1a | '' | ''"
      })
  void hintsWriteBytes(String hint, String bytes, String expected) {
    assertThat(DisplayHint.parse(hint).write(HexFormat.of().parseHex(bytes))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"d", "1", "1q", "''", "99999999999a", "*"})
  void rejectsInvalidHints(String hint) {
    assertThatThrownBy(() -> DisplayHint.parse(hint)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void hintsApplyOnlyToOctetStrings() {
    SnmpValue v = new SnmpValue.Bytes(new byte[] {10, 27});
    DisplayHint hint = DisplayHint.parse("1x:");
    assertThat(SnmpSamples.text(v, "OctetString", hint)).isEqualTo("0a:1b");
    assertThat(SnmpSamples.text(v, "OctetString", null)).isEqualTo("0x0A1B");
    SnmpValue text = new SnmpValue.Bytes("ab".getBytes(StandardCharsets.UTF_8));
    assertThat(SnmpSamples.text(text, "DisplayString", hint)).isEqualTo("ab");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "%Y-%m-%d,%H:%M:%S | 2024-02-29,23:59:58 | 1709251198",
        "%a %b %d %H:%M:%S %Z %Y | Thu Feb 29 23:59:58 UTC 2024 | 1709251198",
        "%d/%m/%y %I:%M %p | 29/02/24 11:59 PM | 1709251140",
        "%I %p | 12 am | -2208988800",
        "%FT%T%z | 2024-02-29T23:59:58+01:30 | 1709245798",
        "%FT%T%z | 2024-02-29T23:59:58Z | 1709251198",
        "%Y %j | 2024 060 | 1709164800",
        "%s | 1709251198 | 1709251198",
        "%s | 2556143999 | 2556143999",
        "%B %e %Y | February  9 2024 | 1707436800",
        "100%% %Y | 100% 2024 | 1704067200"
      })
  void patternsReadTimes(String pattern, String text, double seconds) {
    assertThat(DatePattern.parse(pattern).seconds(text)).isEqualTo(seconds);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "%Y | 2024x",
        "%Y-%m | 2024-13",
        "%d | x",
        "%H | 99",
        "%Z | CEST",
        "%z | 0100",
        "%Y | ''"
      })
  void returnsNullForTextThatDoesNotMatch(String pattern, String text) {
    assertThat(DatePattern.parse(pattern).seconds(text)).isNull();
  }

  @Test
  void rejectsUnknownDirectives() {
    assertThatThrownBy(() -> DatePattern.parse("%Q")).hasMessageContaining("%Q");
    assertThatThrownBy(() -> DatePattern.parse("100%")).hasMessageContaining("unknown");
  }
}
