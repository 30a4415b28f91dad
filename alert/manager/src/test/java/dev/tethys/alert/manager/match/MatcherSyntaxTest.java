package dev.tethys.alert.manager.match;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Alertmanager's two parsers make of the same texts. */
class MatcherSyntaxTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      quoteCharacter = '`',
      value = {
        "{} → {} → {}",
        "foo=bar → {foo=\"bar\"} → {foo=\"bar\"}",
        "{foo=bar,} → {foo=\"bar\"} → {foo=\"bar\"}",
        "foo = \"b a r\" , baz!~x.* → {foo=\"b a r\",baz!~\"x.*\"} → {foo=\"b a r\",baz!~\"x.*\"}",
        "\"foo\"=bar → {foo=\"bar\"} → !bad matcher format: \"foo\"=bar",
        "\"f o\"=\"\\u00fc\" → {\"f o\"=\"ü\"} → !bad matcher format: \"f o\"=\"\\u00fc\"",
        "f=🙂 → {f=\"🙂\"} → {f=\"🙂\"}",
        "foo= → !end of input: expected label value → {foo=\"\"}",
        "foo=[0-9]{3} → !9:10: unexpected {: expected a comma or close brace → {foo=\"[0-9]{3\"}",
        "foo=a\\b → !5:6: \\: invalid input → {foo=\"a\\\\b\"}",
        "foo=\"a\\d\" → !4:9: \"a\\d\": invalid input → {foo=\"a\\\\d\"}",
        "foo → !end of input: expected an operator such as '=', '!=', '=~' or '!~' → !bad matcher format: foo",
        "{foo=bar → !0:8: end of input: expected close brace → {foo=\"bar\"}",
        "foo=bar} → !0:8: }: expected opening brace → {foo=\"bar\"}",
        "foo=\"bar → !4:8: \"bar: missing end \" → !matcher value contains unescaped double quote: \"bar",
        "foo!bar → !3:4: !: expected one of '=~' → !bad matcher format: foo!bar",
        "foo=bar,,a=b → !8:9: unexpected ,: expected a matcher or close brace after comma → !bad matcher format: ",
        "=bar → !0:1: unexpected =: expected label name → !bad matcher format: =bar",
        "foo=~( → !failed to create matcher: error parsing regexp: missing closing ): `^(?:()$` → !error parsing regexp: missing closing ): `^(?:()$`",
      })
  void bothSyntaxes(String text, String utf8, String classic) {
    check(MatcherSyntax.UTF8, text, utf8.strip());
    check(MatcherSyntax.CLASSIC, text, classic.strip());
    // Together: the classic one where only it, or it differently, understands the text.
    String both = classic.startsWith("!") && !utf8.startsWith("!") ? utf8 : classic;
    check(MatcherSyntax.FALLBACK, text, both.strip());
  }

  private static void check(MatcherSyntax syntax, String text, String wanted) {
    if (wanted.startsWith("!")) {
      assertThatThrownBy(() -> syntax.parseAll(text, "test"))
          .as(syntax + " " + text)
          .hasMessageStartingWith(wanted.substring(1, Math.min(wanted.length(), 30)));
    } else {
      assertThat(new LabelMatchers(syntax.parseAll(text, "test")).toString())
          .as(syntax + " " + text)
          .isEqualTo(wanted);
    }
  }

  @Property(tries = 300)
  void readsBackItsOutput(@ForAll String name, @ForAll String value) {
    String n = name.isEmpty() ? "x" : name;
    if (!MatcherSyntax.UTF8.isLabelName(n) || !MatcherSyntax.UTF8.isLabelName("v" + value)) {
      return;
    }
    LabelMatcher m = LabelMatcher.of(LabelMatcher.Type.NOT_EQUAL, n, value);
    String text = dev.tethys.model.GoQuote.quote(n) + "!=" + dev.tethys.model.GoQuote.quote(value);
    assertThat(MatcherSyntax.UTF8.parse(text, "test")).isEqualTo(m);
  }
}
