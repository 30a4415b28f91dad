package dev.tethys.model.regex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Matcher;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions that would explode are refused before they are compiled; all others are not. */
class RegexSizeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "((a{1000}){1000}){1000}; invalid repeat count: `{1000}`",
        "(.{1,1000}){1,1000}; invalid repeat count: `{1,1000}`",
        "(a{10}){101}; invalid repeat count",
        "a{1001}; invalid repeat count",
        "(?:(x{2}y{500}){3}); invalid repeat count: `{3}`",
      })
  void repetitionsThatMultiplyAreRefused(String regex, String message) {
    assertThatThrownBy(() -> Regex.anchored(regex))
        .isInstanceOf(RegexSyntaxException.class)
        .hasMessageContaining(message);
    assertThatThrownBy(() -> Matcher.of(Matcher.Type.REGEX, "a", regex))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("error parsing regexp");
  }

  @Test
  void rejectsManyAdjacentRepetitions() {
    assertThatThrownBy(() -> Regex.anchored("[^a]{1000}".repeat(300)))
        .hasMessageContaining("expression too large");
  }

  @Test
  void rejectsDeepNesting() {
    assertThatThrownBy(() -> Regex.anchored("(".repeat(2000) + ")".repeat(2000)))
        .hasMessageContaining("expression nests too deeply");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[^a]", "(.*)", "(?:(?i)z)", "(x)"})
  void groupsOfLargeExpressionsAreRefusedToQueries(String part) {
    Regex many = Regex.compile("(?P<a>b)" + part.repeat(20_000));
    assertThatThrownBy(() -> many.withBoundedGroups(64 << 20))
        .isInstanceOf(RegexSyntaxException.class)
        .hasMessageContaining("expression too large");
    Regex few = Regex.compile("(?P<a>b)" + part.repeat(100));
    assertThat(few.withBoundedGroups(64 << 20)).isSameAs(few);
  }

  @Test
  void rejectsGroupsThatOverflowTheStack() throws InterruptedException {
    Regex r = Regex.compile("(?:a*){1000}".repeat(20) + "(b)");
    @Nullable Throwable[] thrown = {null};
    Thread small =
        new Thread(
            null,
            () -> {
              try {
                r.groups("x").find();
              } catch (Throwable e) {
                thrown[0] = e;
              }
            },
            "small",
            256 << 10);
    small.start();
    small.join();
    assertThat(thrown[0])
        .isInstanceOf(RegexSyntaxException.class)
        .hasMessageContaining("nests too deeply");
  }

  /** RE2/J takes them for the character itself, Go does not. */
  @ParameterizedTest
  @CsvSource({"a\\ü?, \\ü", "[x\\😀], \\😀", "(?:\\é, \\é"})
  void onlyAsciiMayBeEscaped(String regex, String quoted) {
    assertThatThrownBy(() -> Regex.anchored(regex))
        .isInstanceOf(RegexSyntaxException.class)
        .hasMessage("error parsing regexp: invalid escape sequence: `" + quoted + "`");
    assertThat(Regex.anchored("\\Q\\ü\\E[\\\\ü]").find("\\üü")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a{1000}",
        "(a{10}){100}",
        "x{2,}",
        "a{,5}",
        "a{b}",
        "[(]{3}[]){]",
        "\\(\\(\\{\\}",
        "\\Q((({1000}{1000}\\E",
        "(a|b)*c?d+",
        "(?i)foo.*",
      })
  void ordinaryOnesAreNot(String regex) {
    assertThat(Regex.anchored(regex).expression()).contains(regex);
  }

  @Test
  void acceptsLongListsOfNames() {
    StringBuilder sb = new StringBuilder("pod-0");
    for (int i = 1; i < 20_000; i++) {
      sb.append("|pod-").append(i);
    }
    assertThat(Regex.anchored(sb.toString()).find("pod-19999")).isTrue();
  }
}
