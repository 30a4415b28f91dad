package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Types of scalars as versions 2 and 3 of Go's YAML package print them when decoding into any. */
class PlainScalarTest {
  /** Text, its value by version 2, its value by version 3; made by running both. */
  private static final String DECODED =
      """
      no|bool false|str
      yes|bool true|str
      on|bool true|str
      off|bool false|str
      y|bool true|str
      n|bool false|str
      Y|bool true|str
      NO|bool false|str
      Off|bool false|str
      true|bool true|bool true
      True|bool true|bool true
      TRUE|bool true|bool true
      tRUE|str|str
      false|bool false|bool false
      null|null|null
      ~|null|null
      Null|null|null
      nULL|str|str
      08|float 8|float 8
      09.5|float 9.5|float 9.5
      1.|float 1|float 1
      .5|float 0.5|float 0.5
      5.e3|float 5000|float 5000
      0.1e1|float 1|float 1
      1e3|float 1000|float 1000
      1E3|float 1000|float 1000
      -1e-3|float -0.001|float -0.001
      +1|int 1|int 1
      +.5|float 0.5|float 0.5
      .inf|float Infinity|float Infinity
      -.inf|float -Infinity|float -Infinity
      +.Inf|float Infinity|float Infinity
      .INF|float Infinity|float Infinity
      .nan|float NaN|float NaN
      .NaN|float NaN|float NaN
      .Nan|str|str
      inf|str|str
      017|int 15|int 15
      -017|int -15|int -15
      0o17|int 15|int 15
      0O17|int 15|int 15
      0b11|int 3|int 3
      -0b11|int -3|int -3
      0B11|int 3|int 3
      0x1F|int 31|int 31
      0X1f|int 31|int 31
      -0x1f|int -31|int -31
      0x|str|str
      0b|str|str
      0b12|str|str
      0o8|str|str
      1_000|int 1000|int 1000
      _1|str|str
      1__0|int 10|int 10
      .5_0|float 0.5|float 0.5
      1_0.5_0|float 10.5|float 10.5
      00|int 0|int 0
      0|int 0|int 0
      -0|int 0|int 0
      007|int 7|int 7
      18446744073709551615|int 18446744073709551615|int 18446744073709551615
      18446744073709551616|float 1.8446744073709552e+19|float 1.8446744073709552e+19
      -9223372036854775808|int -9223372036854775808|int -9223372036854775808
      -9223372036854775809|float -9.223372036854776e+18|float -9.223372036854776e+18
      1e400|str|str
      -1e400|str|str
      1e-400|float 0|float 0
      e3|str|str
      1e|str|str
      .|str|str
      +|str|str
      ..5|str|str
      1.2.3|str|str
      1:30|str|str
      12e03|float 12000|float 12000
      0.0|float 0|float 0
      -0.0|float -0|float -0
      0e0|float 0|float 0
      !!str 0123|str|str
      !!str true|str|str
      !!str|str|str
      !!int "3"|int 3|int 3
      !!float 3|float 3|float 3
      !!float "3.5"|float 3.5|float 3.5
      !!bool "true"|bool true|bool true
      ! 12|str|int 12
      !foo 12|str|str
      "0123"|str|str
      'no'|str|str
      2001-12-14|str|str
      2001-12-14T21:59:43Z|str|str
      =|str|str
      0x_1F|int 31|int 31
      0_7|int 7|int 7
      1e+5|float 100000|float 100000
      +0x10|int 16|int 16
      +017|int 15|int 15
      --1|str|str
      0.1_2|float 0.12|float 0.12
      """;

  private static Object value(String text, boolean collector) {
    YamlDocument d = YamlDocument.parse("f", null, "a: " + text + "\n");
    return (collector ? d.readingAsCollector() : d).root().asTree() instanceof Map<?, ?> m
        ? String.valueOf(shown(m.get("a")))
        : "";
  }

  private static String shown(@Nullable Object v) {
    return switch (v) {
      case Boolean b -> "bool " + b;
      case BigDecimal n -> "int " + n.toBigIntegerExact();
      case Double d -> "float " + d;
      case String s when s.isEmpty() -> "null";
      case null, default -> "str";
    };
  }

  /** The value as Java prints it, or null and empty strings alike. */
  private static String expected(String text, String go) {
    if (go.startsWith("float ") && !go.matches(".*(NaN|Infinity)")) {
      return "float " + Double.parseDouble(go.substring(6));
    }
    return text.equals("!!str") ? "null" : go;
  }

  @Test
  void resolvesScalarsLikeGo() {
    for (String line : DECODED.lines().toList()) {
      String[] f = line.split("[|]");
      if (!f[0].startsWith("! ")) { // the tag "!" is that of version 3 in both
        assertThat(value(f[0], false)).as("version 2: " + f[0]).isEqualTo(expected(f[0], f[1]));
      }
      assertThat(value(f[0], true)).as("version 3: " + f[0]).isEqualTo(expected(f[0], f[2]));
    }
  }

  @Test
  void collectorBooleansAreTrueAndFalse() {
    for (String word : List.of("yes", "no", "on", "off", "y", "N")) {
      YamlNode n = YamlDocument.parse("f", null, word).readingAsCollector().root();
      assertThatThrownBy(n::asBool).as(word).hasMessageContaining("must be true or false");
      assertThat(n.asString()).isEqualTo(word);
      YamlNode old = YamlDocument.parse("f", null, word).root();
      assertThat(old.asBool()).as(word).isEqualTo("yesony".contains(word));
    }
    assertThat(YamlDocument.parse("f", null, "TRUE").readingAsCollector().root().asBool()).isTrue();
  }

  @Test
  void explicitTagsDecide() {
    YamlNode text = YamlDocument.parse("f", null, "!!str 0123").root();
    assertThat(text.asString()).isEqualTo("0123");
    assertThatThrownBy(text::asLong).hasMessageContaining("the string \"0123\"");
    assertThat(YamlDocument.parse("f", null, "!!int \"3\"").root().asLong()).isEqualTo(3);
    assertThat(YamlDocument.parse("f", null, "!!bool \"true\"").root().asBool()).isTrue();
    assertThat(YamlDocument.parse("f", null, "!!str").root().isNull()).isFalse();
  }

  @Test
  void writesNamedFloats() {
    assertThat(
            YamlWriter.write(
                Map.of("a", List.of(Double.POSITIVE_INFINITY, -1 / 0.0, Double.NaN, 0.5))))
        .contains(".inf", "-.inf", ".nan", "0.5");
  }
}
