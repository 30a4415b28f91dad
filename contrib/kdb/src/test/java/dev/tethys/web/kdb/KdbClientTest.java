package dev.tethys.web.kdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.kdb.QType;
import dev.tethys.codec.kdb.QValue;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.testkit.KdbDouble;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KdbClientTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final UUID ID = new UUID(1, 2);

  private static KdbAddress address(int port, String password, @Nullable TlsConfig tls) {
    return new KdbAddress(
        "localhost", port, "u", new Secret(password), tls, 2, 1 << 20, Duration.ofSeconds(10));
  }

  private static QValue update(double... values) {
    int n = values.length;
    UUID[] ids = new UUID[n];
    java.util.Arrays.fill(ids, ID);
    String[] names = new String[n];
    java.util.Arrays.fill(names, "up");
    return QValue.list(
        QValue.text(".u.upd"),
        QValue.symbol("metrics"),
        QValue.list(
            new QValue.Vector(QType.TIMESPAN, new long[n]),
            QValue.symbols(names),
            new QValue.Vector(QType.TIMESTAMP, new long[n]),
            new QValue.Vector(QType.GUID, ids),
            new QValue.Vector(QType.FLOAT, values)));
  }

  private static KdbDouble tickerplant() throws IOException {
    return KdbDouble.start("u:p").table("metrics", "time", "sym", "ts", "series", "value");
  }

  @Test
  void sendsQueryAndReadsReply() throws Exception {
    try (KdbDouble kdb = tickerplant();
        KdbClient client = new KdbClient(address(kdb.port(), "p", null))) {
      assertThat(client.ask(update(1, 2, 3), LONG)).isEqualTo(QValue.NOTHING);
      QValue select =
          QValue.list(
              QValue.Primitive.QUERY,
              QValue.symbol("metrics"),
              QValue.list(
                  QValue.list(
                      QValue.Primitive.IN,
                      QValue.symbol("series"),
                      new QValue.Vector(QType.GUID, new UUID[] {ID}))),
              QValue.bool(false),
              new QValue.Dict(QValue.symbols("value"), QValue.symbols("value")));
      assertThat(client.ask(select, LONG))
          .isEqualTo(
              new QValue.Table(
                  List.of("value"),
                  List.of(new QValue.Vector(QType.FLOAT, new double[] {1, 2, 3}))));
      assertThat(kdb.logins()).isOne();
    }
  }

  @Test
  void distinguishesErrors() throws Exception {
    try (KdbDouble kdb = tickerplant();
        KdbClient client = new KdbClient(address(kdb.port(), "p", null));
        KdbClient stranger = new KdbClient(address(kdb.port(), "x", null))) {
      assertThatThrownBy(() -> stranger.ask(QValue.text(""), LONG))
          .isInstanceOfSatisfying(
              KdbException.class, e -> assertThat(e.to()).isEqualTo(KdbException.To.LOGIN))
          .hasMessageContaining("refused user \"u\"");
      kdb.next(KdbDouble.Fault.NO_MEMORY);
      assertThatThrownBy(() -> client.ask(update(1), LONG))
          .isInstanceOfSatisfying(
              KdbException.class, e -> assertThat(e.to()).isEqualTo(KdbException.To.REQUEST))
          .hasMessageEndingWith("'wsfull");
      kdb.next(KdbDouble.Fault.CLOSE_BEFORE);
      assertThatThrownBy(() -> client.ask(update(1), LONG))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(KdbException.class)
          .hasMessageContaining("before responding");
      assertThat(client.ask(update(1), LONG)).isEqualTo(QValue.NOTHING); // by a new connection
      kdb.next(KdbDouble.Fault.SILENCE);
      assertThatThrownBy(() -> client.ask(update(1), Duration.ofMillis(300)))
          .hasMessageContaining("timed out");
      assertThat(kdb.rows("metrics")).isOne();
    }
  }

  @Test
  void reportsARefusedConnection() throws Exception {
    int port;
    try (ServerSocket s = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = s.getLocalPort();
    }
    try (KdbClient client = new KdbClient(address(port, "p", null))) {
      assertThatThrownBy(() -> client.ask(QValue.text(""), LONG))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("localhost:" + port);
    }
  }

  @Test
  void manyShareFewConnections() throws Exception {
    try (KdbDouble kdb = tickerplant();
        KdbClient client = new KdbClient(address(kdb.port(), "p", null));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<QValue>> all = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        all.add(threads.submit(() -> client.ask(update(1), LONG)));
      }
      for (Future<QValue> f : all) {
        assertThat(f.get()).isEqualTo(QValue.NOTHING);
      }
      assertThat(kdb.rows("metrics")).isEqualTo(200);
      assertThat(kdb.logins()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void overTls(@TempDir Path dir) throws Exception {
    TestCertificates certificates = new TestCertificates(dir);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    SSLContext context = SSLContext.getInstance("TLS");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    var pair =
        dev.tethys.web.internal.Pem.keyPair(
            Files.readString(certificates.certificate("server")),
            Files.readString(certificates.key("server")));
    store.setKeyEntry("k", pair.key(), new char[0], pair.chain().toArray(Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    context.init(keys.getKeyManagers(), null, null);
    ServerSocket socket =
        context
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    TlsConfig trusting =
        new TlsConfig(
            "", certificates.ca().toString(), "", "", Secret.NONE, "", "", false, null, null);
    TlsConfig elsewhere =
        new TlsConfig(
            "",
            certificates.ca().toString(),
            "",
            "",
            Secret.NONE,
            "",
            "another.example",
            false,
            null,
            null);
    try (KdbDouble kdb =
            new KdbDouble(socket, "u:p").table("metrics", "time", "sym", "ts", "series", "value");
        KdbClient client = new KdbClient(address(kdb.port(), "p", trusting));
        KdbClient distrusting = new KdbClient(address(kdb.port(), "p", TlsConfig.DEFAULT));
        KdbClient looking = new KdbClient(address(kdb.port(), "p", elsewhere))) {
      assertThat(client.ask(update(1), LONG)).isEqualTo(QValue.NOTHING);
      assertThatThrownBy(() -> distrusting.ask(update(1), LONG)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> looking.ask(update(1), LONG))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another.example");
      assertThat(kdb.rows("metrics")).isOne();
    }
  }
}
