package dev.tethys.model.regex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
  private static final Glob.Syntax DOTTED = new Glob.Syntax(".", true, "!", true);
  private static final Glob.Syntax PATH = new Glob.Syntax("/", false, "^", false);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.*           | a.b        | true",
        "a.*           | a.b.c      | false",
        "a.**          | a.b.c      | true",
        "a?c           | abc        | true",
        "a?c           | a.c        | false",
        "a[b-d]e       | ace        | true",
        "a[!b-d]e      | ace        | false",
        "a[!b-d]e      | axe        | true",
        "a[^b]e        | abe        | true",
        "{a,b.{c,d}}.e | b.d.e      | true",
        "{a,b.{c,d}}.e | b.x.e      | false",
        "a\\*          | a*         | true",
        "a\\*          | ab         | false",
        "a,b           | a,b        | true",
        "a+(b)         | a+(b)      | true",
        "*             | 日本       | true",
      })
  void matchesDottedNames(String glob, String text, boolean expected) {
    assertThat(Glob.compile(glob, DOTTED).matches(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*      | a/b | false",
        "**     | a/b | false",
        "a/*    | a/b | true",
        "[]a]   | ]   | true",
        "[^]]   | a   | true",
        "[^a]   | /   | true",
        "[z-a]  | m   | false",
        "[^z-a] | m   | true",
        "[a\\]] | ]   | true",
        "[a-]   | -   | true",
        "{a,b}  | a   | false",
        "?      | 𝄞   | true",
      })
  void matchesFileNames(String glob, String text, boolean expected) {
    assertThat(Glob.compile(glob, PATH).matches(text)).isEqualTo(expected);
  }

  @Test
  void rejectsUnfinishedForms() {
    for (String glob : new String[] {"a[", "a[b", "a[]", "[a-"}) {
      assertThatThrownBy(() -> Glob.compile(glob, PATH))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("\"" + glob + "\" has a bracket that is not closed");
    }
    for (String glob : new String[] {"a\\", "a[\\"}) {
      assertThatThrownBy(() -> Glob.compile(glob, PATH))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("\"" + glob + "\" ends with a backslash");
    }
    assertThatThrownBy(() -> Glob.compile("{a", DOTTED))
        .hasMessage("\"{a\" has a brace that is not closed");
    assertThatThrownBy(() -> Glob.compile("a}", DOTTED)).hasMessage("\"a}\" has a } without a {");
  }

  @Test
  void takesOnlyTwoWildcards() {
    assertThat(Glob.wildcards("a*[b]?").matches("a.\n[b]x")).isTrue();
    assertThat(Glob.wildcards("a*[b]?").matches("ab")).isFalse();
  }
}
