package dev.tethys.pipeline.operators.expr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.Attributes;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {
  private static final Map<String, Function<Attributes, @Nullable Object>> NAMES =
      Map.of("body", a -> a.get("body"), "attributes", a -> a.get("attributes"));

  private static final Attributes SUBJECT =
      (Attributes)
          java.util.Objects.requireNonNull(
              JsonValues.read(
                  """
                  {"body":{"message":"GET /a 200","code":200,"tags":["x","y"],"none":null},
                   "attributes":{"log.file.path":"/var/log/a","n":3}}
                  """));

  private static @Nullable Object value(String text) {
    return Expression.compile(text, NAMES).evaluate(SUBJECT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "body.message matches \"^GET\"",
        "body.message not matches '^POST'",
        "body.code == 200 and body.code >= 200.0",
        "body.code in [100, 200]",
        "'x' in body.tags && not ('z' in body.tags)",
        "\"z\" not in body.tags",
        "'code' in body",
        "attributes[\"log.file.path\"] startsWith \"/var\"",
        "attributes['nothing'] == nil",
        "attributes?.a?.b == nil",
        "body.none?.a.b.c == nil",
        "body.none ?? 'x' == 'x'",
        "body.missing contains 'a' == false",
        "(body.code > 100 ? 'a' : 'b') == 'a'",
        "body.tags[-1] == 'y' and body.tags[0:1] == ['x']",
        "1..3 == [1, 2, 3] and 2 ** 3 ** 2 == 512.0",
        "7 / 2 == 3.5 and 7 % 2 == 1 and -2 ** 2 == -4.0",
        "1 + 2 * 3 == 7 and 0x2A == 42 and 0b101 == 5 and 1_000 == 1000 and .5 == 0.5",
        "len('aé') == 2 and upper('a') + lower('B') == 'Ab'",
        "all(1..3, # > 0) and any(1..3, {# == 2}) and none(1..3, # > 3) and one(1..3, # == 1)",
        "map([{a: 1}, {a: 2}], .a) == [1, 2]",
        "filter(0..9, {# % 2 == 0}) == [0, 2, 4, 6, 8]",
        "reduce(1..9, #acc + #) == 45 and reduce(1..3, #acc + # * #index, 10) == 18",
        "let x = 4; let y = x * 2; x + y == 12",
        "if body.code == 200 { true } else { false }",
        "'a,b' | split(',') | join('-') == 'a-b'",
        "sortBy([{a: 2}, {a: 1}], .a)[0].a == 1",
        "groupBy([1, 2, 3], # % 2 == 0 ? 'even' : 'odd').odd == [1, 3]",
        "date('2023-08-14').Year() == 2023 and duration('1h').Seconds() == 3600",
        "date('2023-08-14T00:00:00Z') - date('2023-08-13T00:00:00Z') == duration('24h')",
        "toJSON({'b': 1, 'a': [1.5]}) == '{\"a\":[1.5],\"b\":1}' and fromJSON('[1]') == [1]",
        "\"\\u0041\\x42\\n\" == `AB\n` // behind",
        "b\"\\xff\" == b'\\377'",
        "true ? .5 == 0.5 : false",
        "{if: 1}.if == 1",
        "any(body.tags, let t = #; any(['y'], # == t))",
        "bitushr(-0b101, 2) == 4611686018427387902",
        "env('NO_SUCH_VARIABLE_AT_ALL') == ''",
        "type(nil) == 'nil' and type(1.0) == 'float' and string(1.5) == '1.5' and int('7') == 7",
      })
  void holds(String text) {
    assertThat(value(text)).isEqualTo(true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "frobnicate(1)|1|no function frobnicate",
        "1 + trimm(' ')|5|did you mean trim?",
        "bodi.a|1|did you mean \"body\"?",
        "1 +|4|the end is not expected",
        "(1|3|\")\" is missing",
        "body matches \"(\"|14|not a regular expression",
        "'abc|1|a string is not terminated",
        "split('a')|1|takes 2 to 3 arguments, not 1",
        "#|1|only valid inside a predicate",
        "body.Foo()|6|no method Foo",
        "1 2|3|\"2\" is not expected",
        "99999999999999999999|1|64 bits",
        "let body = 1; body|5|already defined",
        "a ~ b|1|there is no \"a\"",
      })
  void rejectsWithPosition(String all) {
    int last = all.lastIndexOf('|');
    int before = all.lastIndexOf('|', last - 1);
    String text = all.substring(0, before);
    assertThatThrownBy(() -> Expression.compile(text, NAMES))
        .isInstanceOf(ExpressionException.class)
        .hasMessageContaining(
            all.substring(last + 1).replace("there is no \"a\"", "is not valid here"))
        .satisfies(
            e -> {
              if (!text.contains("~")) {
                assertThat(e)
                    .hasMessageContaining(
                        "at character " + all.substring(before + 1, last) + " of");
              }
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "body.message.deeper",
        "body > 1",
        "1 + 'a'",
        "body.tags[5]",
        "not 1",
        "1 % 0",
        "1..10000000",
        "repeat('x', 10000000)",
        "uniq(1..5000)",
        "[now()]",
        "sum(['a'])",
      })
  void hasNoValue(String text) {
    assertThatThrownBy(() -> value(text)).isInstanceOf(ExpressionException.class);
  }

  @Test
  void boundsDepth() {
    assertThatThrownBy(() -> value("(".repeat(10_000)))
        .isInstanceOf(ExpressionException.class)
        .hasMessageContaining("deep");
    assertThatThrownBy(() -> value("-".repeat(10_000) + "1"))
        .isInstanceOf(ExpressionException.class);
  }
}
