package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelStagesTest {
  @Test
  void setsLabelsFromExtractedValues() {
    Rig rig = new Rig("- labels: {copy: app, app: , gone: nothing}");
    LogEntry e = rig.one("x", "app", "loki");
    assertThat(e.labels()).isEqualTo(Labels.of("app", "loki", "copy", "loki"));
    assertThat(rig.settled).hasValue(0);
  }

  @Test
  void cachesResultsPerLabelSet() {
    Rig rig = new Rig("- labels: {copy: app}");
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 3000; i++) {
        assertThat(rig.one("x", "app", "v" + i).labels())
            .isEqualTo(Labels.of("app", "v" + i, "copy", "v" + i));
      }
    }
  }

  @Test
  void validatesLabelNames() {
    assertThatThrownBy(() -> new Rig("- labels:\n    bad-name: x"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("test.yml:2:5: invalid label name: bad-name");
  }

  @Test
  void keepsAndDropsLabels() {
    String[] labels = {"app", "loki", "pod", "p1", "job", "j"};
    assertThat(new Rig("- labelallow: [app, other]").one("x", labels).labels())
        .isEqualTo(Labels.of("app", "loki"));
    assertThat(new Rig("- labeldrop: [app, other]").one("x", labels).labels())
        .isEqualTo(Labels.of("pod", "p1", "job", "j"));
    assertThatThrownBy(() -> new Rig("- labeldrop: []")).hasMessageContaining("at least one");
  }

  @Test
  void ignoresFixedLabelsWithoutValue() {
    Rig rig = new Rig("- static_labels: {dc: eu, empty: '', none: }");
    assertThat(rig.one("x", "dc", "us", "empty", "e").labels())
        .isEqualTo(Labels.of("dc", "eu", "empty", "e"));
  }

  @Test
  void readsMetadataFromLabelsToo() {
    Rig rig =
        new Rig(
            """
            - static_labels: {late: l}
            - structured_metadata: {app: , who: late, none: x}
            """);
    LogEntry e = rig.one("x", "app", "loki", "job", "j");
    assertThat(e.metadata()).isEqualTo(Labels.of("app", "loki", "who", "l"));
    assertThat(e.labels()).isEqualTo(Labels.of("job", "j"));
  }

  @Test
  void setsTheTenantLabel() {
    assertThat(new Rig("- tenant: {value: t1}").one("x").labels())
        .isEqualTo(Labels.of("__tenant_id__", "t1"));
    assertThat(new Rig("- tenant: {label: ns}").one("x", "ns", "a").labels())
        .isEqualTo(Labels.of("__tenant_id__", "a", "ns", "a"));
    assertThat(new Rig("- tenant: {source: ns}").one("x").labels()).isEqualTo(Labels.EMPTY);
    assertThatThrownBy(() -> new Rig("- tenant: {value: a, label: b}"))
        .hasMessageContaining("exactly one");
    assertThatThrownBy(() -> new Rig("- tenant: {}")).hasMessageContaining("exactly one");
  }

  @Test
  void removesColours() {
    Rig rig = new Rig("- decolorize:");
    assertThat(rig.one("\033[0;32mgreen\033[0m \033[0;31mred\033[0m").line())
        .isEqualTo("green red");
    assertThat(rig.one("\033]0;title\007text\033(B \u009b1mx").line()).isEqualTo("text x");
    assertThat(rig.one("sample text").line()).isEqualTo("sample text");
    assertThat(rig.one("cut \033[3").line()).isEqualTo("cut \033[3");
    assertThat(rig.one("\033").line()).isEqualTo("\033");
  }

  @Test
  void replacesTheLineWithExtractedText() {
    Rig rig = new Rig("- output: {source: app}");
    assertThat(rig.one("x", "app", "loki").line()).isEqualTo("loki");
    assertThat(rig.one("x", "job", "loki").line()).isEqualTo("x");
  }

  @Test
  void reportsErrorsWithPosition() {
    assertThatThrownBy(() -> new Rig("- outptu: {source: app}"))
        .hasMessageStartingWith("test.yml:1:3: unknown stage \"outptu\"; stages are ");
    assertThatThrownBy(() -> new Rig("- output")).hasMessageContaining("is a colon missing?");
    assertThatThrownBy(() -> new Rig("- output: {source: app}\n  tenant: {value: x}"))
        .hasMessageContaining("a stage must have one key, not 2: output, tenant");
    assertThatThrownBy(() -> new Rig("- output: {sauce: app}"))
        .hasMessageContaining("unknown key \"sauce\"");
  }

  @Test
  void observesEachStage() {
    List<String> seen = new ArrayList<>();
    Rig rig =
        Rig.observed(
            "- labels: {copy: app}\n- output: {source: app}",
            (stage, before, after) ->
                seen.add(
                    stage
                        + " "
                        + (before == null ? "-" : before.labels() + before.line())
                        + " > "
                        + after.getFirst().labels()
                        + after.getFirst().line()));
    rig.one("x", "app", "a");
    assertThat(seen)
        .containsExactly(
            "labels {app=\"a\"}x > {app=\"a\", copy=\"a\"}x",
            "output {app=\"a\", copy=\"a\"}x > {app=\"a\", copy=\"a\"}a");
  }

  @Test
  void passesEntriesUnchangedWithoutStages() {
    Rig rig = new Rig("");
    assertThat(rig.stages.size()).isZero();
    assertThat(rig.one("x", "app", "a").line()).isEqualTo("x");
    assertThat(rig.stages.nextFlush()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void forksShareOnlyConfiguration() {
    Rig rig = new Rig("- labels: {copy: app}");
    Stages fork = rig.stages.fork();
    fork.run(new LogEntry(Labels.of("app", "b"), 1, "x"), rig.out::add);
    assertThat(rig.out.getFirst().labels()).isEqualTo(Labels.of("app", "b", "copy", "b"));
  }
}
