package dev.tethys.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import at.favre.lib.crypto.bcrypt.BCrypt;
import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
@Tag("slow")
class WebConfigTest {
  /** What is wrong with each file that must not load. */
  private static final Map<String, String> REASONS =
      Map.ofEntries(
          Map.entry("auth_clientCAs_invalid", "client CA's have been configured without"),
          Map.entry("auth_user_list_invalid", "\"john\" is not a bcrypt hash"),
          Map.entry("auth_client_san.bad", "none"),
          Map.entry("headers_content_type", "invalid value for X-Content-Type-Options"),
          Map.entry("headers_extra", "HTTP header \"Content-Type\" can not be configured"),
          Map.entry("headers_frame", "invalid value for X-Frame-Options"),
          Map.entry("junk.yml", "must be a map"),
          Map.entry("junk_key", "unknown key \"cert_filse\""),
          Map.entry("noAuth.bad", "client CA's have been configured without"),
          Map.entry("certPath_empty", "missing one of cert or cert_file"),
          Map.entry("certPath_invalid", "failed to read cert_file"),
          Map.entry("certPath_keyPath_empty", "unknown client_auth_type \"x\""),
          Map.entry("certPath_keyPath_invalid", "failed to read cert_file"),
          Map.entry("cert_empty", "missing one of cert or cert_file"),
          Map.entry("inventedCiphers", "unknown cipher: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048"),
          Map.entry("inventedCurves", "unknown curve \"CurveP257\""),
          Map.entry("keyPath_empty", "missing one of key or key_file"),
          Map.entry("keyPath_invalid", "failed to read cert_file"),
          Map.entry("key_empty", "missing one of key or key_file"),
          Map.entry("noHTTP2Cipher", "missing an HTTP/2-required AES_128_GCM_SHA256 cipher"),
          Map.entry("wrongTLSVersion", "unknown TLS version \"TLS111\""));

  @TempDir Path dir;
  private final HttpClientFactory factory = new HttpClientFactory("test");

  @SuppressWarnings("NullAway.Init") // each test starts its own
  private HttpListener listener;

  @AfterEach
  void stop() {
    if (listener != null) {
      listener.close();
    }
    factory.close();
  }

