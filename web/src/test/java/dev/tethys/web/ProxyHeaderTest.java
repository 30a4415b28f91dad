package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.testkit.Waiting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both versions of the PROXY protocol, as HAProxy's proxy-protocol.txt shows them. */
@Timeout(60)
class ProxyHeaderTest {
  private static final String REQUEST = "GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

  @TempDir static Path dir;
  private static HttpListener listener;
  private static HttpListener plain;
  private static HttpListener secure;
  private static SSLContext trust;

  @BeforeAll
  static void start() throws Exception {
    Routes routes =
        new Routes()
            .get(
                "/who",
                (q, r) ->
                    r.send(
                        q.remoteAddress().getAddress().getHostAddress()
                            + " "
                            + q.remoteAddress().getPort()));
    HttpListenerOptions options = HttpListenerOptions.on("127.0.0.1:0");
    listener = HttpListener.start(options.withProxyHeaders(true), routes, null);
    plain = HttpListener.start(options, routes, null);
    TestCertificates made = new TestCertificates(dir);
    made.issue("server", "dns:localhost,ip:127.0.0.1");
    made.issue("client", "dns:client");
    Path config = dir.resolve("web.yml");
    Files.writeString(
        config,
        "tls_server_config: {cert_file: %s, key_file: %s}\n"
            .formatted(made.certificate("server"), made.key("server")));
    secure =
        HttpListener.start(options.withProxyHeaders(true).withWebConfigFile(config), routes, null);
    trust = made.context("client");
  }

  @AfterAll
  static void stop() {
    listener.close();
    plain.close();
    secure.close();
  }

  /** Asks over TLS, which begins behind what comes before it. */
  private static String askSecurely(String before, String request) throws IOException {
    try (Socket s = new Socket("127.0.0.1", secure.port())) {
      s.setSoTimeout(20_000);
      for (byte one : before.getBytes(ISO_8859_1)) {
        s.getOutputStream().write(one);
      }
      try (Socket tls = trust.getSocketFactory().createSocket(s, "localhost", s.getPort(), true)) {
        tls.getOutputStream().write(request.getBytes(ISO_8859_1));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        tls.getInputStream().transferTo(out);
        return out.toString(ISO_8859_1);
      }
    }
  }

