package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Matcher.Type;
import dev.tethys.model.regex.Regex;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expressions of matchers; the texts are those of a real Prometheus 3.5. */
class MatcherTest {
  /** Closed by such a parenthesis, the group around the expression would match only a part. */
  @ParameterizedTest
  @CsvSource({"a)|(b", ")(", "x)|(.*", "[)]a)(b", ")z1\\wok\\", "\\Q)\\E)|(a"})
  void noParenthesisEndsTheGroupAround(String expression) {
    assertThatThrownBy(() -> Matcher.of(Type.REGEX, "a", expression))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("error parsing regexp: ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "(ok|err; missing closing ): `(ok|err`",
        "(?:; missing closing ): `(?:`",
        "[9{1,}; missing closing ]: `[9{1,}`",
        "ok.*); unexpected ): `ok.*)`",
        "mok(?U)^)??[z-a]; unexpected ): `mok(?U)^)??[z-a]`",
        "ok\\; trailing backslash at end of expression: ``",
        "[z-a]; invalid character class range: `z-a`",
        "**; missing argument to repetition operator: `*`",
      })
  void errorsQuoteTheInput(String expression, String text) {
    assertThatThrownBy(() -> Matcher.of(Type.NOT_REGEX, "a", expression))
        .hasMessage("error parsing regexp: " + text);
  }

  @Test
  void quotationMayEndWithTheExpression() {
    Matcher m = Matcher.of(Type.REGEX, "a", "x+\\Q[)$");
    assertThat(m.matches("xx[)$")).isTrue();
    assertThat(m.matches("xx[)$x")).isFalse();
    assertThat(m.value()).isEqualTo("x+\\Q[)$");
  }

  /** What Go's own package says of these. */
  @ParameterizedTest
  @CsvSource({
    "a{+, a{{{, a",
    "{*, '', a{",
    "x{?y, x{y, x{{y",
    "a{{2}, a{{, a{",
    "a{2}{+, aa{{, aa",
    "[{+]{+, +{{, +",
    "\\Q{+\\E{+, {+{, {",
    "a|{*b, {{b, a{"
  })
  void aBraceThatRepeatsNothingIsRepeated(String expression, String value, String other) {
    Matcher m = Matcher.of(Type.REGEX, "a", expression);
    assertThat(m.matches(value)).isTrue();
    assertThat(m.matches(other)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"[[:alpha:])]+, b)", "a\\)|b, a)", "[)]*, ))", "[^)]\\(, a("})
  void parenthesesThatCloseNothingAreCharacters(String expression, String value) {
    assertThat(Matcher.of(Type.REGEX, "a", expression).matches(value)).isTrue();
  }

  @Test
  void requiresAllConditionsAndTreatsAbsentLabelsAsEmpty() {
    List<Matcher> matchers = List.of(Matcher.equal("a", "1"), Matcher.of(Type.NOT_EQUAL, "b", "2"));

    assertThat(Matcher.matchAll(matchers, Labels.of("a", "1"))).isTrue();
    assertThat(Matcher.matchAll(matchers, Labels.of("a", "1", "b", "2"))).isFalse();
    assertThat(Matcher.matchAll(matchers, Labels.of("b", "3"))).isFalse();
    assertThat(Matcher.matchAll(List.of(), Labels.of("b", "3"))).isTrue();
    assertThat(Matcher.matchAll(matchers, Map.of("a", "1", "b", "3"))).isTrue();
    assertThat(Matcher.matchAll(matchers, Map.of("a", "1", "b", "2"))).isFalse();
    assertThat(Matcher.matchAll(matchers, Map.of())).isFalse();
  }

  /** There the expression is put into its group as it is, by Prometheus too. */
  @Test
  void relabellingMatchesTheWholeValue() {
    assertThat(Regex.anchored("a)|(b").find("ax")).isTrue();
    assertThatThrownBy(() -> Regex.anchored("a)"))
        .hasMessage("error parsing regexp: unexpected ): `^(?s:a))$`");
  }
}
