package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.log.LogText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Renders the text of each log line of the code with as many values as the line has. */
@Tag("slow")
class LogTextsTest {
  private static final Pattern CALL = Pattern.compile("(?<!attempt)\\.\\s*log\\(");
  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern PLACE = Pattern.compile("\\{\\d+[},]");

  /** Names of variables that hold a failure, which has its own parameter without a place. */
  private static final Pattern FAILURE =
      Pattern.compile(
          "(?:e|t|x|ex|err|error|failure|fault|cause|problem|thrown)(?:\\.getCause\\(\\))?");

  @Test
  void rendersEachTextWithItsValues() throws IOException {
    List<String> wrong = new ArrayList<>();
    int texts = 0;
    for (Path source : sources()) {
      String code = Files.readString(source);
      Matcher call = CALL.matcher(code);
      while (call.find()) {
        List<String> arguments = arguments(code, call.end());
        String template = arguments.size() < 2 ? "" : literals(arguments.get(1));
        if (template.isEmpty()) {
          continue;
        }
        texts++;
        List<String> problems = problems(template, arguments.subList(2, arguments.size()));
        long line = code.substring(0, call.start()).lines().count();
        problems.forEach(p -> wrong.add(source + ":" + line + ": " + p + ": " + template));
      }
    }
    assertThat(texts).isGreaterThan(500);
    assertThat(wrong).isEmpty();
  }

  @Test
  void findsMistakes() {
    assertThat(problems("a {0} b {1}", List.of("x"))).containsExactly("a place has no value");
    assertThat(problems("a {0}", List.of("x", "y"))).containsExactly("value 1 is not shown");
    assertThat(problems("it''s", List.of())).containsExactly("two apostrophes");
    assertThat(problems("n={0,number,#}", List.of("n"))).contains("a place has no value");
    assertThat(problems("failed", List.of("e"))).isEmpty();
    assertThat(problems("it's {0} and {1}", List.of("a, b", "c"))).isEmpty();
    assertThat(arguments("LOG.log(A, \"x, ) {0}\" + \"y\", f(a, b), ',', \"\\\"\");", 8))
        .containsExactly("A", "\"x, ) {0}\" + \"y\"", "f(a, b)", "','", "\"\\\"\"");
    assertThat(literals("\"a {0}\" + (b ? \"c\" : \"d\")")).isEqualTo("a {0}cd");
  }

  private static List<String> problems(String template, List<String> values) {
    if (values.size() == 1
        && !PLACE.matcher(template).find()
        && FAILURE.matcher(values.getFirst()).matches()) {
      return template.contains("''") ? List.of("two apostrophes") : List.of();
    }
    List<String> out = new ArrayList<>();
    Object[] marks = new Object[values.size()];
    for (int i = 0; i < marks.length; i++) {
      marks[i] = "<" + i + ">";
    }
    String text = LogText.render(template, marks);
    if (PLACE.matcher(text).find()) {
      out.add("a place has no value");
    }
    if (text.contains("''")) {
      out.add("two apostrophes");
    }
    for (int i = 0; i < marks.length; i++) {
      if (!text.contains("<" + i + ">")) {
        out.add("value " + i + " is not shown");
      }
    }
    return out;
  }

  /** Text of all literals of an expression. */
  private static String literals(String expression) {
    StringBuilder sb = new StringBuilder();
    for (MatchResult m : LITERAL.matcher(expression).results().toList()) {
      sb.append(m.group(1).translateEscapes());
    }
    return sb.toString();
  }

  /** Arguments of a call, the first of which begins at a position. */
  private static List<String> arguments(String code, int from) {
    List<String> out = new ArrayList<>();
    int depth = 0;
    int begin = from;
    for (int i = from; i < code.length(); i++) {
      char c = code.charAt(i);
      if (code.startsWith("//", i)) {
        i = code.indexOf('\n', i);
      } else if (c == '"' || c == '\'') {
        i = literalEnd(code, i);
      } else if ("([{".indexOf(c) >= 0) {
        depth++;
      } else if (")]}".indexOf(c) >= 0 && depth-- == 0) {
        out.add(code.substring(begin, i).strip());
        return out;
      } else if (c == ',' && depth == 0) {
        out.add(code.substring(begin, i).strip());
        begin = i + 1;
      }
    }
    return out;
  }

  private static int literalEnd(String code, int from) {
    if (code.startsWith("\"\"\"", from)) {
      return code.indexOf("\"\"\"", from + 3) + 2;
    }
    int i = from + 1;
    while (code.charAt(i) != code.charAt(from)) {
      i += code.charAt(i) == '\\' ? 2 : 1;
    }
    return i;
  }

  /** Sources of the program, without those of benchmarks. */
  private static List<Path> sources() throws IOException {
    try (Stream<Path> all = Files.walk(LauncherTest.repository(), 12)) {
      return all.filter(
              p ->
                  p.toString().endsWith(".java")
                      && p.toString().contains("/src/main/java/")
                      && !p.endsWith("LimitedLog.java") // passes templates of others on
                      && !p.toString().contains("/dev/bench/")
                      && !p.toString().contains("/node_modules/"))
          .toList();
    }
  }
}