  @TestFactory
  Stream<DynamicTest> everyConformanceFile() throws IOException {
    Path data = Shared.conformance("exporter-toolkit/web");
    // Keys are not part of the data, so our own pair takes their place.
    new TestCertificates(dir).issueRsa("server", "dns:localhost");
    try (Stream<Path> files = Files.list(data)) {
      for (Path f : files.filter(p -> !p.endsWith("server.crt")).toList()) {
        Files.copy(f, dir.resolve(f.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return Stream.concat(
            Shared.conformanceFiles("exporter-toolkit/web", ".yml").stream(),
            Shared.conformanceFiles("exporter-toolkit/web", ".yaml").stream())
        .map(p -> p.getFileName().toString())
        .map(n -> DynamicTest.dynamicTest(n, () -> conforms(n)));
  }

  private void conforms(String name) {
    Path f = dir.resolve(name);
    // These two load; it is the client that is refused.
    boolean bad =
        (name.contains(".bad.") || name.contains("junk"))
            && !name.contains("auth_client_san.bad")
            && !name.contains("clientCAs_missing");
    if (!bad) {
      assertThatCode(() -> WebConfig.read(f)).doesNotThrowAnyException();
      return;
    }
    String reason =
        REASONS.entrySet().stream()
            .filter(e -> name.contains(e.getKey()))
            .max(java.util.Comparator.comparingInt(e -> e.getKey().length()))
            .orElseThrow()
            .getValue();
    assertThatThrownBy(() -> WebConfig.read(f))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(f + ":")
        .hasMessageContaining(reason);
  }

  private Path write(String yaml) throws IOException {
    Path f = dir.resolve("web.yml");
    Path next = dir.resolve("web.yml.next");
    Files.writeString(next, yaml);
    return Files.move(next, f, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private void serve(String yaml) throws IOException {
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0")
                .withWebConfigFile(write(yaml))
                .withStopGrace(Duration.ofMillis(200)),
            new Routes()
                .get("/", (q, r) -> r.send(q.protocol() + " " + q.user() + " " + q.isSecure())),
            null);
  }

  private ClientResponse get(String client, String... headers) throws Exception {
    String scheme = listener.isSecure() ? "https" : "http";
    ClientRequest call =
        ClientRequest.get(URI.create(scheme + "://127.0.0.1:" + listener.port() + "/"));
    for (int i = 0; i < headers.length; i += 2) {
      call = call.withHeader(headers[i], headers[i + 1]);
    }
    return factory
        .client(HttpClientConfig.TYPE.read(YamlDocument.parse("c", dir, client).root()))
        .send(call);
  }

  private static String text(ClientResponse a) throws IOException {
    try (a) {
      return new String(a.bytes(10_000), UTF_8);
    }
  }

  private static String hash(String password) {
    return new String(
        BCrypt.with(BCrypt.Version.VERSION_2Y).hash(4, password.getBytes(UTF_8)),
        StandardCharsets.US_ASCII);
  }

  private static String basic(String s) {
    return "Basic " + Base64.getEncoder().encodeToString(s.getBytes(UTF_8));
  }

  @Test
  void requiresUsers() throws Exception {
    serve(
        "basic_auth_users: {alice: "
            + hash("wonder:land")
            + "}\nhttp_server_config: {headers: {X-Frame-Options: deny}}\n");
    assertThat(text(get("basic_auth: {username: alice, password: 'wonder:land'}")))
        .isEqualTo("HTTP/1.1 alice false");
    for (String wrong :
        new String[] {"alice:no", "bob:wonder:land", "alice", ":", "alice:wonder:land "}) {
      try (ClientResponse a = get("{}", "Authorization", basic(wrong))) {
        assertThat(a.status()).as(wrong).isEqualTo(401);
        assertThat(a.header("WWW-Authenticate")).isEqualTo("Basic");
        assertThat(a.header("X-Frame-Options")).isEqualTo("deny");
      }
    }
    try (ClientResponse a = get("{}", "Authorization", "Basic %%%")) {
      assertThat(a.status()).isEqualTo(401);
    }
    try (ClientResponse a = get("{}", "Authorization", "Bearer x")) {
      assertThat(a.status()).isEqualTo(401);
    }
    try (ClientResponse a = get("{}")) {
      assertThat(a.status()).isEqualTo(401);
    }
  }

  @Test
  void acceptsApiKeyInsteadOfBasicAuthentication() throws Exception {
    serve("basic_auth_users: {alice: " + hash("wonder:land") + "}");
    try (ClientResponse a = get("{}", "X-Api-Key", "alice:wonder:land")) {
      assertThat(a.status()).isEqualTo(200);
    }
    for (String wrong : new String[] {"alice:no", "wonder:land", "alice", ""}) {
      try (ClientResponse a = get("{}", "X-Api-Key", wrong)) {
        assertThat(a.status()).as(wrong).isEqualTo(401);
      }
    }
    try (ClientResponse a =
        get("{}", "Authorization", basic("alice:no"), "X-Api-Key", "alice:wonder:land")) {
      assertThat(a.status()).isEqualTo(401);
    }
  }

  @Test
  void limitsTheRate() throws Exception {
    serve("rate_limit: {burst: 2, interval: 1h}");
    for (int status : new int[] {200, 200, 429, 429}) {
      try (ClientResponse a = get("{}")) {
        assertThat(a.status()).isEqualTo(status);
      }
    }
  }

  /**
   * Repeats the request until the expected answer: files are checked again at most 4 times per
   * second.
   */
  private void eventually(String client, int status, String... headers) throws Exception {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (true) {
      try (ClientResponse a = get(client, headers)) {
        if (a.status() == status) {
          return;
        }
        assertThat(System.nanoTime()).as("status " + a.status()).isLessThan(deadline);
      }
    }
  }

  @Test
  void rereadsChangedFile() throws Exception {
    serve("basic_auth_users: {alice: " + hash("one") + "}");
    eventually("{}", 200, "Authorization", basic("alice:one"));
    write("basic_auth_users: {alice: " + hash("two") + "}");
    eventually("{}", 200, "Authorization", basic("alice:two"));
    write("basic_auth_users: {alice: half");
    for (int i = 0; i < 20; i++) {
      eventually("{}", 401);
      eventually("{}", 200, "Authorization", basic("alice:two"));
    }
    write("");
    eventually("{}", 200);
  }

  @Test
  void usesNewCertificatesForNewConnections() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("old", "dns:old.example");
    certs.issue("new", "dns:new.example");
    Files.copy(certs.certificate("old"), dir.resolve("s.crt"));
    Files.copy(certs.key("old"), dir.resolve("s.key"));
    serve("tls_server_config: {cert_file: s.crt, key_file: s.key}");
    String old = "tls_config: {ca_file: ca.crt, server_name: old.example}";
    String fresh = "tls_config: {ca_file: ca.crt, server_name: new.example}";
    assertThat(text(get(old))).isEqualTo("HTTP/2.0 null true");
    assertThatThrownBy(() -> get(fresh)).isInstanceOf(IOException.class);
    Files.copy(certs.key("new"), dir.resolve("s.key"), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(certs.certificate("new"), dir.resolve("s.crt"), StandardCopyOption.REPLACE_EXISTING);
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (true) {
      try {
        assertThat(text(get(fresh))).isEqualTo("HTTP/2.0 null true");
        return;
      } catch (IOException e) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // policy, no certificate, one of our authority, one of another
    "NoClientCert,true,true,true",
    "RequestClientCert,true,true,true",
    "RequireAnyClientCert,false,true,true",
    "VerifyClientCertIfGiven,true,true,false",
    "RequireAndVerifyClientCert,false,true,false",
  })
  void demandsCertificatesOfClients(String policy, boolean none, boolean ours, boolean nobodys)
      throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("server", "ip:127.0.0.1");
    certs.issue("client", "dns:client");
    // Of another authority with the same name: else a client would not even show it.
    new TestCertificates(Files.createDirectory(dir.resolve("other")))
        .issue("stranger", "dns:stranger");
    String ca = policy.contains("Verify") ? ", client_ca_file: ca.crt" : "";
    serve(
        "tls_server_config: {cert_file: server.crt, key_file: server.key, client_auth_type: "
            + policy
            + ca
            + "}");
    String tls = "tls_config: {ca_file: ca.crt";
    assertThat(answers(tls + "}")).as("without a certificate").isEqualTo(none);
    assertThat(answers(tls + ", cert_file: client.crt, key_file: client.key}"))
        .as("with one of ours")
        .isEqualTo(ours);
    assertThat(answers(tls + ", cert_file: other/stranger.crt, key_file: other/stranger.key}"))
        .as("with one of nobody's")
        .isEqualTo(nobodys);
  }

  private boolean answers(String client) throws Exception {
    try (ClientResponse a = get(client)) {
      return a.status() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void allowsClientsByName() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("server", "ip:127.0.0.1");
    certs.issue("one", "dns:one.example,uri:spiffe://x/one");
    certs.issue("two", "dns:two.example");
    certs.issue("three", "ip:10.0.0.3");
    serve(
        """
        tls_server_config:
          cert_file: server.crt
          key_file: server.key
          client_auth_type: RequireAndVerifyClientCert
          client_ca_file: ca.crt
          client_allowed_sans: ["spiffe://x/one", "10.0.0.3"]
        """);
    String tls = "tls_config: {ca_file: ca.crt, cert_file: %s.crt, key_file: %s.key}";
    assertThat(answers(tls.formatted("one", "one"))).isTrue();
    assertThat(answers(tls.formatted("two", "two"))).isFalse();
    assertThat(answers(tls.formatted("three", "three"))).isTrue();
  }

  @Test
  void holdsToVersionsAndSuites() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issueRsa("server", "ip:127.0.0.1");
    String files = "cert_file: server.crt, key_file: server.key";
    String tls = "tls_config: {ca_file: ca.crt, max_version: TLS12}";
    serve("tls_server_config: {" + files + ", min_version: TLS13}");
    assertThat(answers(tls)).isFalse();
    assertThat(answers("tls_config: {ca_file: ca.crt}")).isTrue();
    listener.close();
    serve(
        "tls_server_config: {"
            + files
            + ", max_version: TLS12, curve_preferences: [CurveP521], cipher_suites:"
            + " [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}\nhttp_server_config: {http2: false}");
    assertThat(text(get("tls_config: {ca_file: ca.crt}"))).isEqualTo("HTTP/1.1 null true");
    assertThat(answers("tls_config: {ca_file: ca.crt, min_version: TLS13}")).isFalse();
  }

  @Test
  void documentsItsKeys() {
    assertThat(dev.tethys.config.ConfigReference.markdown("web.yml", WebConfig.SECTION))
        .contains("| `tls_server_config` |", "| `basic_auth_users` |");
  }
}
