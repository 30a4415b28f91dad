package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedactionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://u:pw@h:1/x | http://u:xxxxx@h:1/x",
        "https://token@h/x | https://xxxxx@h/x",
        "http://u:p@ss@h/x | http://u:xxxxx@h/x",
        "http://h/x?password=a&db=b&key=c&tok=d |"
            + " http://h/x?password=xxxxx&db=b&key=xxxxx&tok=xxxxx",
        "http://h/x?X-Amz-Signature=a#f | http://h/x?X-Amz-Signature=xxxxx#f",
        "Get \"http://u:p@h/?api_key=a\": EOF | Get \"http://u:xxxxx@h/?api_key=xxxxx\": EOF",
        "mongodb://u:p@a:1,b:2/db | mongodb://u:xxxxx@a:1,b:2/db",
        "u:p@tcp(h:3306)/db | u:xxxxx@tcp(h:3306)/db",
        "u:p@ss@h:1 | u:xxxxx@h:1",
        "host=h password=x user=u | host=h password=xxxxx user=u",
        "jdbc:x://h/db;password=p | jdbc:x://h/db;password=xxxxx",
        "a:1 and b:2 | a:1 and b:2",
        "http://h:1/a@b?x=y | http://h:1/a@b?x=y",
        "mailto:me@example.com | mailto:me@example.com",
        "nginx:1.2@sha256:abc | nginx:1.2@sha256:abc",
        "Scraped job=a key=b | Scraped job=a key=b",
        "Failed url=http://h/x?token=a&b=c err=d | Failed url=http://h/x?token=xxxxx&b=c err=d",
        "Failed url=http://u:p@h/?a=b?sig=c | Failed url=http://u:xxxxx@h/?a=b?sig=xxxxx",
        "a=b=c=password=d | a=b=c=password=d",
        "http://h/probe?target=http%3A%2F%2Fu%3Ap%40h%2Fx%3Ftoken%3Da%26b%3Dc&m=n |"
            + " http://h/probe?target=http%3A%2F%2Fu%3Axxxxx%40h%2Fx%3Ftoken%3Dxxxxx%26b%3Dc&m=n",
        "http://h/?u=http%3a%2f%2ftok%40h%2f | http://h/?u=http%3a%2f%2fxxxxx%40h%2f",
        "http://h/?u=http%3A%2F%2Fh%2Fa%40b | http://h/?u=http%3A%2F%2Fh%2Fa%40b",
      })
  void masksSecretsOfUrlsInText(String text, String expected) {
    assertThat(Redaction.text(text)).isEqualTo(expected);
    assertThat(Redaction.text(expected)).isEqualTo(expected);
  }

  /** A peer's text of a megabyte; reading each value to its end would take minutes. */
  @Test
  @Timeout(30)
  void readsManyConsecutiveNamesInOnePass() {
    String text = "?a=".repeat(350_000);
    assertThat(Redaction.text(text)).isEqualTo(text);
  }

  /** Names of queues on disk are made of the first form. */
  @Test
  void identityMasksOnlyThePassword() {
    URI u = URI.create("http://u:p@h/x?token=t");
    assertThat(Redaction.passwordMasked(u)).isEqualTo("http://u:xxxxx@h/x?token=t");
    assertThat(YamlWriter.write(Map.of("url", u))).isEqualTo("url: http://u:xxxxx@h/x?token=t\n");
    assertThat(Redaction.url(u)).isEqualTo("http://u:xxxxx@h/x?token=xxxxx");
  }

  @Test
  void masksSecretPathInEveryForm() {
    URI u = URI.create("http://u:p@h/services/T%20X?a=b");
    assertThat(
            Redaction.withoutUrl(
                u,
                "Post \"http://u:xxxxx@h/services/T%20X?a=b\": Cannot POST /services/T%20X or"
                    + " /services/T X"))
        .isEqualTo("Post \"<redacted>\": Cannot POST <redacted> or <redacted>");
  }

  @Test
  void masksSecretsInDiscoveryLabels() {
    Labels open = Labels.of("__address__", "h:1", "__meta_image", "a/b:1");
    assertThat(Redaction.labels(open)).isSameAs(open);
    assertThat(
            Redaction.labels(
                Labels.of("__address__", "u:p@h:1", "__param_token", "t", "__param_x", "y")))
        .isEqualTo(
            Labels.of("__address__", "u:xxxxx@h:1", "__param_token", "<secret>", "__param_x", "y"));
  }

  @Test
  void masksDisplayedTreeByKeyNames() {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("token_url", "http://u:p@h/t");
    m.put("endpoint_params", Map.of("audience", "p"));
    m.put("params", Map.of("tok", List.of("p")));
    m.put("headers", Map.of("X-Api-Key", "p"));
    m.put("list", List.of(Map.of("api_key", "p"), Map.of("url", URI.create("http://h?key=p"))));
    assertThat(YamlWriter.writeRedacted(m))
        .isEqualTo(
            """
            token_url: http://u:xxxxx@h/t
            endpoint_params:
              audience: <secret>
            params:
              tok:
              - <secret>
            headers:
              X-Api-Key: <secret>
            list:
            - api_key: <secret>
            - url: http://h?key=xxxxx
            """);
    assertThat(YamlWriter.writeRedacted(Map.of("headers", Map.of("X-Scope-OrgID", "a"))))
        .isEqualTo("headers:\n  X-Scope-OrgID: a\n");
  }

  @Test
  void configurationErrorsQuoteNoSecret() {
    ConfigException e = new ConfigException("a.yml:1:1", "\"http://u:p@h:x\" is not a valid URL");
    assertThat(e).hasMessage("a.yml:1:1: \"http://u:xxxxx@h:x\" is not a valid URL");
    assertThat(e.problem()).doesNotContain("u:p@");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--config=a.yaml | --config=a.yaml",
        "--config a.yaml | --config a.yaml",
        "--config=yaml:exporters::otlp::x:~Pl4nted | --config=yaml:<secret>",
        "--config yaml:exporters::otlp::x:~Pl4nted | --config yaml:<secret>",
        "--set=exporters.otlp.headers.x=Pl4nted | --set=exporters.otlp.headers.x=<secret>",
        "--set exporters.otlp.headers.x=Pl4nted | --set exporters.otlp.headers.x=<secret>",
        "--redis.password=Pl4nted | --redis.password=<secret>",
        "--redis.password Pl4nted | --redis.password <secret>",
        "--redis.password-file=/x | --redis.password-file=/x",
        "--url http://u:Pl4nted@h/?token=Pl4nted | --url http://u:xxxxx@h/?token=xxxxx",
        "-XX:MaxHeapSize=1g -jar x.jar | -XX:MaxHeapSize=1g -jar x.jar",
      })
  void commandLinesShowNoSecret(String line, String expected) {
    assertThat(String.join(" ", Redaction.arguments(List.of(line.split(" "))))).isEqualTo(expected);
  }
}
