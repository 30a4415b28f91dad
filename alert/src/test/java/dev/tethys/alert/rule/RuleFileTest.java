package dev.tethys.alert.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.NameScheme;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class RuleFileTest {
  private static final Map<String, String> REFUSALS =
      Map.ofEntries(
          Map.entry(
              "bad_expr.bad.yaml",
              "5:15: group \"yolo\", rule 1, \"yolo\": could not parse expression: 1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"),
          Map.entry("bad_field.bad.yaml", "8:9: unknown key \"annotation\""),
          Map.entry(
              "duplicate_grp.bad.yaml", "3:5: groupname: \"yolo\" is repeated in the same file"),
          Map.entry("invalid_label_name.bad.yaml", "invalid label name: __name__"),
          Map.entry(
              "invalid_record_name.bad.yaml",
              "braces present in the recording rule name; should it be in expr?: strawberry{flavor=\"sweet\"}"),
          Map.entry("no_rec_alert.bad.yaml", "one of 'record' or 'alert' must be set"),
          Map.entry("noexpr.bad.yaml", "field 'expr' must be set in rule"),
          Map.entry("record_and_alert.bad.yaml", "only one of 'record' and 'alert' must be set"),
          Map.entry("record_and_for.bad.yaml", "invalid field 'for' in recording rule"),
          Map.entry(
              "record_and_keep_firing_for.bad.yaml",
              "invalid field 'keep_firing_for' in recording rule"),
          Map.entry("legacy_validation_annotation.bad.yaml", "invalid annotation name: ins-tance"));

  private static List<GroupSpec> read(Path f) throws IOException {
    NameScheme names =
        f.getFileName().toString().startsWith("legacy") ? NameScheme.LEGACY : NameScheme.UTF8;
    return RuleFile.read(f, names, ParserOptions.STABLE);
  }

  @TestFactory
  Stream<DynamicTest> fixturesOfPrometheus() {
    return Stream.concat(
            Shared.conformanceFiles("prometheus/rulefmt", ".yaml").stream(),
            Shared.conformanceFiles("prometheus/rules", ".yaml").stream())
        .map(
            f ->
                DynamicTest.dynamicTest(
                    f.getFileName().toString(),
                    () -> {
                      String name = f.getFileName().toString();
                      if (name.equals("invalid_rules.yaml")) {
                        assertThatThrownBy(() -> read(f)).hasMessageContaining("unexpected_field");
                      } else if (name.contains(".bad.")) {
                        assertThatThrownBy(() -> read(f))
                            .isInstanceOf(ConfigException.class)
                            .hasMessageStartingWith(f + ":")
                            .hasMessageContaining(REFUSALS.getOrDefault(name, "a row above"));
                      } else {
                        assertThat(read(f)).isNotEmpty();
                      }
                    }));
  }

  @Test
  void readsEveryKey() {
    List<GroupSpec> groups =
        RuleFile.parse(
            "r.yml",
            """
            groups:
            - name: g
              interval: 7s
              query_offset: 2s
              limit: 3
              labels: {team: a, env: group}
              rules:
              - record: r
                expr: sum( up )
                labels: {env: rule}
              - alert: A
                expr: up == 0
                for: 5m
                keep_firing_for: 1m
                labels: {severity: "{{ $value }}"}
                annotations: {summary: "x {{ $labels.job }}"}
            - name: h
            """,
            NameScheme.UTF8,
            ParserOptions.STABLE);
    GroupSpec g = groups.getFirst();
    assertThat(g.key()).isEqualTo("r.yml;g");
    assertThat(g.interval()).isEqualTo(Duration.ofSeconds(7));
    assertThat(g.queryOffset()).isEqualTo(Duration.ofSeconds(2));
    assertThat(g.limit()).isEqualTo(3);
    assertThat(g.rules().get(0).query()).isEqualTo("sum(up)");
    assertThat(g.rules().get(0).labels()).isEqualTo(Map.of("team", "a", "env", "rule"));
    RuleSpec.Alerting a = (RuleSpec.Alerting) g.rules().get(1);
    assertThat(a.hold()).isEqualTo(Duration.ofMinutes(5));
    assertThat(a.keepFiringFor()).isEqualTo(Duration.ofMinutes(1));
    assertThat(a.labels()).containsEntry("env", "group").containsKey("severity");
    assertThat(a.annotations()).containsOnlyKeys("summary");
    assertThat(groups.get(1).interval()).isNull();
    assertThat(groups.get(1).rules()).isEmpty();
    assertThat(RuleFile.parse("e", "", NameScheme.UTF8, ParserOptions.STABLE)).isEmpty();
  }

  @Test
  void reportsAllErrors() {
    assertThatThrownBy(
            () ->
                RuleFile.parse(
                    "r.yml",
                    """
                    groups:
                    - name: g
                      labels: {__name__: x}
                      rules:
                      - alert: A
                        expr: up ==
                        labels: {a: "{{ $labels.x"}
                        annotations: {b: "{{ nope }}"}
                      - expr: ""
                    - name: ""
                    """,
                    NameScheme.UTF8,
                    ParserOptions.STABLE))
        .isInstanceOfSatisfying(
            RuleFileException.class,
            e ->
                assertThat(e.problems())
                    .containsExactly(
                        "r.yml:3:11: invalid label name: __name__",
                        "r.yml:6:11: group \"g\", rule 1, \"A\": could not parse expression: 1:6: parse error: unexpected end of input",
                        "r.yml:7:13: group \"g\", rule 1, \"A\": label \"a\": template: __alert_A:1: unclosed action",
                        "r.yml:8:18: group \"g\", rule 1, \"A\": annotation \"b\": template: __alert_A:1: function \"nope\" not defined",
                        "r.yml:9:5: group \"g\", rule 2, \"\": one of 'record' or 'alert' must be set",
                        "r.yml:9:11: group \"g\", rule 2, \"\": field 'expr' must be set in rule",
                        "r.yml:10:3: Groupname must not be empty"));
  }
}
