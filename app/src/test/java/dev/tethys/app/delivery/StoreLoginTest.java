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
import dev.tethys.web.client.HttpClientFactory;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens let exporters and stores in that have neither user nor password. */
@Tag("contrib")
class StoreLoginTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(20);
  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");

  @AfterEach
  void close() {
    clients.close();
  }

  private static StoreConfig config(String keys) {
    YamlDocument d = YamlDocument.parse("stores.yml", null, "[{name: far, " + keys + "}]");
    StoreConfig c =
        StoreConfig.readAll(StoreConfig.LIST.read(d.root()), ForeignStores.TYPES).getFirst();
    d.refuseNotBuilt();
    return c;
  }

  private int found(String keys) throws IOException, InterruptedException {
    return found(clients, keys);
  }

  /** How many series {@link KnownSamples#one} is in a store. */
  static int found(HttpClientFactory clients, String keys)
      throws IOException, InterruptedException {
    ForeignStore s =
        config(keys)
            .opener()
            .open(
                new StoreType.Dependencies(
                    clients, new StoreLimits(1000, 1 << 20), new Registry()));
    try (s) {
      return s.select(
              SelectHints.range(KnownSamples.START - 1, KnownSamples.START + 1),
              List.of(Matcher.of(Matcher.Type.EQUAL, Labels.METRIC_NAME, "up")))
          .size();
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      value = {
        "token: enterprise; 'authorization: {type: Bearer, credentials: enterprise}'",
        "cloud_token: cloud; 'cloud_token: cloud'"
      })
  void tdengineLetsTokensIn(String writes, String reads) throws Exception {
    for (String protocol : List.of("lines", "sql")) {
      try (TdengineDouble td = new TdengineDouble()) {
        String at = "'http://127.0.0.1:" + td.port() + "', protocol: " + protocol + ", ";
        try (TestPipeline p =
            new TestPipeline(Signal.METRICS, "tdengine", "endpoint: " + at + writes)) {
          p.send(KnownSamples.one());
          p.drain(TIME_LIMIT);
          assertThat(p.balance().out()).isEqualTo(1);
        }
        String url = "type: tdengine, url: " + at;
        assertThat(found(url + reads)).isEqualTo(1);
        assertThatThrownBy(() -> found(url + "cloud_token: another"))
            .hasMessageContaining("401")
            .hasMessageNotContaining("another");
      }
    }
  }

  /** A server that asks for OAUTHBEARER as PostgreSQL 18 does (AuthenticationSASL). */
  @ParameterizedTest
  @ValueSource(strings = {"password: secret", "password: ''"})
  void reportsThatPostgresqlRequiresOauth(String password) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(
              () -> {
                while (!server.isClosed()) {
                  try (Socket s = server.accept()) {
                    DataInputStream in = new DataInputStream(s.getInputStream());
                    in.readNBytes(in.readInt() - 4);
                    byte[] asked = "OAUTHBEARER\0\0".getBytes(StandardCharsets.US_ASCII);
                    DataOutputStream out = new DataOutputStream(s.getOutputStream());
                    out.write('R');
                    out.writeInt(8 + asked.length);
                    out.writeInt(10);
                    out.write(asked);
                    in.read();
                  } catch (IOException e) {
                    // the client has the last word
                  }
                }
              });
      assertThatThrownBy(
              () ->
                  found(
                      "type: postgresql, insecure: true, username: u, url:"
                          + " 'postgresql://127.0.0.1:%d/db', ".formatted(server.getLocalPort())
                          + password))
          .hasMessageContaining("configure a source of tokens");
    }
  }

  @Test
  void rejectsConflictingCredentials() {
    for (String wrong :
        List.of(
            "type: influxdb, database: d, url: 'http://a', basic_auth: {username: u},"
                + " kerberos: {username: u, host: a}",
            "type: opensearch, url: 'http://a', sigv4: {region: r}, kerberos: {username: u, host:"
                + " a}",
            "type: influxdb, database: d, url: 'http://a', kerberos: {username: u}",
            "type: postgresql, url: 'postgresql://a/b', oauth_issuer: 'https://a'",
            "type: kdb, url: 'kdb://a:1', kerberos: {username: u, host: a}")) {
      assertThatThrownBy(() -> config(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
    for (String wrong :
        List.of(
            "basic_auth: {username: root, password: taosdata}",
            "authorization: {credentials: a}",
            "oauth2: {client_id: a, client_secret: b, token_url: 'http://a'}",
            "kerberos: {username: u, host: a}")) {
      assertThatThrownBy(
              () -> config("type: tdengine, url: 'http://a', " + wrong + ", cloud_token: b"))
          .as(wrong)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("stores.yml:1:")
          .hasMessageContaining("cloud_token authenticates");
    }
    for (String wrong :
        List.of(
            "token: a, cloud_token: b", "token: a, username: u", "token: a, totp_code: '123456'")) {
      assertThatThrownBy(
              () ->
                  new TestPipeline(Signal.METRICS, "tdengine", "endpoint: 'http://a', " + wrong)
                      .close())
          .as(wrong)
          .isInstanceOf(ConfigException.class);
    }
  }
}
