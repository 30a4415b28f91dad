package dev.tethys.query.logql.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.regex.Regex;
import dev.tethys.query.logql.ast.Stage.LineFilter;
import dev.tethys.query.logql.ast.Stage.LineOp;
import dev.tethys.query.logql.ast.Stage.Operand;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Recorded behaviour of Loki about parts of stages. */
class StageConformanceTest {
  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> cases(String file) throws IOException {
    List<Map<String, Object>> out = new ArrayList<>();
    for (String line : Files.readAllLines(Shared.conformance("loki/stages/" + file))) {
      try {
        out.add((Map<String, Object>) Objects.requireNonNull(JsonReader.read(line)));
      } catch (MalformedJsonException e) {
        throw new IllegalArgumentException(line, e);
      }
    }
    assertThat(out).isNotEmpty();
    return out;
  }

  private static String text(Map<String, Object> c, String key) {
    return String.valueOf(c.get(key));
  }

  @Test
  void keysAreSanitised() throws IOException {
    for (Map<String, Object> c : cases("label-key-sanitise.jsonl")) {
      byte[] key = text(c, "key").getBytes(StandardCharsets.UTF_8);
      byte[] out = new byte[key.length + 1];
      int end = Extractor.sanitise(key, 0, key.length, out, 0, true);
      assertThat(new String(out, 0, end, StandardCharsets.UTF_8)).isEqualTo(text(c, "want"));
    }
  }

  @Test
  void pathsLeadToValues() throws IOException {
    for (Map<String, Object> c : cases("json-path.jsonl")) {
      String expression = text(c, "expression");
      if (c.containsKey("error")) {
        String message = "";
        try {
          JsonPath.parse(expression);
        } catch (JsonPath.PathException e) {
          message = e.reason();
        }
        assertThat(message).as(expression).isEqualTo(text(c, "error"));
        continue;
      }
      List<Object> got = new ArrayList<>();
      for (Object step : JsonPath.parse(expression).steps()) {
        got.add(
            step instanceof byte[] b
                ? new String(b, StandardCharsets.UTF_8)
                : ((Integer) step).longValue());
      }
      List<Object> want = new ArrayList<>();
      if (c.get("path") instanceof List<?> path) {
        for (Object p : path) {
          want.add(p instanceof Number n ? (Object) n.longValue() : String.valueOf(p));
        }
      }
      assertThat(got).as(expression).isEqualTo(want);
    }
  }

  @Test
  void findsLabelsOfTemplates() throws IOException {
    for (Map<String, Object> c : cases("template-labels-needed.jsonl")) {
      Set<String> names = new LinkedHashSet<>();
      assertThat(LabelUse.addTemplate(text(c, "template"), names)).isTrue();
      assertThat(names)
          .as(text(c, "template"))
          .containsExactlyInAnyOrderElementsOf(
              ((List<?>) Objects.requireNonNull(c.get("labels_needed")))
                  .stream().map(String::valueOf).toList());
    }
  }

  @Test
  void literalExpressionsFindTheSameLines() throws IOException {
    List<String> lines =
        List.of(
            "",
            "foo",
            "FOO",
            "xfoox",
            "bar",
            "ba",
            "ar",
            "fo",
            "fooo bar",
            "o",
            "f oo",
            "uzz",
            "buzz",
            "zz",
            "fatal",
            "exception",
            "界",
            "ïB",
            "ÏB",
            "1",
            "a1 foo",
            "foobarbarbar",
            "foo\nbar",
            "x\nfoo",
            "w1");
    for (Map<String, Object> c : cases("regex-line-filters.jsonl")) {
      boolean negated = text(c, "op").equals("!~");
      LineFilter f =
          new LineFilter(
              negated ? LineOp.NOT_MATCHES : LineOp.MATCHES,
              List.of(new Operand(text(c, "regex"), false)));
      List<LogFilter.Line> conditions = LineFilters.compile(f);
      Regex plain = Regex.compile(text(c, "regex"));
      for (String line : lines) {
        byte[] b = line.getBytes(StandardCharsets.UTF_8);
        assertThat(conditions.stream().allMatch(l -> l.fits(b, 0, b.length)))
            .as(text(c, "regex") + " in " + line)
            .isEqualTo(plain.find(line) != negated);
      }
    }
  }
}
