package dev.tethys.pipeline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConnectionRules;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Section;
import dev.tethys.config.YamlDocument;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpClientSettingsTest {
  private static final Section SECTION = new Section("http", "A client.");
  private static final HttpClientSettings.Keys KEYS = new HttpClientSettings.Keys(SECTION);

  private static HttpClientConfig read(String yaml) {
    YamlDocument d = YamlDocument.parse("c.yaml", null, yaml);
    HttpClientSettings s = SECTION.type(KEYS::read).read(d.root());
    d.refuseNotBuilt();
    return s.client();
  }

  @Test
  void appliesConnectionSettingsOfTheCollector() {
    assertThat(read("{}").connections()).isEqualTo(ConnectionRules.USUAL);
    assertThat(read("{}").enableHttp2()).isTrue();
    assertThat(read("force_attempt_http2: false").enableHttp2()).isFalse();
    assertThat(
            read("{cookies: {}, max_idle_conns: 7, max_idle_conns_per_host: 0,"
                    + " max_conns_per_host: 9, idle_conn_timeout: 90s, disable_keep_alives:"
                    + " true, read_buffer_size: 524288, http2_ping_timeout: 0s, middlewares: []}")
                .connections())
        .isEqualTo(new ConnectionRules(true, 9, 7, 2, Duration.ofSeconds(90), true, false));
    assertThat(read("cookies: {enabled: false}").connections().cookies()).isFalse();
  }

  @Test
  void parsesUrlsLikeGo() {
    YamlDocument d = YamlDocument.parse("c.yaml", null, "endpoint: 'http://h/a b/<c>?100%'");
    assertThat(SECTION.type(KEYS::read).read(d.root()).endpoint())
        .hasToString("http://h/a%20b/%3Cc%3E?100%25");
  }

  @Test
  void appliesTlsSettingsOfTheCollector() {
    HttpClientConfig c =
        read(
            "tls: {ca_file: /a, include_system_ca_certs_pool: true, curve_preferences: [X25519,"
                + " P521], cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}");
    assertThat(c.tls().systemCas()).isTrue();
    assertThat(c.tls().namedGroups()).containsExactly("x25519", "secp521r1");
    assertThat(c.tls().cipherSuites()).containsExactly("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max_idle_conns: -1 | c.yaml:1:17: max_idle_conns must be a number of at least 0",
        "http2_read_idle_timeout: 10s | pings of HTTP/2 are not sent over HTTP",
        "endpoint: 'http://h:70000' | c.yaml:1:11: endpoint must be a URL such as https://host:4318,"
            + " not \"http://h:70000\": invalid port",
        "endpoint: h:1 | endpoint must be a URL such as",
        "proxy_url: 'http://h:70000' | c.yaml:1:12: proxy_url must be a URL",
        "write_buffer_size: -1 | must be a number of bytes of at least 0",
        "middlewares: [x] | middlewares",
        "tls: {cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]} | is not a secure cipher suite",
        "tls: {curve_preferences: [X25519MLKEM768]} | requires Java 27",
        "tls: {curve_preferences: [P1]} | unknown curve",
        "tls: {include_insecure_cipher_suites: true} | include_insecure_cipher_suites",
      })
  void rejectsImpossibleSettings(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml)).hasMessageContaining(message);
  }
}
