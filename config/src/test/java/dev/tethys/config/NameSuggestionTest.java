package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NameSuggestionTest {
  @Test
  void isTheWordOfTheFewestWrongLetters() {
    assertThat(NameSuggestion.of("scrape_intervall", List.of("scrape_timeout", "scrape_interval")))
        .isEqualTo("scrape_interval");
    assertThat(NameSuggestion.of("Job_Name", List.of("job_name"))).isEqualTo("job_name");
    assertThat(NameSuggestion.of("wholly", List.of("different", "words"))).isNull();
  }

  @Test
  void ofSeveralIsTheSameWhateverTheirOrder() {
    assertThat(NameSuggestion.of("pord", List.of("pod", "port"))).isEqualTo("port");
    assertThat(NameSuggestion.of("pord", List.of("port", "pod"))).isEqualTo("port");
    assertThat(NameSuggestion.of("pord", List.of("pors", "port"))).isEqualTo("pors");
    assertThat(NameSuggestion.of("pord", List.of("port", "pors"))).isEqualTo("pors");
  }
}
