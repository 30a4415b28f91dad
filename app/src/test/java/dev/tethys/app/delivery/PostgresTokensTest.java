package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.pipeline.Signal;
import dev.tethys.prometheus.ForeignStores;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoreType;
import dev.tethys.testkit.PostgresProcess;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens let exporters and stores in to PostgreSQL, and go nowhere else. */
@Tag("contrib")
@Tag("slow")
class PostgresTokensTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);

  @TempDir static Path folder;

  private static PostgresProcess server;
  private static SSLContext context;
  private static SSLContext anothersName;

  @BeforeAll
  static void start() throws Exception {
    TestCertificates certificates = new TestCertificates(folder);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    certificates.issue("another", "dns:another.example");
    context = certificates.context("server");
    anothersName = certificates.context("another");
    server = new PostgresProcess(folder, "secret");
    server.trustLoopbackClients();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static String at(PostgresTokenGate gate) {
    return "'postgresql://localhost:" + gate.port() + "/postgres', username: tethys, ";
  }

  private static String exporter(PostgresTokenGate gate) {
    return "endpoint: "
        + at(gate)
        + "tls: {ca_file: '"
        + folder.resolve("ca.crt")
        + "'}, auth: {authenticator: bearertokenauth}";
  }

  private static int found(String keys) throws IOException, InterruptedException {
    try (HttpClientFactory clients = new HttpClientFactory("tethys/test");
        ForeignStore s =
            store(keys)
                .opener()
                .open(
                    new StoreType.Dependencies(
                        clients, new StoreLimits(1000, 1 << 20), new Registry()))) {
      return s.select(
              SelectHints.range(KnownSamples.START - 1, KnownSamples.START + 1),
              List.of(Matcher.of(Matcher.Type.EQUAL, Labels.METRIC_NAME, "up")))
          .size();
    }
  }

  private static StoreConfig store(String keys) {
    YamlDocument d =
        YamlDocument.parse("stores.yml", null, "[{name: far, type: postgresql, " + keys + "}]");
    StoreConfig c =
        StoreConfig.readAll(StoreConfig.LIST.read(d.root()), ForeignStores.TYPES).getFirst();
    d.refuseNotBuilt();
    return c;
  }

  private static String reads(PostgresTokenGate gate, String token) throws IOException {
    Path file = Files.writeString(folder.resolve("token"), token + "\n");
    return "url: "
        + at(gate)
        + "tls_config: {ca_file: '"
        + folder.resolve("ca.crt")
        + "'}, oauth_token_file: '"
        + file
        + "'";
  }

  @Test
  void writesAndReadsWithAToken() throws Exception {
    try (PostgresTokenGate gate = new PostgresTokenGate(context, "right", server.port())) {
      try (TestPipeline p =
          new TestPipeline(
              Signal.METRICS, "postgresql", exporter(gate), "bearertokenauth", "token: right")) {
        p.send(KnownSamples.one());
        p.drain(TIME_LIMIT);
        assertThat(p.balance().out()).isEqualTo(1);
        assertThat(p.repeated()).isZero();
      }
      assertThat(found(reads(gate, "right"))).isEqualTo(1);
    }
  }

  private static TestPipeline withWrongToken(PostgresTokenGate gate) throws IOException {
    Path file = Files.writeString(folder.resolve("wrong"), "wrong");
    return new TestPipeline(
        Signal.METRICS,
        "postgresql",
        exporter(gate),
        "bearertokenauth",
        "filename: '" + file + "'");
  }

  @Test
  void reportsRefusedTokenWithIssuerAndScope() throws Exception {
    try (PostgresTokenGate gate = new PostgresTokenGate(context, "right", server.port())) {
      try (TestPipeline p = withWrongToken(gate)) {
        p.send(KnownSamples.one());
        TestPipeline.await("the token is refused", TIME_LIMIT, () -> !p.refusal().isEmpty());
        assertThat(p.refusal())
            .contains("OAuth bearer authentication failed")
            .contains("issuer.example")
            .contains("telemetry")
            .doesNotContain("wrong");
        assertThat(p.balance().out()).isZero();
      }
      assertThatThrownBy(() -> found(reads(gate, "wrong")))
          .hasMessageContaining("OAuth bearer authentication failed")
          .hasMessageContaining("telemetry");
    }
  }

  @Test
  void laterFailureDoesNotMentionRefusedToken() throws Exception {
    try (PostgresTokenGate gate = new PostgresTokenGate(context, "right", server.port())) {
      try (TestPipeline p = withWrongToken(gate)) {
        p.send(KnownSamples.one());
        TestPipeline.await(
            "the token is refused", TIME_LIMIT, () -> p.refusal().contains("issuer.example"));
        gate.close();
        p.send(KnownSamples.one());
        TestPipeline.await(
            "nobody listens", TIME_LIMIT, () -> p.refusal().contains("refused. Check"));
        assertThat(p.refusal()).doesNotContain("issuer.example");
      }
    }
  }

  @Test
  void reportsMissingTokenFile() throws Exception {
    try (PostgresTokenGate gate = new PostgresTokenGate(context, "right", server.port())) {
      String keys = reads(gate, "right");
      Files.delete(folder.resolve("token"));
      assertThatThrownBy(() -> found(keys)).hasMessageContaining("oauth_token_file");
    }
  }

  @Test
  void sendsNoTokenToUnverifiedServer() throws Exception {
    TestCertificates others = new TestCertificates(Files.createDirectory(folder.resolve("others")));
    others.issue("server", "dns:localhost");
    others.issue("another", "dns:another.example");
    for (SSLContext wrong : new SSLContext[] {others.context("server"), anothersName, null}) {
      try (PostgresTokenGate gate = new PostgresTokenGate(wrong, "right", server.port())) {
        assertThatThrownBy(() -> found(reads(gate, "right")))
            .hasMessageContaining(
                wrong == null ? "has no TLS" : wrong == anothersName ? "localhost" : "PKIX");
        assertThat(gate.said).isEmpty();
      }
    }
  }

  @Test
  void rejectsOtherCredentialsAndInsecureTlsWithTokens() {
    assertThatThrownBy(
            () ->
                store(
                    "url: 'postgresql://a/b', username: u, password: p, oauth_token_file: /tmp/t"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("no other credentials");
    for (String open : List.of("insecure: true", "tls_config: {insecure_skip_verify: true}")) {
      assertThatThrownBy(
              () ->
                  store("url: 'postgresql://a/b', username: u, oauth_token_file: /tmp/t, " + open))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("requires TLS that verifies the server");
    }
  }
}
