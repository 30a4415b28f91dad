package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.TlsConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.SocketTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's client against a server whose certificate has another name than its address. */
@Tag("slow")
@Timeout(30)
class TlsEnginesTest {
  @TempDir Path dir;

  private static TlsConfig tls(String yaml) {
    return TlsConfig.TYPE.read(YamlDocument.parse("tls.yml", null, yaml).root());
  }

  /**
   * Sends a record to such a server.
   *
   * @return the requested server name; empty if the client stopped after the handshake
   */
  private Optional<String> asked(String clientYaml) throws Exception {
    TestCertificates certificates = new TestCertificates(dir);
    certificates.issue("broker", "dns:kafka.example.org");
    SocketTls server =
        SocketTls.listening(
            tls(
                "{cert_file: %s, key_file: %s}"
                    .formatted(certificates.certificate("broker"), certificates.key("broker"))));
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Optional<String>> asked =
          CompletableFuture.supplyAsync(() -> accept(listener, server));
      TlsConfig client = tls(clientYaml.replace("CA", certificates.ca().toString()));
      TopicWriter writer =
          new TopicWriter(
              new TopicWriter.Settings(
                  List.of("127.0.0.1:" + listener.getLocalPort()), "t", "me", 1, "none", client));
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      writer.write(new byte[1], new byte[1], f -> {});
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      try {
        return asked.get(20, TimeUnit.SECONDS);
      } finally {
        writer.close(Duration.ZERO);
        sender.interrupt();
      }
    }
  }

  private static Optional<String> accept(ServerSocket listener, SocketTls server) {
    try (Socket raw = listener.accept();
        SSLSocket s = server.accepted(raw)) {
      // The client requests API versions once it trusts the server.
      if (s.getInputStream().read() < 0) {
        return Optional.empty();
      }
      return Optional.of(
          ((ExtendedSSLSession) s.getSession())
              .getRequestedServerNames().stream()
                  .map(n -> ((SNIHostName) n).getAsciiName())
                  .findFirst()
                  .orElse("no name"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Test
  void usesTheConfiguredServerName() throws Exception {
    assertThat(asked("{ca_file: CA, server_name: kafka.example.org}"))
        .contains("kafka.example.org");
  }

  /** A server that requires a certificate receives the configured one. */
  @Test
  void presentsItsCertificate() throws Exception {
    TestCertificates certificates = new TestCertificates(dir);
    certificates.issue("broker", "dns:localhost,ip:127.0.0.1");
    certificates.issue("client", "dns:tethys.example.org");
    try (SSLServerSocket listener =
        (SSLServerSocket)
            certificates
                .context("broker")
                .getServerSocketFactory()
                .createServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      listener.setNeedClientAuth(true);
      CompletableFuture<String> shown =
          CompletableFuture.supplyAsync(
              () -> {
                try (SSLSocket s = (SSLSocket) listener.accept()) {
                  X509Certificate c = (X509Certificate) s.getSession().getPeerCertificates()[0];
                  return c.getSubjectAlternativeNames().toString();
                } catch (IOException | CertificateParsingException e) {
                  return e.toString();
                }
              });
      KafkaConnection c =
          KafkaConnection.SECTION
              .type(KafkaConnection::read)
              .read(
                  YamlDocument.parse(
                          "k.yml",
                          null,
                          "{brokers: ['127.0.0.1:%d'], tls: {ca_file: %s, cert_file: %s, key_file: %s}}"
                              .formatted(
                                  listener.getLocalPort(),
                                  certificates.ca(),
                                  certificates.certificate("client"),
                                  certificates.key("client")))
                      .root());
      Admin admin = Admin.create(c.properties());
      try {
        admin.listTopics();
        assertThat(shown.get(20, TimeUnit.SECONDS)).contains("tethys.example.org");
      } finally {
        admin.close(Duration.ZERO);
      }
    }
  }

  @Test
  void rejectsCertificatesWithAnotherName() throws Exception {
    assertThat(asked("{ca_file: CA, server_name: other.example.org}")).isEmpty();
    assertThat(asked("{ca_file: CA}")).isEmpty();
  }

  @Test
  void acceptsAnyCertificateIfConfigured() throws Exception {
    assertThat(asked("{insecure_skip_verify: true}")).contains("no name");
    assertThat(asked("{}")).isEmpty();
  }

  @Test
  void reportsMissingFilesImmediately() {
    assertThatThrownBy(() -> asked("{ca_file: /no/such/file}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/no/such/file");
  }
}
