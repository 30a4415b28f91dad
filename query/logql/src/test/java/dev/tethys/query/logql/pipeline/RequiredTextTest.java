package dev.tethys.query.logql.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogMention;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.parser.LogqlParser;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rows that pass have the text that their query requires. */
@Tag("slow")
class RequiredTextTest {
  private static final List<String> QUERIES =
      List.of(
          "{a=\"b\"} | json | status >= 5",
          "{a=\"b\"} | json | http_status != \"\"",
          "{a=\"b\"} | json s=\"http.status\" | s >= 5",
          "{a=\"b\"} | json s=\"http.status\" | s != \"\"",
          "{a=\"b\"} | json | x=\"\" | status = \"5\"",
          "{a=\"b\"} | logfmt | status >= 5",
          "{a=\"b\"} | logfmt | http_status > 5s",
          "{a=\"b\"} | logfmt s=\"http-status\" | s =~ \"5.+\" and x != \"1\"",
          "{a=\"b\"} | json | __error__=\"\" | status > 1 or code > 1",
          "{a=\"b\"} | logfmt --keep-empty | status > 5KB");

  private static final String[] TEXTS = {
    "{\"",
    "\":",
    "\":\"",
    "\"",
    ",\"",
    "}",
    "status",
    "st\\u0061tus",
    "http",
    "\"http\":{\"",
    ".",
    "-",
    "_",
    "=",
    " ",
    "5",
    "567",
    "9s",
    "{\"status\":",
    "{\"http_status\":\"",
    "status=",
    "http-status=",
    "http.status=7s",
    "http\\/status\":\"x",
    "7KB",
    "code"
  };

  private static @Nullable LogMention required(String query, Labels... streams) {
    LogExpr log = LogqlParser.parseLog(query);
    return RequiredText.of(log.stages(), null, List.of(streams));
  }

  @Test
  void passingRowsHaveTheText() {
    Random random = new Random(5);
    int passed = 0;
    int left = 0;
    for (int i = 0; i < 400_000; i++) {
      String query = QUERIES.get(random.nextInt(QUERIES.size()));
      StringBuilder b = new StringBuilder(random.nextBoolean() ? "{\"" : "");
      for (int n = random.nextInt(9); n >= 0; n--) {
        b.append(TEXTS[random.nextInt(TEXTS.length)]);
      }
      String line = b.toString();
      LogMention text = required(query);
      boolean useful =
          text == null || line.contains(text.text()) || text.escapes() && line.contains("\\");
      boolean passes = passes(query, line);
      passed += passes ? 1 : 0;
      left += useful ? 0 : 1;
      assertThat(useful || !passes).as(() -> query + " of " + line).isTrue();
    }
    assertThat(passed).isGreaterThan(2_000);
    assertThat(left).isGreaterThan(50_000);
  }

  private static boolean passes(String query, String line) {
    NameTable names = new NameTable();
    LogPipeline pipeline =
        LogPipeline.compile(LogqlParser.parseLog(query).stages(), names, UsedLabels.ALL);
    Row row = new Row(names);
    row.clear();
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    row.line(bytes, 0, bytes.length);
    return pipeline.process(row);
  }

  @Test
  void requiresTheLongestRunOfTheKey() {
    assertThat(required("{a=\"b\"} | json | http_status >= 500"))
        .isEqualTo(new LogMention("status", true, "http_status"));
    assertThat(required("{a=\"b\"} | logfmt | took_ms > 2s"))
        .isEqualTo(new LogMention("took", false, "took_ms"));
    assertThat(required("{a=\"b\"} | json s=\"request.code\" | s =~ \"1.+\""))
        .isEqualTo(new LogMention("request", true, "s"));
  }

  @Test
  void requiresNothingWhereOtherRowsMayPass() {
    for (String stages :
        List.of(
            "json | status = \"\"",
            "json | status != \"5\"",
            "json | status =~ \"5*\"",
            "json | a > 1 or b > 1",
            "json | line_format \"{{.a}}\" | status > 1",
            "json | label_format status=code | status > 1",
            "json | logfmt | status > 1",
            "regexp \"(?P<status>.+)\" | json | status > 1",
            "json | status_extracted > 1",
            "json | status = ip(\"1.2.3.4\")",
            "json s=\"a[0]\" | s != \"\"",
            "json s=\"code\" | s > 1",
            "json",
            "status > 1 | json")) {
      assertThat(required("{a=\"b\"} | " + stages)).as(stages).isNull();
    }
    assertThat(required("{a=\"b\"} | json | status > 1", Labels.of("status", "5"))).isNull();
  }
}
