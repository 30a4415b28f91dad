package dev.tethys.insight.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InsightSourceTest {
  @TempDir Path folder;

  @Test
  void readsUrlWithOrWithoutName() {
    assertThat(InsightSource.parse("http://a:9090").name()).isEmpty();
    InsightSource s = InsightSource.parse("prod=https://mimir/prometheus?".replace("?", ""));
    assertThat(s.name()).isEqualTo("prod");
    assertThat(s.url()).hasToString("https://mimir/prometheus");
    assertThat(s.client().followRedirects()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prometheus:9090 | expected URL or NAME=URL",
        "a=ftp://b | must be http",
        "a=http:b | must be http",
        "a b=http://c | letters, digits",
        "=http://c | letters, digits",
        "a=http://u:secret@b | basic_auth",
        "a=http://b?x=y | query",
        "http://a b | is not a URL"
      })
  void rejectsWhatIsNotASource(String text, String problem) {
    assertThatThrownBy(() -> InsightSource.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem)
        .message()
        .doesNotContain("secret");
  }

  @Test
  void requiresUniqueNamesOfSeveralSources() {
    InsightSource none = InsightSource.parse("http://a");
    InsightSource a = InsightSource.parse("a=http://a");
    InsightSource.check(List.of(none));
    InsightSource.check(List.of(a, InsightSource.parse("b=http://a")));
    assertThatThrownBy(() -> InsightSource.check(List.of(a, none))).hasMessageContaining("no name");
    assertThatThrownBy(() -> InsightSource.check(List.of(a, a)))
        .hasMessageContaining("two sources have the name \"a\"");
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("sources.yml"), text);
  }

  @Test
  void readsSourcesWithCredentials() throws Exception {
    List<InsightSource> all =
        InsightSource.readAll(
            file(
                """
                sources:
                  - name: prod
                    url: https://mimir.example/prometheus
                    basic_auth: {username: u, password: p}
                    http_headers: {X-Scope-OrgID: {values: [team]}}
                    tls_config: {insecure_skip_verify: true}
                  - name: west
                    url: http://vm:8428
                    authorization: {credentials: t}
                    follow_redirects: true
                """));
    assertThat(all).extracting(InsightSource::name).containsExactly("prod", "west");
    assertThat(all.getFirst().client().headers()).containsKey("X-Scope-OrgID");
    assertThat(all.getFirst().client().followRedirects()).isFalse();
    assertThat(all.getLast().client().followRedirects()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sources: [{name: a}] | url",
        "sources: [{url: 'http://a', nme: b}] | unknown",
        "sources: [{url: 'http://u:secret@a'}] | basic_auth",
        "sources: [{url: 'http://a', name: 'a b'}] | letters, digits",
        "source: [] | source"
      })
  void rejectsFilesWithTheirPosition(String text, String problem) throws Exception {
    Path f = file(text);
    assertThatThrownBy(() -> InsightSource.readAll(f))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("sources.yml:1:")
        .hasMessageContaining(problem)
        .message()
        .doesNotContain("secret");
  }
}
