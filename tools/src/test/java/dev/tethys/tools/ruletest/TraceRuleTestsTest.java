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

class TraceRuleTestsTest {
  private static final String RULES =
      """
      groups:
        - name: traces
          type: traces
          interval: 1m
          rules:
            - record: service:errors:count1m
              expr: '{ status = error } | count_over_time() by (resource.service.name)'
            - alert: Slow
              expr: '{ name = "pay" } | max_over_time(duration) by (span.route) > 1 with (range=3m)'
              for: 2m
              annotations:
                summary: '{{ $value }} s at {{ $labels.span_route }}'
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

  private static String tests(String value) {
    return """
    rule_files: [rules.yml]
    evaluation_interval: 1m
    tests:
      - input_traces:
          - service: shop
            name: pay
            status: error
            duration: 2s
            at: 30s
            every: 30s
            repeat: 9
            attributes: {route: /pay}
          - {service: shop, name: pay, tenant: other, status: error, duration: 9s, at: 90s}
        promql_expr_test:
          - expr: service:errors:count1m
            eval_time: 3m
            exp_samples:
              - labels: service:errors:count1m{resource_service_name="shop"}
                value: %s
        alert_rule_test:
          - eval_time: 2m
            alertname: Slow
          - eval_time: 4m
            alertname: Slow
            exp_alerts:
              - exp_labels: {span_route: /pay}
                exp_annotations: {summary: '2 s at /pay'}
    """
        .formatted(value);
  }

  @Test
  void testsTraceRules() throws IOException {
    assertThat(run(tests("2"))).startsWith("true").contains("SUCCESS");
  }

  @Test
  void wrongExpectationFails() throws IOException {
    assertThat(run(tests("7"))).startsWith("false").contains("service:errors:count1m");
  }

  @Test
  void namesInvalidInput() throws IOException {
    assertThat(run("tests: [{input_traces: [{name: x}]}]\n"))
        .startsWith("false")
        .contains("input_traces 1: service is empty");
    assertThat(run("tests: [{input_traces: [{service: x, repeat: 9000000}]}]\n"))
        .contains("repeat is 9000000");
    assertThat(run("tests: [{input_traces: [{service: x, status: bad}]}]\n"))
        .startsWith("false")
        .contains("status");
  }
}
