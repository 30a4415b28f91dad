package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.PatternSyntaxException;
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
    assertThatThrownBy(() -> Matcher.anchored(regex))
        .isInstanceOf(PatternSyntaxException.class)
        .hasMessageContaining(message);
    assertThatThrownBy(() -> Matcher.of(Matcher.Type.REGEX, "a", regex))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("error parsing regexp");
  }

  @Test
  void manyRepetitionsBesideEachOtherAreTooLarge() {
    assertThatThrownBy(() -> Matcher.anchored("a{1000}".repeat(300)))
        .hasMessageContaining("expression too large");
  }

  @Test
  void deepNestingIsRefused() {
    assertThatThrownBy(() -> Matcher.anchored("(".repeat(2000) + ")".repeat(2000)))
        .hasMessageContaining("expression nests too deeply");
  }

  /** RE2/J takes them for the character itself, Go does not. */
  @ParameterizedTest
  @CsvSource({"a\\ü?, \\ü", "[x\\😀], \\😀", "(?:\\é, \\é"})
  void onlyAsciiMayBeEscaped(String regex, String quoted) {
    assertThatThrownBy(() -> Matcher.anchored(regex))
        .isInstanceOf(PatternSyntaxException.class)
        .hasMessage("error parsing regexp: invalid escape sequence: `" + quoted + "`");
    assertThat(Matcher.anchored("\\Q\\ü\\E[\\\\ü]").matches("\\üü")).isTrue();
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
    assertThat(Matcher.anchored(regex).pattern()).contains(regex);
  }

  @Test
  void longListsOfNamesAreNot() {
    StringBuilder sb = new StringBuilder("pod-0");
    for (int i = 1; i < 20_000; i++) {
      sb.append("|pod-").append(i);
    }
    assertThat(Matcher.anchored(sb.toString()).matches("pod-19999")).isTrue();
  }
}
