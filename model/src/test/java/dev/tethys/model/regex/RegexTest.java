package dev.tethys.model.regex;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.cancellation.Cancellation;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegexTest {
  private static boolean whole(String expression, String text) {
    Regex r = Regex.whole(expression);
    byte[] b = text.getBytes(UTF_8);
    assertThat(r.matches(b, 0, b.length)).isEqualTo(r.matches(text));
    return r.matches(text);
  }

  @ParameterizedTest
  @CsvSource({
    "\\pL, A7AA", // since Unicode 7
    "\\p{Sc}, 20BF", // bitcoin sign, since Unicode 10
    "\\p{Adlam}, 1E900",
    "\\p{Lu}, 1E900",
    "\\p{Old_Italic}, 10300",
    "\\p{SignWriting}, 1D800",
    "(?i)k, 212A",
    "(?i)s, 17F",
    "(?i)\\w, 212A",
    "(?i)\\p{Lu}, 1E922", // small, of a letter that is not in the set
    "(?i)ß, 1E9E",
    "(?i)ι, 345",
    "(?i)\\x{1E900}, 1E922",
  })
  void unicodeIsThatOfTheJdk(String expression, String codePoint) {
    assertThat(whole(expression, Character.toString(Integer.parseInt(codePoint, 16)))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"(?i)i, İ", "(?i)i, ı", "\\w, é", "\\pL, 1", "\\P{Greek}, α", "(?i)ss, ß"})
  void othersAreNotMatched(String expression, String text) {
    assertThat(whole(expression, text)).isFalse();
  }

  /** Each byte that is not part of a code point is read as U+FFFD, as in Go. */
  @ParameterizedTest
  @CsvSource({
    "..., \u00E2\u0082a, true",
    ".., \u00E2\u0082, true",
    "., \u00E2\u0082\u00AC, true", // €
    "\\x{FFFD}a, \u00FFa, true",
    "[^b]+, a\u00C0\u0080, true",
    "a.*b, a\u00FF\u00FEb, true",
    "a\\pLb, a\u00FFb, false",
    "\\x{D800}, \u00ED\u00A0\u0080, false",
    ".{3}, \u00ED\u00A0\u0080, true",
    "é, \u00C3\u00A9, true",
    ".*é, \u00E2\u00C3\u00A9, true",
  })
  void bytesThatAreNotUtf8(String expression, String latin1, boolean matches) {
    byte[] b = ("x" + latin1 + "x").getBytes(ISO_8859_1);
    assertThat(Regex.whole(expression).matches(b, 1, b.length - 1)).isEqualTo(matches);
  }

  @Test
  void positionsAreNeverInsideACharacter() {
    byte[] b = "aéb".getBytes(UTF_8);
    assertThat(Regex.compile("\\B").find(b, 0, b.length)).isFalse();
    assertThat(Regex.compile("\\x{FFFD}").find(b, 0, b.length)).isFalse();
    byte[] broken = {'a', (byte) 0xC3, 'b'};
    assertThat(Regex.compile("a\\x{FFFD}b").find(broken, 0, 3)).isTrue();
    assertThat(Regex.compile("a[^b]b").find(broken, 0, 3)).isTrue();
  }

  @Test
  void treatsUnpairedSurrogatesAsReplacementCharacters() {
    assertThat(Regex.whole("a.b").matches("a\uD800b")).isTrue();
    assertThat(Regex.whole("a\\x{FFFD}b").matches("a\uDC00b")).isTrue();
    assertThat(Regex.whole("[^x]{2}").matches("\uD83D\uDE00\uD83D")).isTrue();
  }

  /** 20,000 groups are as cheap as none. */
  @Test
  void groupsCostNothing() {
    String groups = "(a)".repeat(20_000);
    Regex r = Regex.whole(groups + "|b.*");
    assertThat(r.matches("a".repeat(20_000))).isTrue();
    assertThat(r.matches("a".repeat(19_999))).isFalse();
    Regex optional = Regex.whole("(a?)".repeat(20_000) + "[bc]");
    assertThat(optional.matches("a".repeat(50) + "b")).isTrue();
    assertThat(optional.bytes()).isLessThan(8 << 20);
    assertThat(optional.matchingBytes()).isBetween(optional.bytes(), 16L << 20);
  }

  @Test
  void interruptsSlowMatches() {
    Regex r = Regex.whole("(a?)".repeat(20_000) + "[bc]");
    String text = "a".repeat(20_000);
    assertThatThrownBy(
            () ->
                Cancellation.within(
                    () -> {
                      throw new CancellationException("enough");
                    },
                    () -> r.matches(text)))
        .isInstanceOf(CancellationException.class);
  }

  /** The states of such an expression double with each character that is kept in mind. */
  @Test
  void discardsUnprofitableStates() {
    String e = "[ab]*a[ab]{14}";
    RegexEvaluator m = new RegexEvaluator(e, RegexParser.parse(e, 0), true, 1 << 14);
    String text =
        IntStream.range(0, 1 << 13)
            .mapToObj(i -> i * 7919 % 31 % 2 == 0 ? "a" : "b")
            .collect(Collectors.joining());
    assertThat(m.test(text + "a" + "b".repeat(14))).isTrue();
    assertThat(m.test(text + "b".repeat(15))).isFalse();
    assertThat(m.bytes()).isLessThan(1 << 16);
  }

  @Test
  void rejectsExpressionsThatAreTooLarge() {
    assertThatThrownBy(() -> Regex.whole("(\\pL[^\\pN]){1000}".repeat(9) + "x"))
        .hasMessageContaining("expression too large");
    assertThat(whole("\\pL{1000}", "é".repeat(1000))).isTrue();
  }

  @Test
  void manyAlternativesSharePrefixes() {
    String pods =
        IntStream.range(0, 20_000).mapToObj(i -> "pod-" + i).collect(Collectors.joining("|"));
    Regex r = Regex.whole("(" + pods + ").*x");
    assertThat(r.matches("pod-19999/x")).isTrue();
    assertThat(r.matches("pod-x")).isFalse();
    assertThat(r.bytes()).isLessThan(4 << 20);
  }

  @ParameterizedTest
  @CsvSource({
    "app12.*, app12",
    "(app11|app22|app33)-.*, app",
    "(?i)app.*, ''",
    "^a+b, a",
    "x(ab|ac).*, xa",
    ".*a, ''",
    "(x{2}y)?z, ''",
    "größe.x, größe",
  })
  void findsThePrefixOfAllMatches(String expression, String prefix) {
    assertThat(Regex.whole(expression).prefix()).isEqualTo(prefix);
  }

  @Test
  void searchesLiteralsInLines() {
    byte[] line = "level=error msg=\"fäiled to connect\" peer=10.0.0.1:9090".getBytes(UTF_8);
    for (String e :
        new String[] {
          "failed|fäiled", "error.*peer", "(?i)FÄILED", "msg=\"\\S+ to", "ä", "[0-9]+$"
        }) {
      assertThat(Regex.compile(e).find(line, 0, line.length)).as(e).isTrue();
      assertThat(Regex.compile(e).find(line, 0, 6)).as(e).isFalse();
    }
  }
}
