package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NameSuggestionTest {
  @Test
  void suggestsTheWordWithTheFewestEdits() {
    assertThat(NameSuggestion.of("scrape_intervall", List.of("scrape_timeout", "scrape_interval")))
        .isEqualTo("scrape_interval");
    assertThat(NameSuggestion.of("Job_Name", List.of("job_name"))).isEqualTo("job_name");
    assertThat(NameSuggestion.of("wholly", List.of("different", "words"))).isNull();
  }

  @Test
  void isIndependentOfCandidateOrder() {
    assertThat(NameSuggestion.of("pord", List.of("pod", "port"))).isEqualTo("port");
    assertThat(NameSuggestion.of("pord", List.of("port", "pod"))).isEqualTo("port");
    assertThat(NameSuggestion.of("pord", List.of("pors", "port"))).isEqualTo("pors");
    assertThat(NameSuggestion.of("pord", List.of("port", "pors"))).isEqualTo("pors");
  }

  @Test
  void findsNamesByTheirParts() {
    List<String> flags =
        List.of("config.file", "web.config.file", "web.listen-address", "storage.tsdb.path");
    assertThat(NameSuggestion.ofParts("listen-address", flags)).isEqualTo("web.listen-address");
    assertThat(NameSuggestion.ofParts("storage.path", flags)).isEqualTo("storage.tsdb.path");
    assertThat(NameSuggestion.ofParts("config", flags)).isEqualTo("config.file");
    assertThat(NameSuggestion.ofParts("file.config", flags)).isNull();
    assertThat(NameSuggestion.ofParts("", flags)).isNull();
    assertThat(NameSuggestion.ofParts(".", flags)).isNull();
  }

  @Test
  void suggestsTheNearestWord() {
    assertThat(NameSuggestion.question("servr", List.of("server", "agent")))
        .isEqualTo(", did you mean server?");
    assertThat(NameSuggestion.question("xyzzy", List.of("server", "agent"))).isEmpty();
  }
}
