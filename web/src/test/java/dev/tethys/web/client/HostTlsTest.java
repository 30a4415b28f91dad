package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hosts with underscores over TLS, before the real HAProxy, which says what name it was asked. */
@Timeout(60)
class HostTlsTest {
  @TempDir static Path dir;
  private static ServerProcess haproxy;
  private static int ours;
  private static int others;

  @BeforeAll
  static void start() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("ours", "dns:my_service,dns:*.my_stack");
    certs.issue("others", "dns:my-service,ip:127.0.0.1");
    ours = Ports.free();
    others = Ports.free();
    Path program = Shared.peerFolder("usr/sbin/haproxy");
    Path config =
        Files.writeString(
            dir.resolve("haproxy.cfg"),
            """
            defaults
              mode http
              timeout connect 5s
              timeout client 20s
              timeout server 20s
            frontend ours
              bind 127.0.0.1:%d ssl crt %s
              http-request return status 200 content-type text/plain lf-string "%%[ssl_fc_sni] %%[req.hdr(host)]"
            frontend others
              bind 127.0.0.1:%d ssl crt %s
              http-request return status 200 content-type text/plain lf-string "others"
            """
                .formatted(ours, both(certs, "ours"), others, both(certs, "others")));
    Path libraries =
        Path.of(System.getProperty("user.home"), ".cache/peers/usr/lib/x86_64-linux-gnu");
    haproxy =
        new ServerProcess(
            others,
            dir.resolve("haproxy.log"),
            Map.of("LD_LIBRARY_PATH", libraries.toString()),
            List.of(program.toString(), "-db", "-f", config.toString()));
  }

  /** Certificate and key in one file, as HAProxy has it. */
  private static Path both(TestCertificates certs, String name) throws IOException {
    return Files.writeString(
        dir.resolve(name + ".pem"),
        Files.readString(certs.certificate(name)) + Files.readString(certs.key(name)));
  }

  @AfterAll
  static void stop() {
    if (haproxy != null) {
      haproxy.close();
    }
  }

  private static String ask(int port, String name, String tls) throws IOException {
    HttpClientConfig c =
        HttpClientConfig.TYPE.read(
            YamlDocument.parse("c.yml", dir, "tls_config: {" + tls + "}").root());
    try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
        Socket s = HostTls.secured(ClientTls.setup(c.tls()), plain, name, port)) {
      s.getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
      return new String(s.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  @Test
  void sendsServerNameAndVerifiesCertificate() throws IOException {
    assertThat(ask(ours, "my_service", "ca_file: ca.crt")).endsWith("my_service h");
    assertThat(ask(ours, "a_1.my_stack", "ca_file: ca.crt")).endsWith("a_1.my_stack h");
    assertThatThrownBy(() -> ask(others, "my_service", "ca_file: ca.crt"))
        .hasMessageContaining("No name matching my_service found: it has [my-service]");
    assertThatThrownBy(() -> ask(ours, "my_service", ""))
        .hasMessageContaining("certification path");
    assertThat(ask(others, "my_service", "insecure_skip_verify: true")).endsWith("others");
    assertThat(ask(others, "my_service", "ca_file: ca.crt, server_name: my-service"))
        .endsWith("others");
    assertThatThrownBy(() -> ask(others, "x", "ca_file: ca.crt, server_name: my_service"))
        .hasMessageContaining("my_service");
  }

  @Test
  void callsConfiguredHosts() throws Exception {
    HttpClientFactory factory =
        new HttpClientFactory("Tethys/test", () -> Instant.ofEpochSecond(1_000_000), k -> null);
    try (factory) {
      WebClient c =
          factory.client(
              HttpClientConfig.TYPE.read(
                  YamlDocument.parse("c.yml", dir, "tls_config: {ca_file: ca.crt}").root()));
      String uri = "https://no_such_service.invalid:" + ours + "/";
      assertThatThrownBy(() -> c.send(ClientRequest.get(URI.create(uri))).close())
          .hasMessage("Get \"" + uri + "\": lookup no_such_service.invalid: no such host");
    }
  }

  /** Docker's name of a service is valid for any address that it is called by. */
  @Test
  void acceptsUnderscoreInAHostName() throws Exception {
    try (HttpClientFactory factory = new HttpClientFactory("Tethys/test")) {
      URI uri = URI.create("https://127.0.0.1:" + ours + "/");
      WebClient right = factory.client(named("my_service"));
      try (ClientResponse a = right.send(ClientRequest.get(uri))) {
        assertThat(new String(a.bytes(100), US_ASCII)).startsWith("my_service 127.0.0.1");
      }
      WebClient wrong = factory.client(named("your_service"));
      assertThatThrownBy(() -> wrong.send(ClientRequest.get(uri)).close())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("certificate is not valid for your_service");
      assertThatCode(() -> TlsSockets.engine(named("my_service").tls(), "h", 1))
          .doesNotThrowAnyException();
    }
  }

  private static HttpClientConfig named(String name) {
    return HttpClientConfig.TYPE.read(
        YamlDocument.parse("c.yml", dir, "tls_config: {ca_file: ca.crt, server_name: " + name + "}")
            .root());
  }

  @ParameterizedTest
  @CsvSource({
    "my_service, my_service, true",
    "My_Service., my_service, true",
    "my_service, my_service2, false",
    "*.my_stack, a_b.my_stack, true",
    "*.my_stack, a.b.my_stack, false",
    "*.my_stack, my_stack, false",
    "*.my_stack, .my_stack, false",
    "a*.my_stack, ab.my_stack, false",
    "*, my_service, false",
    "*., a_b, false",
    "'', '', false"
  })
  void namesInCertificates(String pattern, String host, boolean is) {
    assertThat(HostTls.isFor(pattern, host)).isEqualTo(is);
  }
}
