package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Against Promtail's way: Go's MatchString, which looks for a pattern anywhere in a name. */
class TopicPatternsTest {
  private static List<String> of(List<String> topics, String... names) {
    return List.of(names).stream()
        .filter(n -> TopicPatterns.whole(topics).matcher(n).matches())
        .toList();
  }

  @Test
  void searchesPatternsInNames() {
    assertThat(of(List.of("^promtail"), "promtail", "promtail-dev", "a-promtail", "prom"))
        .containsExactly("promtail", "promtail-dev");
    assertThat(of(List.of("^promtail$"), "promtail", "promtail-dev")).containsExactly("promtail");
    assertThat(of(List.of("^app.*-logs$"), "app1-logs", "app-logs2", "my-app-logs"))
        .containsExactly("app1-logs");
    assertThat(of(List.of("^a|b"), "a1", "xb1", "xa")).containsExactly("a1", "xb1");
  }

  @Test
  void matchesNamesExactly() {
    assertThat(of(List.of("a.b", "^c"), "a.b", "axb", "a.bc", "cd")).containsExactly("a.b", "cd");
    assertThat(TopicPatterns.areAny(List.of("a", "b"))).isFalse();
    assertThat(TopicPatterns.areAny(List.of("a", "^b"))).isTrue();
  }
}
