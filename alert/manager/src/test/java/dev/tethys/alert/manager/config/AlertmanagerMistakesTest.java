package dev.tethys.alert.manager.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.config.YamlDocument;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AlertmanagerMistakesTest {
  private static List<String> mistakes(String yaml) {
    Throwable e =
        catchThrowable(
            () ->
                AlertmanagerConfig.read(
                    YamlDocument.parse("a.yml", null, yaml), MatcherSyntax.UTF8));
    return Objects.requireNonNull(e.getMessage()).lines().toList();
  }

  @Test
  void namesAllMistakes() {
    assertThat(
            mistakes(
                """
                route:
                  receiver: a
                  group_wait: 5
                  routes:
                    - {receiver: a, matchers: ["x=~("]}
                    - {receiver: a, group_by: [b, b]}
                receivers:
                  - {name: a, webhook_configs: [{url: x, max_alert: 1}]}
                  - {name: a}
                  - {name: b, slack_configs: [{channel: c}], pagerduty_configs: [{}]}
                inhibit_rules: [{equals: [a]}]
                time_intervals: [{name: ""}]
                """))
        .satisfiesExactly(
            m -> assertThat(m).startsWith("a.yml:3:15: "),
            m -> assertThat(m).startsWith("a.yml:5:").contains("missing closing )"),
            m -> assertThat(m).startsWith("a.yml:6:").contains("duplicated label"),
            m -> assertThat(m).startsWith("a.yml:8:39: unsupported scheme"),
            m -> assertThat(m).startsWith("a.yml:8:").contains("max_alert"),
            m -> assertThat(m).startsWith("a.yml:10:").contains("no Slack API URL"),
            m -> assertThat(m).startsWith("a.yml:10:").contains("PagerDuty"),
            m -> assertThat(m).startsWith("a.yml:11:").contains("equals"),
            m -> assertThat(m).startsWith("a.yml:12:").contains("missing name"));
  }

  @Test
  void namesAllUndefinedReceivers() {
    assertThat(
            mistakes(
                """
                route:
                  receiver: x
                  routes: [{receiver: y, mute_time_intervals: [t]}, {receiver: a}]
                receivers: [{name: a}]
                """))
        .satisfiesExactly(
            m -> assertThat(m).contains("undefined receiver \"x\""),
            m -> assertThat(m).contains("undefined receiver \"y\""),
            m -> assertThat(m).contains("undefined time interval \"t\""));
  }

  @Test
  void doesNotReportInvalidReceiversAsUndefined() {
    assertThat(
            mistakes(
                "{route: {receiver: a}, receivers: [{name: a, webhook_configs: [{urll: x}]}]}"))
        .singleElement()
        .asString()
        .contains("urll");
  }
}
