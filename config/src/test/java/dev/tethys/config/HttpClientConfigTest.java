package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("slow")
class HttpClientConfigTest {
  private static final Map<String, String> REASONS =
      Map.ofEntries(
          Map.entry("auth-creds-and-file-set", "at most one of authorization credentials & cred"),
          Map.entry("auth-creds-no-basic", "authorization type cannot be set to \"basic\""),
          Map.entry(
              "basic-auth-and-auth-creds", "at most one of basic_auth, oauth2 & authorizatio"),
          Map.entry("basic-auth-and-oauth2", "oauth2 token_url must be configured"),
          Map.entry("basic-auth.too-much", "at most one of basic_auth password & password_file"),
          Map.entry("basic-auth.bad-username", "at most one of basic_auth username & username_f"),
          Map.entry("bearer-token-and-file-set", "at most one of bearer_token & bearer_token_file"),
          Map.entry("http.conf.empty", "at most one of basic_auth, oauth2, bearer_token"),
          Map.entry("headers-reserved", "setting header \"user-Agent\" is not allowed"),
          Map.entry("mix-bearer-and-creds", "authorization is not compatible with bearer_token"),
          Map.entry("no-proxy-without-proxy-url", "if no_proxy is configured, proxy_url must also"),
          Map.entry("no-proxy.bad", "if proxy_from_environment is configured, no_proxy must not"),
          Map.entry("oauth2-certificate-and-file", "at most one of oauth2 client_certificate_key"),
          Map.entry("oauth2-no-client-id", "oauth2 client_id must be configured"),
          Map.entry("oauth2-no-token-url", "oauth2 token_url must be configured"),
          Map.entry("oauth2-secret-and-file-set", "at most one of oauth2 client_secret"),
          Map.entry("proxy-from-env", "if proxy_from_environment is configured, proxy_url must"),
          Map.entry("proxy-headers.bad", "if proxy_connect_header is configured, proxy_url or"),
          Map.entry("basic-auth.ref", "unknown key \"username_ref\""),
          Map.entry("cert_no_key", "exactly one of key or key_file must be configured"),
          Map.entry("key_no_cert", "exactly one of cert or cert_file must be configured"),
          Map.entry("invalid_field", "unknown key"),
          Map.entry("max_and_min_version.bad", "max_version must be greater than or equal"));

  @TestFactory
  Stream<DynamicTest> everyConformanceFile() {
    return Stream.of(".yml", ".yaml", ".json")
        .flatMap(end -> Shared.conformanceFiles("common/http-config", end).stream())
        .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> check(f)));
  }

  private void check(Path file) throws IOException {
    String name = file.getFileName().toString();
    YamlNode root = YamlDocument.read(file).root();
    Runnable reading =
        name.startsWith("tls_config")
            ? () -> TlsConfig.TYPE.read(root)
            : () -> HttpClientConfig.TYPE.read(root);
    // A token file that is absent is an error of each request, not of the configuration.
    boolean bad =
        (name.contains(".bad") || name.contains("basic-auth.ref"))
            && !name.contains("invalid-bearer-token-file");
    if (!bad) {
      assertThatCode(reading::run).doesNotThrowAnyException();
      return;
    }
    String reason =
        REASONS.entrySet().stream()
            .filter(e -> name.contains(e.getKey()))
            .max(java.util.Comparator.comparingInt(e -> e.getKey().length()))
            .orElseThrow()
            .getValue();
    assertThatThrownBy(reading::run)
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(file + ":")
        .hasMessageContaining(reason);
  }

  @Test
  void readsEverythingAndWritesItWithoutSecrets() {
    HttpClientConfig c =
        HttpClientConfig.TYPE.read(
            YamlDocument.parse(
                    "f.yml",
                    Path.of("/etc/x"),
                    """
                    oauth2:
                      client_id: me
                      client_secret: hush
                      token_url: https://t/
                      scopes: [a, b]
                    tls_config: {ca_file: ca.pem, min_version: TLS12}
                    proxy_url: http://u:p@proxy:3128
                    http_headers:
                      X-A: {values: [v], secrets: [s], files: [h.txt]}
                    """)
                .root());
    assertThat(c.tls().caFile()).isEqualTo("/etc/x/ca.pem");
    assertThat(c.followRedirects()).isTrue();
    assertThat(java.util.Objects.requireNonNull(c.headers().get("X-A")).files())
        .isEqualTo(List.of("/etc/x/h.txt"));
    assertThat(c.toString()).doesNotContain("hush");
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    c.addTo(m);
    assertThat(YamlWriter.write(m))
        .isEqualTo(
            """
            oauth2:
              client_id: me
              client_secret: <secret>
              scopes:
              - a
              - b
              token_url: https://t/
            tls_config:
              ca_file: /etc/x/ca.pem
              insecure_skip_verify: false
              min_version: TLS12
            follow_redirects: true
            enable_http2: true
            proxy_url: http://u:xxxxx@proxy:3128
            http_headers:
              X-A:
                values:
                - v
                secrets:
                - <secret>
                files:
                - /etc/x/h.txt
            """);
  }

  @Test
  void olderTokenKeyIsAnAuthorization() {
    HttpClientConfig c =
        HttpClientConfig.TYPE.read(YamlDocument.parse("f", null, "bearer_token: x").root());
    assertThat(c.authorization())
        .isEqualTo(new HttpClientConfig.Authorization("Bearer", new Secret("x"), ""));
  }

  @Test
  void changingOneSettingKeepsTheOthers() {
    ConnectionRules rules = new ConnectionRules(true, 1, 2, 3, Duration.ofSeconds(4), true, false);
    HttpClientConfig c = HttpClientConfig.DEFAULT_HTTP1.with(rules);
    HttpClientConfig.Header header =
        new HttpClientConfig.Header(List.of("v"), List.of(), List.of());
    HttpClientConfig.BasicAuth me = new HttpClientConfig.BasicAuth("me", "", new Secret("pw"), "");
    assertThat(c.withHeaders(Map.of("X", header)))
        .isEqualTo(
            new HttpClientConfig(
                null,
                null,
                null,
                TlsConfig.DEFAULT,
                true,
                false,
                ProxyConfig.NONE,
                Map.of("X", header),
                null,
                rules));
    assertThat(c.with(me).connections()).isEqualTo(rules);
    assertThat(c.with(me).basicAuth()).isEqualTo(me);
    OAuth2 tokens =
        OAuth2.TYPE.read(
            YamlDocument.parse("f", null, "{client_id: a, token_url: 'http://t/'}").root());
    assertThat(c.with(me).with(tokens).connections()).isEqualTo(rules);
    assertThat(c.with(me).with(tokens).basicAuth()).isNull();
  }

  @Test
  void proxyWithoutASchemeUsesHttp() {
    for (String url : List.of("foo", "proxy.example.org")) {
      assertThat(
              HttpClientConfig.TYPE
                  .read(YamlDocument.parse("f.yml", null, "proxy_url: " + url).root())
                  .proxy()
                  .url())
          .hasToString("http://" + url);
    }
    for (String url : List.of("ftp://proxy", "'http://'", "a:b:c")) {
      assertThatThrownBy(
              () ->
                  HttpClientConfig.TYPE.read(
                      YamlDocument.parse("f.yml", null, "proxy_url: " + url).root()))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("f.yml:1:12");
    }
  }
}
