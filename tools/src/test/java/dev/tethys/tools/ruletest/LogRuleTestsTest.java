package dev.tethys.tools.ruletest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.promql.parser.ParserOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogRuleTestsTest {
  private static final String RULES =
      """
      groups:
        - name: logs
          type: logs
          interval: 1m
          rules:
            - record: app:errors:count1m
              expr: sum by (app) (count_over_time({app=~".+"} |= "error" [1m]))
            - alert: Errors
              expr: sum by (app) (count_over_time({app="shop"} | detected_level="error" [5m])) > 2
              for: 2m
              labels: {severity: page}
              annotations:
                summary: '{{ $value }} errors of {{ $labels.app }}'
        - name: metrics
          rules:
            - record: app:errors:twice
              expr: 2 * app:errors:count1m
      """;

  @TempDir Path dir;

  private String run(String tests) throws IOException {
    Files.writeString(dir.resolve("rules.yml"), RULES);
    Path file = dir.resolve("tests.yml");
    Files.writeString(file, tests);
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(said, true, StandardCharsets.UTF_8);
    boolean good =
        new RuleTests(ParserOptions.STABLE, false, null, false, false, false, to, to)
            .run(file.toString(), new JUnitReport());
    return good + " " + said.toString(StandardCharsets.UTF_8);
  }

  private static String tests(String alert) {
    return """
    rule_files: [rules.yml]
    group_eval_order: [logs, metrics]
    evaluation_interval: 1m
    tests:
      - input_logs:
          - stream: '{app="shop"}'
            at: 30s
            every: 1m
            repeat: 5
            lines: ['level=error msg="no cart"']
          - stream: '{app="shop"}'
            at: 30s
            every: 1m
            lines: ['level=info msg="hello"', 'level=info msg="hello"']
          - stream: '{app="shop"}'
            tenant: other
            lines: ['level=error msg="not ours"']
        promql_expr_test:
          - expr: app:errors:twice
            eval_time: 3m
            exp_samples:
              - labels: app:errors:twice{app="shop"}
                value: 2
        alert_rule_test:
          - eval_time: 4m
            alertname: Errors
          - eval_time: 5m
            alertname: Errors
            exp_alerts:
              - exp_labels: {app: shop, severity: page}
                exp_annotations: {summary: '%s errors of shop'}
    """
        .formatted(alert);
  }

  @Test
  void testsLogRules() throws IOException {
    assertThat(run(tests("5"))).startsWith("true").contains("SUCCESS");
  }

  @Test
  void wrongExpectationFails() throws IOException {
    assertThat(run(tests("7"))).startsWith("false").contains("5 errors of shop");
  }

  @Test
  void namesInvalidInput() throws IOException {
    String bad = "tests: [{input_logs: [{stream: '{app=}', lines: [x]}]}]\n";
    assertThat(run(bad)).startsWith("false").contains("input_logs 1: stream {app=} cannot be read");
    assertThat(run("tests: [{input_logs: [{stream: '{}', lines: [x]}]}]\n"))
        .contains("stream has no labels");
    assertThat(run("tests: [{input_logs: [{stream: '{a=\"b\"}', lines: [x], repeat: 9000000}]}]\n"))
        .contains("repeat is 9000000");
  }
}
