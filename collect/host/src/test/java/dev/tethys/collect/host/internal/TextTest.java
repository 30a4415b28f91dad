package dev.tethys.collect.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small helpers that every collector uses. */
final class TextTest {
  private static Text text(String s) {
    Text t = new Text();
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    t.reset("file", b, b.length);
    return t;
  }

  private static Text field(String s) {
    Text t = text(s);
    t.nextLine();
    t.nextField();
    return t;
  }

  @Test
  void walksLinesAndFields() throws MalformedException {
    Text t = text("a  bc\t1\r\n\n  x");
    assertThat(t.nextLine()).isTrue();
    assertThat(t.nextField() && t.is("a")).isTrue();
    assertThat(t.nextField() && t.is("bc") && t.startsWith("b") && !t.is("b")).isTrue();
    assertThat(t.nextUnsigned()).isEqualTo(1);
    assertThat(t.nextField()).isFalse();
    assertThatThrownBy(t::needField).hasMessageContaining("file: a field is missing");
    assertThat(t.nextLine()).isTrue();
    assertThat(t.nextField()).isFalse();
    assertThat(t.nextLine()).isTrue();
    assertThat(t.nextField() && t.field().equals("x")).isTrue();
    assertThat(t.nextLine()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-5, -5",
    "+7, 7",
    "9223372036854775807, 9.223372036854775807E18",
    "18446744073709551615, 1.8446744073709552E19",
    "1.5, 1.5",
    "1e3, 1000",
    "+Inf, Infinity"
  })
  void readsNumbers(String s, double v) throws MalformedException {
    assertThat(field(s).number()).isEqualTo(v);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "-", "1-", "0x1", "1f", "--1", "1_0", "18446744073709551616x"})
  void rejectsNonNumbers(String s) {
    assertThatThrownBy(() -> field(s).number()).isInstanceOf(MalformedException.class);
    assertThatThrownBy(() -> field(s).integer()).isInstanceOf(MalformedException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"18446744073709551616", "99999999999999999999", "111111111111111111111"})
  void wholeNumbersHave64Bits(String s) {
    assertThatThrownBy(() -> field(s).integer()).isInstanceOf(MalformedException.class);
  }

  @Test
  void roundsUnsignedLongsLikeOthers() {
    Random r = new Random(3);
    for (int i = 0; i < 10_000; i++) {
      long v = r.nextLong();
      assertThat(Numbers.unsigned(v)).isEqualTo(Double.parseDouble(Long.toUnsignedString(v)));
    }
  }

  @Test
  void labelSetsMatchTheModel() {
    Desc d = Desc.gauge("n", "h", "zone", "a", "le", "device");
    assertThat(d.labels("1", "", "ü", "x".repeat(300)))
        .isEqualTo(Labels.of(Map.of("zone", "1", "le", "ü", "device", "x".repeat(300))));
    assertThat(Desc.gauge("n", "h").labels()).isEqualTo(Labels.EMPTY);
    assertThatThrownBy(() -> d.labels("1")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void filtersRememberBoundedNames() {
    Filter f = new Filter("^a", "");
    for (int i = 0; i < Filter.MAX_REMEMBERED * 2; i++) {
      assertThat(f.ignores((i % 2 == 0 ? "a" : "b") + i)).isEqualTo(i % 2 == 0);
      assertThat(f.remembered()).isLessThanOrEqualTo(Filter.MAX_REMEMBERED);
    }
    assertThat(new Filter("", "^x").ignores("y")).isTrue();
    assertThat(new Filter("", "").ignores("y")).isFalse();
  }

  @Test
  void cachesWorkBeyondTheirBound() {
    NamedObjectCache<String> m = new NamedObjectCache<>(s -> s + "!");
    Text t = text("name other");
    assertThat(m.at(0, t, 0, 4)).isEqualTo("name!");
    assertThat(m.at(0, t, 0, 4)).isSameAs(m.at(0, t, 0, 4));
    assertThat(m.at(0, t, 5, 10)).isEqualTo("other!");
    assertThat(m.at(NamedObjectCache.MAX_POSITIONS + 5, t, 0, 4)).isEqualTo("name!");
  }

  @ParameterizedTest
  @CsvSource({"dram, dram", "package-0, package_0", "a__-__b, a_b", "x__y, x__y", "-a-, _a_"})
  void namesOfMetrics(String name, String clean) {
    assertThat(Desc.sanitize(name)).isEqualTo(clean);
  }

  @ParameterizedTest
  @CsvSource({
    "UTC, UTC",
    "Europe/Berlin, CEST",
    "America/Sao_Paulo, -03",
    "Asia/Kolkata, IST",
    "Asia/Kathmandu, +0545"
  })
  void abbreviationsOfTimeZones(String zone, String abbreviation) {
    ZoneId z = ZoneId.of(zone);
    Instant summer = Instant.parse("2026-07-01T00:00:00Z");
    assertThat(TimeCollector.abbreviation(z, summer, z.getRules().getOffset(summer)))
        .isEqualTo(abbreviation);
  }

  @ParameterizedTest
  @CsvSource({"7f000001, 127.0.0.1", "00000000000000000000000000000001, ::1"})
  void addresses(String hex, String text) {
    assertThat(Addresses.text(java.util.HexFormat.of().parseHex(hex))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "20010db8000000000001000000000001, 2001:db8::1:0:0:1",
    "20010db8000000010001000100010001, 2001:db8:0:1:1:1:1:1",
    "fe800000000000000000000000000000, fe80::"
  })
  void longAddressesAreShortened(String hex, String text) {
    addresses(hex, text);
  }
}
