package dev.tethys.store.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compared with the matchers that the expressions are part of. */
class ExpressionsTest {
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

  private static void holds(boolean is, String expression, String text) {
    if (!is) {
      throw new AssertionError(expression + " and " + text);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 4})
  void valuesAndPrefixesHoldForAllMatchingTexts(long seed) {
    Random r = new Random(seed);
    int sets = 0;
    int common = 0;
    int prefixes = 0;
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
      Set<String> values = Expressions.values(e);
      List<String> texts = texts(r);
      if (values != null) {
        sets += values.size() > 1 ? 1 : 0;
        texts.addAll(values);
        for (String t : texts) {
          holds(values.contains(t) == m.matches(t), e, t);
        }
      }
      if (Expressions.isCommon(e)) {
        common++;
        Pattern other = Pattern.compile("^(?:" + e + ")$", Pattern.DOTALL);
        for (String t : texts) {
          holds(other.matcher(t).matches() == m.matches(t), e, t);
        }
      }
      String prefix = Expressions.prefix(e);
      prefixes += prefix.isEmpty() ? 0 : 1;
      for (String t : texts) {
        holds(!m.matches(t) || t.startsWith(prefix), e, t);
      }
    }
    assertThat(sets).isGreaterThan(50);
    assertThat(common).isGreaterThan(50);
    assertThat(prefixes).isGreaterThan(50);
  }

  @Test
  void supportsEmptyAlternatives() {
    NamedValues v = NamedValues.of(Matcher.of(Matcher.Type.NOT_REGEX, "x", "a|"));
    assertThat(v).isEqualTo(new NamedValues("x", false, Set.of("a", "")));
    assertThat(new NamedValues("x", false, Set.of("a", "")).takesAbsent()).isFalse();
    assertThat(new NamedValues("x", true, Set.of("a", "")).takesAbsent()).isTrue();
    assertThat(NamedValues.of(Matcher.of(Matcher.Type.REGEX, "x", "a."))).isNull();
  }

  @Test
  void namesSatisfyAllMatchers() {
    Matcher some = Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, "a|b|c");
    Matcher not = Matcher.of(Matcher.Type.NOT_EQUAL, Labels.METRIC_NAME, "b");
    assertThat(MetricNames.named(List.of(not, some))).containsExactly("a", "c");
    assertThat(MetricNames.named(List.of(not))).isNull();
  }
}
