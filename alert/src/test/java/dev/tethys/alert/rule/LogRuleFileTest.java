package dev.tethys.alert.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogRuleFileTest {
  private static String group(String keys, String expr) {
    return "groups:\n  - name: g\n"
        + keys
        + "    rules:\n      - record: a:b\n        expr: '"
        + expr
        + "'\n";
  }

  @Test
  void logGroupUsesLogql() {
    String count = "sum by (app) (count_over_time({app=\"x\"} |= \"e\" | logfmt [5m]))";
    GroupSpec g = RuleFixture.groups(group("    type: logs\n", count)).getFirst();
    assertThat(g.type()).isEqualTo(RuleType.LOGS);
    assertThat(g.tenant()).isEqualTo("fake");
    assertThat(g.rules().getFirst().expr()).isNull();
    assertThat(g.rules().getFirst().query())
        .isEqualTo("sum by (app)(count_over_time({app=\"x\"} |= \"e\" | logfmt[5m]))");
    g = RuleFixture.groups(group("    type: logs\n    tenant: t\n", count)).getFirst();
    assertThat(g.tenant()).isEqualTo("t");
    assertThat(RuleFixture.groups(group("", "up")).getFirst().type()).isEqualTo(RuleType.METRICS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "type: logs; {app=\"x\"}; expression is a log query",
        "type: logs; up; parse error at line 1",
        "type: logs; rate({app=~\".*\"}[1m]); empty-compatible",
        "tenant: t; up; tenant is 't'",
        "type: metrics; rate({app=\"x\"} |= \"e\" [1m]); could not parse expression",
      })
  void rejectsInvalidGroups(String keys, String expr, String message) {
    assertThatThrownBy(() -> RuleFixture.groups(group("    " + keys + "\n", expr)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void readsGroupOfRulerApi() throws IOException {
    List<String> lines =
        Files.readAllLines(Shared.conformance("loki").resolve("rules/loki_basic.yaml"));
    int first = lines.stream().map(String::strip).toList().indexOf("groups:") + 1;
    String text =
        String.join("\n", lines.subList(first, lines.size()))
            .replaceFirst("- name", "  name")
            .stripIndent();
    GroupSpec g = RuleFile.parseLogGroup("ns", text, "t");
    assertThat(g.name()).isEqualTo("testgrp2");
    assertThat(g.tenant()).isEqualTo("t");
    assertThat(g.rules().getFirst().name()).isEqualTo("HTTPCredentialsLeaked");
  }
}
