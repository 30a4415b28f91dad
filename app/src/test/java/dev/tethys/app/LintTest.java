package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What the linter of rules says, with and without a server. */
@Timeout(180)
@Tag("slow")
class LintTest {
  @TempDir Path dir;

  private ToolRun lint(String rules, String... flags) throws IOException {
    Path file = Files.writeString(dir.resolve("rules.yml"), rules);
    List<String> args = new ArrayList<>(List.of("lint"));
    args.addAll(List.of(flags));
    args.add(file.toString());
    ToolRun o = ToolRun.of(args);
    return new ToolRun(
        o.status(), o.out().replace(file + ":", ""), o.err().replace(file + ":", ""));
  }

  private static String rule(String expr) {
    return "groups: [{name: g, rules: [{record: 'a:b', expr: '" + expr + "'}]}]\n";
  }

  private List<String> checks(String expr) throws IOException {
    List<String> found = new ArrayList<>();
    ToolRun o = lint(rule(expr), "--min-severity=information", "--format=json");
    new ObjectMapper()
        .readTree(o.out())
        .forEach(n -> found.add(n.path("check").asString() + " " + n.path("severity").asString()));
    return found;
  }

  @Test
  void expressions() throws IOException {
    String[][] cases = {
      {"rate(http_requests_total[5m])", ""},
      {"sum(http_requests_total)", "promql/counter warning"},
      {"count(http_requests_total) + count by () (up)", ""},
      {"http_requests_total > 0", "promql/counter warning"},
      {"up unless http_requests_total", ""},
      {"changes(http_requests_total[5m])", ""},
      {"delta(http_requests_total[5m])", "promql/counter warning"},
      {"rate(sum(http_requests)[5m:1m])", "promql/rate bug"},
      {"max_over_time(rate(http_requests_total[5m])[1h:])", ""},
      {"sum by (a) (x) / sum by (b) (y)", "promql/vector_matching bug"},
      {"sum by (a) (x) / on(a) group_left sum by (a) (y)", ""},
      {"sum by (a) (x) / ignoring(b) sum by (a, b) (y)", ""},
      {"x / on(job) sum by (instance) (y)", "promql/vector_matching bug"},
      {"x / sum(y)", "promql/vector_matching warning"},
      {"x / scalar(sum(y))", ""},
      {"x:y / sum by (a) (y)", ""},
      {"x and on() sum(y)", ""},
      {"sum(x) or sum by (a) (y)", ""},
      {"x * on(job) group_left(version) sum by (job) (y)", "promql/vector_matching bug"},
      {"x * on(job) group_left(version) max by (job, version) (y)", ""},
      {"label_replace(sum(x), \"a\", \"b\", \"\", \"\") / sum by (a) (y)", ""},
      {"x{a=~\"b\"}", "promql/regexp information"},
      {"x{a=~\"b.*\"}", ""},
      {"x{a=~\"^b|c\"}", "promql/regexp information"},
    };
    for (String[] c : cases) {
      List<String> wanted = c[1].isEmpty() ? List.of() : List.of(c[1]);
      assertThat(checks(c[0])).as(c[0]).isEqualTo(wanted);
    }
  }

  private static final String ALERTS =
      """
      groups:
      - name: g
        rules:
        - alert: Good
          expr: sum by (job) (rate(errors_total[5m])) > 1
          for: 5m
          annotations: {summary: '{{ $labels.job }} {{ .Labels.job }} {{ $value }}'}
        - alert: NoFor
          expr: absent(up{job="x"})
          annotations: {summary: '{{ $labels.job }} is gone'}
        # the reason
        # lint disable alerts/comparison
        - alert: Always
          expr: up
          for: 1m
        - alert: Gone
          expr: sum without (instance) (up) < 1
          for: 1m
          labels: {host: '{{ $labels.instance }}'}
          annotations: {summary: '{{ index $labels "instance" }} {{ $labels.job }}'}
        - alert: Unused
          expr: up
          for: 1m
      """;

  @Test
  void alertsAndComments() throws IOException {
    ToolRun o = lint(ALERTS);
    assertThat(o.out())
        .isEqualTo(
            """
            16: bug: Gone: label host uses the label instance, which the expression never has: it is removed before (alerts/template)
            16: bug: Gone: annotation summary uses the label instance, which the expression never has: it is removed before (alerts/template)
            21: warning: Unused: the expression compares nothing: it fires whenever there is a sample (alerts/comparison)
            """);
    assertThat(o.err()).isEqualTo("5 rules, 3 problems\n");
    assertThat(o.status()).isEqualTo(3);
    assertThat(lint(ALERTS, "--fail-on=none").status()).isZero();
    assertThat(lint(ALERTS, "--min-severity=information").out())
        .contains("8: information: NoFor: without `for`");
    ToolRun quiet =
        lint(
            ALERTS
                + "# pint file/disable alerts/template(instance)\n"
                + "# lint file/snooze 2999-01-01 alerts/comparison\n"
                + "# lint file/snooze 2001-01-01 alerts/for\n");
    assertThat(quiet.out()).isEmpty();
    assertThat(quiet.status()).isZero();
    assertThat(lint("# lint ignore/file\n" + ALERTS, "--disable=promql/rate").status()).isZero();
    assertThat(lint(ALERTS, "--disable=none/such").status()).isEqualTo(1);
    assertThat(lint("groups: [{name: g, rules: [{record: x, expr: 'sum('}]}]").status())
        .isEqualTo(1);
  }

  @Test
  void serverSupportsMoreFlags() throws IOException {
    String config =
        """
        global: {scrape_interval: 1s}
        scrape_configs:
        - {job_name: self, static_configs: [{targets: ['127.0.0.1:{port}']}]}
        """;
    String rules =
        """
        groups:
        - name: g
          rules:
          - {record: 'a:b', expr: 'sum(rate(prometheus_tsdb_head_series[1m]))'}
          - {record: 'c:d', expr: 'no_such_metric + on() a:b'}
          - {record: 'e:f', expr: 'up{job="other"} or absent(nothing_there)'}
          - {record: 'g:h', expr: 'up{job="self"}'}
        """;
    try (TethysProcess server = TethysProcess.server(dir, config)) {
      server.await(
          "some scrapes",
          Duration.ofSeconds(60),
          () ->
              server
                  .query("count_over_time(prometheus_tsdb_head_series[1m]) > 2")
                  .contains("\"value\""));
      String url = "--server=http://127.0.0.1:" + server.port;
      ToolRun o = lint(rules, url);
      assertThat(o.out().lines())
          .satisfiesExactly(
              l -> assertThat(l).startsWith("4: bug: a:b: rate() is for counters"),
              l ->
                  assertThat(l)
                      .startsWith("5: bug: c:d: http://127.0.0.1:")
                      .contains("had no series no_such_metric in the last 1w"),
              l ->
                  assertThat(l)
                      .startsWith("6: bug: e:f: no series of")
                      .contains("up{job=\"other\"}"));
      ToolRun cost =
          lint(
              rules,
              url,
              "--max-series=0",
              "--max-samples=1",
              "--format=json",
              "--disable=promql/series",
              "--disable=promql/rate");
      JsonNode all = new ObjectMapper().readTree(cost.out());
      assertThat(all.size()).isPositive();
      assertThat(all.get(0).path("check").asString()).isEqualTo("query/cost");
      assertThat(all.get(0).path("text").asString()).contains("more samples than are allowed");
    }
  }
}
