package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.KdbDouble;
import dev.tethys.testkit.PostgresProcess;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients of stores that do not speak HTTP show their certificate to a server that requires one,
 * and refuse a server of another authority.
 */
@Tag("contrib")
@Tag("slow")
class StoreCertificatesTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder;

  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");
  private TestCertificates certificates;
  private Path others;

  @BeforeEach
  void issue() throws IOException {
    certificates = new TestCertificates(folder);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    certificates.issue("tethys", "dns:tethys");
    others = Files.createDirectory(folder.resolve("others"));
    new TestCertificates(others).issue("tethys", "dns:tethys");
  }

  @AfterEach
  void close() {
    clients.close();
  }

  /** Keys of TLS: an authority, and who shows which certificate, "" for none. */
  private static String tls(Path ca, Path of, String name) {
    String authority = "{ca_file: '" + ca.resolve("ca.crt") + "'";
    return name.isEmpty()
        ? authority + "}"
        : "%s, cert_file: '%2$s/%3$s.crt', key_file: '%2$s/%3$s.key'}"
            .formatted(authority, of, name);
  }

  private void write(String exporter, String keys) throws Exception {
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS, exporter, keys + ", tls: " + tls(folder, folder, "tethys"))) {
      p.send(KnownSamples.one());
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).as(p.balance() + p.refusal()).isEqualTo(1);
    }
  }

  private void holds(String store) throws Exception {
    String here = store + ", tls_config: ";
    assertThat(StoreLoginTest.found(clients, here + tls(folder, folder, "tethys"))).isEqualTo(1);
    assertThatThrownBy(() -> StoreLoginTest.found(clients, here + tls(folder, folder, "")))
        .as("without a certificate")
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> StoreLoginTest.found(clients, here + tls(folder, others, "tethys")))
        .as("a certificate that the server's authority has not signed")
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> StoreLoginTest.found(clients, here + tls(others, folder, "tethys")))
        .as("a server whose certificate our authority has not signed")
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> StoreLoginTest.found(clients, store + ", insecure: true"))
        .as("without TLS")
        .isInstanceOf(IOException.class);
  }

  @Test
  void postgresql() throws Exception {
    try (PostgresProcess server = new PostgresProcess(folder, "secret")) {
      server.requireCertificates(certificates);
      String url = "'postgresql://localhost:" + server.port() + "/postgres', username: tethys";
      write("postgresql", "endpoint: " + url);
      holds("type: postgresql, url: " + url);
    }
  }

  @Test
  void kdb() throws Exception {
    SSLServerSocket socket =
        (SSLServerSocket)
            certificates
                .context("server")
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    socket.setNeedClientAuth(true);
    try (KdbDouble kdb = new KdbDouble(socket, "tethys:secret")) {
      String at = "localhost:" + kdb.port() + "', username: tethys, password: secret";
      write("kdb", "endpoint: '" + at + ", mode: process");
      holds("type: kdb, url: 'kdb://" + at);
    }
  }
}
