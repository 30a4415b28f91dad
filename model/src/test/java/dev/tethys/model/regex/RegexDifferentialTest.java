package dev.tethys.model.regex;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random expressions mean what they mean in RE2/J, java.util.regex and a real Prometheus. */
@Tag("slow")
class RegexDifferentialTest {
  private static final int EXPRESSIONS = 3_000;

  private static @Nullable Pattern re2j(String expression, int flags) {
    try {
      return Pattern.compile(expression, flags);
    } catch (com.google.re2j.PatternSyntaxException e) {
      return null;
    }
  }

  private static void check(RegexEvaluator m, boolean expected, String expression, String text) {
    byte[] b = ("z" + text + "az").getBytes(UTF_8);
    if (m.test(text) != expected || m.test(b, 1, b.length - 2) != expected) {
      throw new AssertionError("`" + expression + "` and `" + text + "`: not " + expected);
    }
  }

  /** With little memory, states are forgotten and built again, or done without. */
  @ParameterizedTest
  @ValueSource(ints = {Dfa.MAX_BYTES, 0})
  void asRe2j(int maxBytes) {
    RandomExpressions random = new RandomExpressions(maxBytes + 11L, true);
    int valid = 0;
    for (int n = 0; n < EXPRESSIONS; n++) {
      String e = random.expression();
      Pattern search = re2j(e, 0);
      RegexNode tree;
      try {
        tree = RegexParser.parse(e, 0);
      } catch (RegexSyntaxException x) {
        assertThat(search).as(e).isNull();
        continue;
      }
      if (search == null) {
        assertThat(e).contains("(?P<n>"); // the same name twice
        continue;
      }
      valid++;
      Pattern whole = Objects.requireNonNull(re2j(e, Pattern.DOTALL));
      RegexEvaluator searching = new RegexEvaluator(e, tree, false, maxBytes);
      RegexEvaluator matching =
          new RegexEvaluator(e, RegexParser.parse(e, Flags.DOT_NEWLINE), true, maxBytes);
      for (int i = 0; i < 20; i++) {
        String text = random.text();
        check(searching, search.matcher(text).find(), e, text);
        check(matching, whole.matches(text), e, text);
      }
    }
    assertThat(valid).isGreaterThan(EXPRESSIONS / 4);
  }

  @Test
  void asTheJdk() {
    RandomExpressions random = new RandomExpressions(5, false);
    int valid = 0;
    for (int n = 0; n < EXPRESSIONS; n++) {
      String e = random.expression();
      if (e.contains("(?m)") || e.contains("(?U)") || e.contains("[:") || e.contains("\\10")) {
        continue; // other dialects
      }
      Regex regex;
      java.util.regex.Pattern jdk;
      try {
        regex = Regex.whole(e);
        jdk =
            java.util.regex.Pattern.compile(e.replace("$", "\\z"), java.util.regex.Pattern.DOTALL);
      } catch (IllegalArgumentException x) {
        continue;
      }
      valid++;
      for (int i = 0; i < 20; i++) {
        String text = random.text();
        if (regex.matches(text) != jdk.matcher(text).matches()) {
          throw new AssertionError("`" + e + "` and `" + text + "`");
        }
      }
    }
    assertThat(valid).isGreaterThan(EXPRESSIONS / 8);
  }

  /** Lines of a file beside this class, without comments. */
  static List<String> lines(String file) throws IOException {
    try (BufferedReader r =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(RegexDifferentialTest.class.getResourceAsStream(file)),
                UTF_8))) {
      return r.lines().filter(l -> !l.startsWith("#")).toList();
    }
  }

  @Test
  void errorsMatchPrometheus() throws IOException {
    List<String> lines = lines("errors.tsv");
    assertThat(lines).hasSizeGreaterThan(150);
    for (String line : lines) {
      String[] parts = line.split("\t", -1);
      String message = "";
      try {
        Regex.whole(parts[0]);
      } catch (RegexSyntaxException e) {
        message = e.getMessage();
      }
      assertThat(message).as(parts[0]).isEqualTo(parts[1]);
    }
  }

  @Test
  void matchesTheSameAsPrometheus() throws IOException {
    List<String> lines = lines("matches.tsv");
    List<String> texts =
        Stream.of(lines.getFirst().split("\t", -1)).map(String::translateEscapes).toList();
    assertThat(lines).hasSizeGreaterThan(1000);
    for (String line : lines.subList(1, lines.size())) {
      int tab = line.indexOf('\t');
      Regex regex = Regex.whole(line.substring(0, tab).translateEscapes());
      BigInteger met = new BigInteger(line.substring(tab + 1), 16);
      for (int i = 0; i < texts.size(); i++) {
        byte[] b = texts.get(i).getBytes(UTF_8);
        if (regex.matches(texts.get(i)) != met.testBit(i)
            || regex.matches(b, 0, b.length) != met.testBit(i)) {
          throw new AssertionError("`" + regex + "` and `" + texts.get(i) + "`");
        }
      }
    }
  }
}