  private static String ask(HttpListener of, boolean byteByByte, String bytes) throws IOException {
    try (Socket s = new Socket("127.0.0.1", of.port())) {
      s.setSoTimeout(20_000);
      s.setTcpNoDelay(true);
      byte[] b = bytes.getBytes(ISO_8859_1);
      if (byteByByte) {
        for (byte one : b) {
          s.getOutputStream().write(one);
        }
      } else {
        s.getOutputStream().write(b);
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      s.getInputStream().transferTo(out);
      return out.toString(ISO_8859_1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void usesTheClientAddressOfTheProxyHeader(boolean byteByByte) throws IOException {
    assertThat(ask(listener, byteByByte, "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n" + REQUEST))
        .startsWith("HTTP/1.1 200 ")
        .endsWith("192.0.2.1 56324");
    assertThat(ask(listener, byteByByte, "PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n" + REQUEST))
        .endsWith("2001:db8:0:0:0:0:0:1 1");
    String v2 = SIGNATURE + "\u0021\u0011\0\u000f";
    String addresses = "\u00c0\0\u0002\u0001\u00c0\0\u0002\u0002\u00dc\u0004\u0001\u00bb";
    assertThat(ask(listener, byteByByte, v2 + addresses + "\u0004\0\0" + REQUEST))
        .endsWith("192.0.2.1 56324");
  }

  @Test
  void acceptsConnectionsWithoutAProxiedClient() throws IOException {
    for (String before :
        new String[] {"", "PROXY UNKNOWN\r\n", SIGNATURE + "\u0020\0\0\0", "\r\n"}) {
      assertThat(ask(listener, false, before + REQUEST)).contains("127.0.0.1 ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY TCP4 192.0.2.1 192.0.2.2 56324\r\n",
        "PROXY TCP4 name 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
        SIGNATURE + "\u0011\u0011\0\u000c",
        SIGNATURE + "\u0021\u0011\0\u0004abcd",
        SIGNATURE + "\u0021\u0011\u0020\0"
      })
  void rejectsMalformedHeaders(String header) throws IOException {
    assertThat(ask(listener, false, header + REQUEST)).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void rejectsTheProxyHeaderUnlessConfigured() throws IOException {
    assertThat(ask(plain, false, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + REQUEST))
        .startsWith("HTTP/1.1 400 ");
  }

  @Test
  void readsTheProxyHeaderBeforeTheHandshake() throws IOException {
    assertThat(askSecurely("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", REQUEST))
        .startsWith("HTTP/1.1 200 ")
        .endsWith("192.0.2.1 56324");
    String v2 = SIGNATURE + "\u0021\u0011\0\u000c";
    String addresses = "\u00c0\0\u0002\u0001\u00c0\0\u0002\u0002\u00dc\u0004\u0001\u00bb";
    assertThat(askSecurely(v2 + addresses, REQUEST)).endsWith("192.0.2.1 56324");
    assertThat(askSecurely("", REQUEST)).contains("127.0.0.1 ");
    assertThat(askSecurely("PROXY UNKNOWN\r\n", REQUEST)).contains("127.0.0.1 ");
    // A header within TLS was sent by the client itself.
    assertThat(askSecurely("", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + REQUEST))
        .startsWith("HTTP/1.1 400 ");
    assertThatThrownBy(() -> askSecurely("PROXY TCP4 192.0.2.1\r\n", REQUEST))
        .isInstanceOf(IOException.class);
    Waiting.await("the end of the connections", () -> secure.openConnections() == 0);
  }

  /** TLS skips what a client has sent until nothing is available, in the thread of the client. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY TCP4 192.0.2.1\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n",
        "PROXY UNKNOWN\r\n",
        ""
      })
  void disconnectsClientsWhoseHandshakeFails(String header) throws IOException {
    try (Socket s = new Socket("127.0.0.1", secure.port())) {
      s.setSoTimeout(20_000);
      s.getOutputStream().write((header + REQUEST.repeat(100)).getBytes(ISO_8859_1));
      try {
        s.getInputStream().transferTo(OutputStream.nullOutputStream());
      } catch (SocketException e) {
        assertThat(e).hasMessageContaining("reset");
      }
      Waiting.await("the end of the connection", () -> secure.openConnections() == 0);
    }
  }

  /** Both versions as the real HAProxy writes them, before HTTP/1, HTTP/2 and TLS. */
  @Test
  void acceptsProxyHeadersOfHaproxy() throws Exception {
    Path program = Shared.peerFolder("usr/sbin/haproxy");
    int one = Ports.free();
    int two = Ports.free();
    int oneSecure = Ports.free();
    int twoSecure = Ports.free();
    StringBuilder config =
        new StringBuilder(
            "defaults\n mode tcp\n timeout connect 5s\n timeout client 20s\n timeout server 20s\n");
    proxy(config, one, listener, "send-proxy");
    proxy(config, two, listener, "send-proxy-v2");
    proxy(config, oneSecure, secure, "send-proxy");
    proxy(config, twoSecure, secure, "send-proxy-v2");
    Path file = Files.writeString(dir.resolve("haproxy.cfg"), config);
    String libraries =
        Path.of(System.getProperty("user.home"), ".cache/peers/usr/lib/x86_64-linux-gnu")
            .toString();
    try (ServerProcess haproxy =
            new ServerProcess(
                twoSecure,
                dir.resolve("haproxy.log"),
                Map.of("LD_LIBRARY_PATH", libraries),
                List.of(program.toString(), "-db", "-f", file.toString()));
        HttpClient client =
            HttpClient.newBuilder()
                .sslContext(trust)
                .localAddress(InetAddress.ofLiteral("127.0.0.3"))
                .build()) {
      for (String asked :
          List.of(
              "http://127.0.0.1:" + one,
              "http://127.0.0.1:" + two,
              "https://127.0.0.1:" + oneSecure,
              "https://127.0.0.1:" + twoSecure)) {
        for (HttpClient.Version v : HttpClient.Version.values()) {
          if (v == HttpClient.Version.HTTP_2 && asked.startsWith("http:")) {
            continue; // without TLS it would begin with an upgrade
          }
          HttpRequest q = HttpRequest.newBuilder(URI.create(asked + "/who")).version(v).build();
          HttpResponse<String> r = client.send(q, HttpResponse.BodyHandlers.ofString());
          assertThat(r.version()).as(asked).isEqualTo(v);
          assertThat(r.body()).as(asked).startsWith("127.0.0.3 ");
        }
      }
    }
  }

  private static void proxy(StringBuilder config, int port, HttpListener to, String how) {
    config.append("listen l").append(port).append("\n bind 127.0.0.1:").append(port);
    config.append("\n server s 127.0.0.1:").append(to.port()).append(' ').append(how).append('\n');
  }
}
