package dev.tethys.insight.objectives.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveAlert;
import dev.tethys.insight.objectives.RecordedMetrics;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlothFilesTest {
  private static final String FILE =
      """
      version: "prometheus/v1"
      service: "pay"
      labels:
        owner: "money"
      slos:
        - name: "answers"
          objective: 99.9
          description: "Answers without errors."
          labels: {tier: "1"}
          sli:
            events:
              error_query: sum(rate(http_seconds_count{job="pay",code=~"5.."}[{{.window}}]))
              total_query: sum(rate(http_seconds_count{job="pay"}[{{ .window }}]))
          alerting:
            name: PayErrors
            labels: {category: "availability"}
            annotations: {summary: "pay fails"}
            page_alert:
              labels: {severity: wake}
            ticket_alert:
              disable: true
      """;

  private static List<Objective> read(String text) {
    return ObjectiveFiles.parse("pay.yml", text, 10).objectives();
  }

  @Test
  void readsAFile() {
    Objective o = read(FILE).getFirst();
    assertThat(o.id()).isEqualTo("pay-answers");
    assertThat(o.percent()).isEqualTo(99.9);
    assertThat(o.window()).isEqualTo(Duration.ofDays(30));
    assertThat(o.source()).isEqualTo("pay.yml:6");
    assertThat(o.labels()).containsEntry("owner", "money").containsEntry("tier", "1");
    assertThat(o.alerts()).hasSize(1);
    ObjectiveAlert page = o.alerts().getFirst();
    assertThat(page.name()).isEqualTo("PayErrors");
    assertThat(page.labels())
        .containsEntry("severity", "wake")
        .containsEntry("category", "availability");
    assertThat(o.indicator().expression(Duration.ofHours(1)))
        .isEqualTo(
            "(sum(rate(http_seconds_count{job=\"pay\",code=~\"5..\"}[1h])))\n/\n"
                + "((sum(rate(http_seconds_count{job=\"pay\"}[1h]))) > 0)");
    assertThat(RecordedMetrics.groups(List.of(o))).hasSize(3);
  }

  @Test
  void readsSeveralDocumentsOfAFile() {
    assertThat(
            read("---\n" + FILE + "---\n" + FILE.replace("\"pay\"\nlabels", "\"cart\"\nlabels"))
                .stream()
                .map(Objective::id))
        .containsExactly("pay-answers", "cart-answers");
  }

  private static void fails(String from, String to, String message) {
    assertThat(FILE).contains(from);
    assertThatThrownBy(() -> read(FILE.replace(from, to))).hasMessageContaining(message);
  }

  @Test
  void namesMistakesWithTheirPlace() {
    fails("objective: 99.9", "objective: 0", "pay.yml:7:16: objective is 0.0; it must be above 0");
    fails("[{{.window}}]", "[5m]", "pay.yml:12:22: the query does not contain {{.window}}");
    fails("code=~\"5..\"}", "code=~\"5..\"", "pay.yml:12:22: could not parse the query: 1:");
    fails("owner:", "sloth_id:", "names with sloth_ are reserved");
    fails("name: \"answers\"", "name: \"-answers\"", "name is \"-answers\"; it must have 1 to 200");
    fails("name: PayErrors", "name: \"\"", "alerting.name is missing; name the alerts");
    fails("total_query", "total_qery", "unknown key \"total_qery\"");
    fails("[{{ .window }}]", "[{{ .window }}] {{ .other }}", "a template other than {{.window}}");
    fails("prometheus/v1", "prometheus/v2", "version is \"prometheus/v2\"; of Sloth's, only");
  }

  @Test
  void refusesPluginsByName() {
    fails(
        "    labels: {tier: \"1\"}\n",
        "    plugins:\n      chain: [{id: x}]\n",
        "slos[0].plugins is valid but not built in Tethys yet");
    fails(
        "slos:\n",
        "slo_plugins: {chain: [{id: x}]}\nslos:\n",
        "slo_plugins is valid but not built");
  }

  @Test
  void namesAllMistakesOfAFile() {
    assertThatThrownBy(
            () ->
                read(
                    FILE.replace("objective: 99.9", "objective: 101").replace("pay\"\nl", "\"\nl")))
        .hasMessageContaining("service is \"\"");
    assertThatThrownBy(
            () -> read(FILE + FILE.substring(FILE.indexOf("  - name")).replace("99.9", "x")))
        .hasMessageContaining("must be a number");
  }
}
