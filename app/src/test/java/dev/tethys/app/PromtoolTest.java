package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.tool.Console;
import dev.tethys.app.tool.ToolRole;
import dev.tethys.testkit.Shared;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** promtool's checks and unit tests beside the real one, byte by byte, on its own test data. */
class PromtoolTest {
  @TempDir Path dir;

  private record Outcome(int status, String out, String err) {}

  private static Outcome ours(String in, List<String> args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status;
    try (PrintStream o = new PrintStream(out, false, StandardCharsets.UTF_8);
        PrintStream e = new PrintStream(err, false, StandardCharsets.UTF_8)) {
      ByteArrayInputStream i = new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8));
      status = ToolRole.run(args, new Console(i, o, e, false));
    }
    return new Outcome(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private Outcome theirs(String in, List<String> args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Shared.peer("promtool").toString()));
    command.addAll(args);
    Path stdin = Files.writeString(Files.createTempFile(dir, "in", ".txt"), in);
    Path out = Files.createTempFile(dir, "out", ".txt");
    Path err = Files.createTempFile(dir, "err", ".txt");
    int status =
        new ProcessBuilder(command)
            .redirectInput(stdin.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start()
            .waitFor();
    return new Outcome(status, Files.readString(out), Files.readString(err));
  }

  private static String fixture(String name) {
    return Shared.conformance("prometheus/" + name).toString();
  }

  /** Words that end with a known ending stand for files of the conformance data. */
  private static List<String> words(String line) {
    List<String> out = new ArrayList<>();
    for (String w : line.split(" ")) {
      out.add(w.startsWith("@") ? fixture(w.substring(1)) : w);
    }
    return out;
  }

  private void same(String in, List<String> args) throws Exception {
    Outcome theirs = theirs(in, args);
    Outcome ours = ours(in, args);
    assertThat(ours).isEqualTo(theirs);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "test rules @promtool/unittest.yml",
        "test rules @promtool/failing.yml",
        "test rules --diff @promtool/failing.yml @promtool/unittest.yml",
        "test rules @promtool/at-modifier-test.yml",
        "test rules @promtool/negative-offset-test.yml",
        "test rules @promtool/long-period.yml",
        "test rules @promtool/bad-input-series.yml",
        "test rules @promtool/bad-rules-syntax-test.yml",
        "test rules @promtool/no-test-group-interval.yml",
        "test rules @promtool/rules_run.yml",
        "test rules @promtool/rules_run_fuzzy.yml",
        "test rules @promtool/rules_run_no_fuzzy.yml",
        "test rules --run correct @promtool/rules_run.yml",
        "test rules --run=wrong --run=x @promtool/rules_run.yml",
        "test rules --ignore-unknown-fields @promtool/rules_run_extrafields.yml",
        "check rules @promtool/rules.yml @promtool/rules_duplicates.yml",
        "check rules --lint-fatal @promtool/rules_duplicates.yml",
        "check rules --lint=none --lint-fatal @promtool/rules_duplicates.yml",
        "check rules --lint=foo @promtool/rules.yml",
        "check rules @promtool/rules_large.yml",
        "check rules --ignore-unknown-fields @promtool/rules_extrafields.yml",
        "check rules @promtool/bad-rules-syntax.yml",
        "check rules @rulefmt/test.yaml @rulefmt/test_aliases.yaml @rulefmt/bad_expr.bad.yaml",
        "check rules @rulefmt/utf-8_lname.good.yaml @rulefmt/invalid_record_name.bad.yaml",
        "check config @promtool/prometheus-config.good.yml",
        "check config --lint-fatal @promtool/prometheus-config.lint.yml",
        "check config --lint=all --lint-fatal"
            + " @promtool/prometheus-config.lint.too_long_scrape_interval.yml",
        "check config --lint=too-long-scrape-interval --query.lookback-delta=11m --lint-fatal"
            + " @promtool/prometheus-config.lint.too_long_scrape_interval.yml",
        "check config @promtool/config_with_rule_files.yml",
        "check config @promtool/config_with_service_discovery_files.yml",
        "check config @promtool/config_with_tls_files.yml",
        "check config --syntax-only @promtool/config_with_tls_files.yml",
        "check config @promtool/url_in_alert_targetgroup_with_relabel_config.bad.yml",
        "check config @promtool/url_in_alert_targetgroup_with_relabel_config.good.yml",
        "check config @promtool/url_in_scrape_targetgroup_with_relabel_config.bad.yml",
        "check config @promtool/url_in_scrape_targetgroup_with_relabel_config.good.yml",
        "check config @promtool/authorization_credentials_file.bad.yml",
        "check config @promtool/authorization_credentials_file.good.yml",
        "--experimental promql format sum(rate(x{b=\"c\"}[5m]))by(a)/on(a)group_left()y",
        "promql format --experimental sum(",
        "promql format x",
        "promql label-matchers --experimental set a{b=\"c\"}+b b d",
        "--experimental promql label-matchers set -t =~ max(a{b=\"c\"}[5m:]) b d.*",
        "--experimental promql label-matchers delete a{b=\"c\",d=\"e\"} b"
      })
  void saysWhatPromtoolSays(String line) throws Exception {
    same("", words(line));
  }

  @Test
  void rulesMayComeFromStandardInput() throws Exception {
    same("groups: [{name: a, rules: [{record: b, expr: c}]}]", List.of("check", "rules"));
    same(
        "groups: [{name: a, rules: [{record: b, expr: c}, {record: b, expr: d}]}]",
        List.of("check", "rules", "--lint-fatal"));
  }

  @Test
  void debugOutputIsTheSameButForTime() throws Exception {
    for (String f : List.of("rules_run.yml", "failing.yml")) {
      List<String> args = words("test rules --debug @promtool/" + f);
      assertThat(lines(ours("", args))).isEqualTo(lines(theirs("", args)));
    }
  }

  /** Older versions print it to standard output. */
  private static List<String> lines(Outcome o) {
    return (o.out() + o.err()).replaceAll("took .*", "took").lines().sorted().toList();
  }

  @Test
  void junitIsTheSameButForTime() throws Exception {
    Path a = dir.resolve("a.xml");
    Path b = dir.resolve("b.xml");
    String files =
        " rules @promtool/failing.yml @promtool/unittest.yml @promtool/bad-rules-syntax-test.yml";
    theirs("", words("test --junit=" + a + files));
    ours("", words("test --junit " + b + files));
    String time = "timestamp=\"[^\"]+\"";
    assertThat(Files.readString(b).replaceAll(time, ""))
        .isEqualTo(Files.readString(a).replaceAll(time, ""));
  }

  @Test
  void everyFormOfExpectationIsComparedAsPromtoolDoes() throws Exception {
    Path f = dir.resolve("forms.yml");
    Files.writeString(
        f,
        """
        tests:
        - interval: 1m
          input_series:
          - {series: 'a{b="é"}', values: 'NaN 1 -Inf'}
          - {series: 'h', values: '{{count:2 buckets:[1 1]}} {{sum:2 count:3 buckets:[1 2]}}'}
          promql_expr_test:
          - {expr: a, eval_time: 0, exp_samples: [{labels: 'a{b="é"}', value: .nan}]}
          - {expr: a, eval_time: 1m, exp_samples: [{labels: 'a', value: 1}, {labels: b, value: 2}]}
          - {expr: 'a[1m]', eval_time: 1m}
          - {expr: 'foo(', eval_time: 1m}
          - {expr: '"x"', eval_time: 1m}
          - {expr: 'h', eval_time: 1m, exp_samples: [{labels: h, histogram: '1'}]}
          - {expr: 'h', eval_time: 1m, exp_samples: [{labels: h, histogram: '{{count:1}}'}]}
          - {expr: 'rate(h[2m])', eval_time: 1m30s, exp_samples: []}
          - {expr: 'vector(1)', eval_time: 1h5m, exp_samples: [{labels: 'x{', value: 1}]}
        - promql_expr_test:
          - {expr: 'a offset -1m', eval_time: 61s, exp_samples: []}
        - name: no name
          alert_rule_test:
          - {eval_time: 1m}
        """);
    same("", List.of("test", "rules", f.toString()));
  }

  @Test
  void differencesOfAlertsAreColouredAlike() throws Exception {
    Path rules = dir.resolve("rules.yml");
    Files.writeString(
        rules,
        """
        groups:
        - name: g
          rules:
          - alert: A
            expr: x > 0
            labels: {severity: page, who: '{{ $labels.i }}'}
            annotations: {text: '<{{ $value }}> & "so"', other: same}
        """);
    Path f = dir.resolve("diff.yml");
    Files.writeString(
        f,
        """
        rule_files: [rules.yml]
        tests:
        - interval: 1m
          input_series:
          - {series: 'x{i="1"}', values: '1x9'}
          - {series: 'x{i="2"}', values: '2x9'}
          - {series: 'x{i="3"}', values: '3x9'}
          alert_rule_test:
          - eval_time: 3m
            alertname: A
            exp_alerts:
            - exp_labels: {i: '1', severity: page, who: '1'}
              exp_annotations: {text: 'other', gone: 'x'}
            - exp_labels: {i: '2', severity: ticket, who: '2'}
              exp_annotations: {text: '<2> & "so"', other: same}
        """);
    same("", List.of("test", "rules", f.toString()));
    same("", List.of("test", "rules", "--diff", f.toString()));
  }

  @Test
  void startTimestampsAreThoseOfNewerVersions() {
    Outcome o = ours("", words("test rules @promtool/start-time-test.yml"));
    assertThat(o).isEqualTo(new Outcome(0, "  SUCCESS\n\n", ""));
  }

  /** promtool names the series in another order each time. */
  @ParameterizedTest
  @ValueSource(strings = {"bad-promql.yml", "bad-rules-error-test.yml"})
  void errorsOfQueriesAreTold(String file) {
    Outcome o = ours("", words("test rules @promtool/" + file));
    assertThat(o.status()).isEqualTo(1);
    assertThat(o.err())
        .contains(
            "err: found duplicate series for the match group {a=\"1\"} on the right hand-side",
            "many-to-many matching not allowed: matching labels must be unique on one side");
  }

  @Test
  void whatIsWrongInAFileIsSaidWithItsPlace() {
    Outcome o = ours("", words("check rules @promtool/rules_extrafields.yml"));
    assertThat(o.status()).isEqualTo(1);
    assertThat(o.err()).contains("7:5: unknown key \"namespace\" in groups[0]");
    o = ours("", words("check config @promtool/prometheus-config.bad.yml"));
    assertThat(o.status()).isEqualTo(1);
    assertThat(o.err()).contains("1:1: unknown key \"not-prometheus\"");
    assertThat(ours("", List.of("check", "rules", "nowhere.yml")).err())
        .contains("path 'nowhere.yml' does not exist");
  }
}
