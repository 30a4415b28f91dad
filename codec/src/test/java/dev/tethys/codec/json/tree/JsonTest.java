package dev.tethys.codec.json.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u00a7',
      textBlock =
          """
          {"b": [1, 2.50, -0, 1e3, true, null], "a": {}}  | {"a":{},"b":[1,2.5,-0,1000,true,null]}
          "\\u00e9\\n\\"\\/<\\ud83d\\ude00"               | "\u00e9\\n\\"/\\u003c\ud83d\ude00"
          123456789012345678901234567890                  | 123456789012345678901234567890
          1e-7                                            | 1e-7
          1e21                                            | 1e+21
          1E20                                            | 100000000000000000000
          {"a":1,"a":2}                                   | {"a":2}
          """)
  void valuesGoThere_andBackAsGoWritesThem(String text, String written)
      throws MalformedJsonException {
    assertThat(JsonWriter.write(JsonReader.read(text))).isEqualTo(written);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[1 2]",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "tru",
        "nul",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"a\tb\"",
        "{} x",
        "'a'"
      })
  void otherTextIsMalformed(String text) {
    assertThatThrownBy(() -> JsonReader.read(text)).isInstanceOf(MalformedJsonException.class);
    assertThatThrownBy(() -> new JsonPaths(List.of(List.of("a"))).read("{\"x\":" + text + "}"))
        .isInstanceOf(MalformedJsonException.class);
  }

  @Test
  void numbersOutOfRangeAreMalformed() {
    assertThatThrownBy(() -> JsonReader.read("1e999")).isInstanceOf(MalformedJsonException.class);
    assertThatThrownBy(() -> JsonReader.read("9".repeat(2000)))
        .isInstanceOf(MalformedJsonException.class);
  }

  @Test
  void nestingIsBounded() {
    int n = JsonReader.MAX_DEPTH;
    assertThatThrownBy(() -> JsonReader.read("[".repeat(n + 1) + "]".repeat(n + 1)))
        .isInstanceOf(MalformedJsonException.class);
    assertThatThrownBy(
            () ->
                new JsonPaths(List.of(List.of("a")))
                    .read("{\"b\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"))
        .isInstanceOf(MalformedJsonException.class);
  }

  @Test
  void pathsUseTheLastOfEqualKeys() throws MalformedJsonException {
    JsonPaths p = new JsonPaths(List.of(List.of("a"), List.of("a", "b"), List.of("c", "d")));
    assertThat(p.read("{\"a\":{\"b\":1},\"\\u0063\":{\"d\":[2]},\"a\":{\"x\":3},\"z\":{\"a\":9}}"))
        .satisfies(
            v -> {
              assertThat(JsonWriter.write(v[0])).isEqualTo("{\"x\":3}");
              assertThat(v[1]).isNull();
              assertThat(v[2]).isEqualTo(List.of(2L));
            });
    assertThat(p.read(" null ")).containsOnlyNulls();
    assertThatThrownBy(() -> p.read("[]")).isInstanceOf(MalformedJsonException.class);
  }

  @Property(tries = 500)
  void readsOrRejectsAnyText(@ForAll String text) {
    for (String t : new String[] {text, "{" + text + "}", "[\"" + text + "\"]"}) {
      try {
        JsonReader.read(t);
      } catch (MalformedJsonException e) {
        assertThat(e).hasMessage("malformed JSON");
      }
    }
  }
}
