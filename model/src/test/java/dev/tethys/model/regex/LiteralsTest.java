package dev.tethys.model.regex;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compared with the matchers that the expressions are part of. */
class LiteralsTest {
  private static final String[] PARTS = {
    "a", "b", "ab", "0", "é", "😀", ".", ".*", ".+", "\\.", "\\|", "|", "|", "|", "(", "(?:", ")",
    ")", "?", "*", "+", "^", "$", "[ab]", "[a-c]", "[^a]", "[.]", "{2}", "\\d", "(?i)", "\\Qa",
    "\\E", "-", "_", " ", "\n", "\\-"
  };

  /** Texts over what expressions are made of, "" among them. */
  private static List<String> texts(Random r) {
    List<String> out = new ArrayList<>(List.of("", "a", "b", "ab", "aa", "ba", ".", "a.", "|"));
    String[] of = {"a", "b", "c", "0", "é", "😀", ".", "|", "-", "_", " ", "\n", "A", "Q"};
    for (int i = 0; i < 60; i++) {
      StringBuilder sb = new StringBuilder();
      for (int k = r.nextInt(5); k > 0; k--) {
        sb.append(of[r.nextInt(of.length)]);
      }
      out.add(sb.toString());
    }
    return out;
  }

  private static @Nullable Set<String> values(String expression, int most) {
    return Literals.values(
        RegexParser.parse(expression, Flags.DOT_NEWLINE), most, expression.length());
  }

  private static void holds(boolean is, String expression, String text) {
    if (!is) {
      throw new AssertionError(expression + " and " + text);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 4})
  void valuesAndPrefixesHoldForEveryMatch(long seed) {
    Random r = new Random(seed);
    int sets = 0;
    int prefixes = 0;
    int choices = 0;
    for (int n = 0; n < 4_000; n++) {
      StringBuilder sb = new StringBuilder();
      for (int k = r.nextInt(8); k >= 0; k--) {
        sb.append(PARTS[r.nextInt(PARTS.length)]);
      }
      String e = sb.toString();
      Matcher m;
      try {
        m = Matcher.of(Matcher.Type.REGEX, "x", e);
      } catch (IllegalArgumentException invalid) {
        continue;
      }
      Set<String> values = m.values();
      List<String> texts = texts(r);
      if (values != null) {
        sets += values.size() > 1 ? 1 : 0;
        texts.addAll(values);
        for (String t : texts) {
          holds(values.contains(t) == m.matches(t), e, t);
        }
      }
      String prefix = m.prefix();
      prefixes += prefix.isEmpty() ? 0 : 1;
      for (String t : texts) {
        holds(!m.matches(t) || t.startsWith(prefix), e, t);
      }
      Set<String> some =
          Literals.requiredChoices(Literals.sequence(RegexParser.parse(e, Flags.DOT_NEWLINE)), 4);
      choices += some.isEmpty() ? 0 : 1;
      for (String t : texts) {
        holds(some.isEmpty() || !m.matches(t) || some.stream().anyMatch(t::contains), e, t);
      }
    }
    assertThat(choices).isGreaterThan(50);
    assertThat(sets).isGreaterThan(50);
    assertThat(prefixes).isGreaterThan(50);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "a|b|c; a b c",
        "(a|b|c); a b c",
        "host-(1|2|10)\\.example\\.org; host-1.example.org host-2.example.org host-10.example.org",
        "a(b|c(d|e))f; abf acdf acef",
        "^(200|404)$; 200 404",
        "^a|b$; a b",
        "[45]00; 400 500",
        "https?; https http",
        "node_(cpu|memory)_(a|b); node_cpu_a node_cpu_b node_memory_a node_memory_b",
      })
  void choicesAreSets(String expression, String values) {
    assertThat(values(expression, 1000)).containsExactlyInAnyOrder(values.split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        ".*-6a.*; -6a",
        "(app11|app22|app33)-.*; app11 app22 app33",
        "(?:ab|cd)+x.*; ab cd",
        "(ab|.*)x.*; x",
        "(ab)?.*; ''",
        "(a|b|c|d|e).*; ''",
      })
  void requiredChoicesAreTheLongest(String expression, String texts) {
    List<RegexNode> s = Literals.sequence(RegexParser.parse(expression, Flags.DOT_NEWLINE));
    assertThat(String.join(" ", Literals.requiredChoices(s, 4).stream().sorted().toList()))
        .isEqualTo(texts);
  }

  @Test
  void supportsEmptyAlternatives() {
    assertThat(values("", 1000)).containsExactly("");
    assertThat(values("a|", 1000)).containsExactly("a", "");
    assertThat(values("(|a)b", 1000)).containsExactly("b", "ab");
  }

  @Test
  void boundsSets() {
    String digits = "(0|1|2|3|4|5|6|7|8|9)";
    assertThat(values(digits.repeat(3), 1000)).hasSize(1000);
    assertThat(values(digits.repeat(4), 1000)).isNull();
    assertThat(values(("x".repeat(500) + "?").repeat(30), 1000)).isNull();
    assertThat(values("(a|".repeat(60) + "b" + ")".repeat(60), 1000)).containsExactly("a", "b");
    String many = String.join("|", IntStream.range(0, 1001).mapToObj(String::valueOf).toList());
    assertThat(values(many, 1000)).isNull();
    assertThat(values(many, 1001)).hasSize(1001);
    String hosts = IntStream.range(0, 30_000).mapToObj(i -> "host-" + i).collect(joining("|"));
    assertThat(values(hosts, hosts.length())).hasSize(30_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "host-.*; host-",
        "ab*; a",
        "ab+; ab",
        "a😀+; a😀",
        "größe\\.x; größe.x",
        "ab(?i)*; a",
        "a|b.; ''"
      })
  void findsThePrefix(String expression, String prefix) {
    assertThat(Regex.whole(expression).prefix()).isEqualTo(prefix);
  }

  @Test
  void everyMatchContainsTheRequiredText() {
    assertThat(Regex.compile("(?i)outofmemory").requiredText()).isEqualTo("outofmemory");
    assertThat(Regex.compile("(?i)disk").requiredText()).isEqualTo("di"); // ſ and K fold to s and k
    assertThat(Regex.compile("timed out after [0-9]{4,7}ms").requiredText())
        .isEqualTo("timed out after ");
    assertThat(Regex.compile("a(bcd)+e?").requiredText()).isEqualTo("bcd");
    assertThat(Regex.compile("a|bcd").requiredText()).isEmpty();
    assertThat(Regex.compile("[ab][0-9]*").requiredText()).isEmpty();
  }
}
