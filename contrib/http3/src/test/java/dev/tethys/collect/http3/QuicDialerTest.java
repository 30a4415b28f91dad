package dev.tethys.collect.http3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.TracedClient;
import dev.tethys.web.client.TracedClient.Exchange;
import dev.tethys.web.client.TracedClient.Request;
import dev.tethys.web.client.TracedClient.Times;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls over HTTP/3 to a server that makes errors, by the client of the web module. */
@Tag("slow")
class QuicDialerTest {
  @TempDir static Path dir;
  private static TestCertificates certificates;
  private static Http3Double server;
  private static Http3Double strict;
  private static Http3Double foreign;
  private final HttpClientFactory factory = new HttpClientFactory("test");

  @BeforeAll
  static void start() throws Exception {
    String problem = new QuicDialer().problem();
    Assumptions.assumeTrue(problem.isEmpty(), problem);
    certificates = new TestCertificates(dir);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    certificates.issue("other", "dns:other.test,dns:short");
    certificates.issue("client", "dns:client");
    certificates.selfSigned("nobody", "dns:localhost,ip:127.0.0.1");
    certificates.issueExpired("old", "dns:localhost,ip:127.0.0.1");
    server = server("server", false);
    strict = server("server", true);
    foreign = server("nobody", false);
  }

  private static Http3Double server(String name, boolean clients) throws Exception {
    return new Http3Double(
        certificates.certificate(name), certificates.key(name), clients ? certificates.ca() : null);
  }

  @AfterAll
  static void stop() {
    for (Http3Double d : new Http3Double[] {server, strict, foreign}) {
      if (d != null) {
        d.close();
      }
    }
  }

  @AfterEach
  void close() {
    factory.close();
  }

  private TracedClient client(String name, boolean any, boolean shows, @Nullable TlsVersion max)
      throws IOException {
    TlsConfig tls =
        new TlsConfig(
            "",
            any ? "" : certificates.ca().toString(),
            "",
            shows ? certificates.certificate("client").toString() : "",
            Secret.NONE,
            shows ? certificates.key("client").toString() : "",
            name,
            any,
            null,
            max);
    return factory.tracedHttp3(
        new HttpClientConfig(null, null, null, tls, true, false, ProxyConfig.NONE, Map.of()));
  }

  private TracedClient client() throws IOException {
    return client("", false, false, null);
  }

  private static Request request(
      String method, int port, String path, byte @Nullable [] body, Duration timeLimit) {
    return new Request(
        method,
        URI.create("https://127.0.0.1:" + port + path),
        InetAddress.getLoopbackAddress(),
        "named.test",
        "127.0.0.1",
        new TreeMap<>(Map.of("X-A", List.of("b"), "Connection", List.of("close"))),
        body,
        true,
        System.nanoTime() + timeLimit.toNanos(),
        1 << 20);
  }

  private static Exchange get(TracedClient c, int port, String path) throws Exception {
    return c.send(request("GET", port, path, null, Duration.ofSeconds(20)), new Times());
  }

  private static String text(Exchange x) throws IOException {
    try (x) {
      return new String(x.answer().body().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void connectionServesRequestsInSequence() throws Exception {
    int before = server.connections.get();
    try (TracedClient c = client()) {
      Times first = new Times();
      Exchange x =
          c.send(request("GET", server.port(), "/hello", null, Duration.ofSeconds(20)), first);
      assertThat(x.version()).isEqualTo("HTTP/3.0");
      assertThat(x.answer().status()).isEqualTo(200);
      assertThat(x.answer().header("X-Kind")).isEqualTo("double");
      SSLSession session = Objects.requireNonNull(x.session());
      assertThat(session.getProtocol()).isEqualTo("TLSv1.3");
      assertThat(session.getPeerCertificates()).hasSize(2);
      assertThat(text(x)).isEqualTo("hello");
      assertThat(first.started()).isLessThanOrEqualTo(first.resolved());
      assertThat(first.tlsStarted()).isEqualTo(first.resolved());
      assertThat(first.connected()).isGreaterThan(first.resolved()).isEqualTo(first.secured());
      assertThat(first.firstByte()).isGreaterThan(first.ready());
      Times second = new Times();
      assertThat(
              text(
                  c.send(
                      request("GET", server.port(), "/hello", null, Duration.ofSeconds(20)),
                      second)))
          .isEqualTo("hello");
      assertThat(second.secured()).isZero();
      assertThat(second.connected()).isEqualTo(second.resolved()).isEqualTo(second.started());
      assertThat(text(get(c, server.port(), "/empty"))).isEmpty();
    }
    assertThat(server.connections.get() - before).isEqualTo(1);
  }

  @Test
  void reconnectsToADisconnectedServer() throws Exception {
    int before = server.connections.get();
    try (TracedClient c = client()) {
      assertThat(text(get(c, server.port(), "/leave"))).isEqualTo("hello");
      assertThat(text(get(c, server.port(), "/hello"))).isEqualTo("hello");
    }
    assertThat(server.connections.get() - before).isEqualTo(2);
  }

  @Test
  void sendsOnlyHeadersThatHttp3Allows() throws Exception {
    try (TracedClient c = client()) {
      assertThat(text(get(c, server.port(), "/seen")).lines())
          .containsExactlyInAnyOrder(
              ":method=GET",
              ":scheme=https",
              ":authority=named.test",
              ":path=/seen",
              "x-a=b",
              "accept-encoding=gzip");
      assertThat(
              text(
                  c.send(
                      request("POST", server.port(), "/seen", null, Duration.ofSeconds(20)),
                      new Times())))
          .contains("content-length=0\n");
    }
  }

  @Test
  void holdsBackALargeUnreadBody() throws Exception {
    try (TracedClient c = client();
        Exchange x = get(c, server.port(), "/big")) {
      int sent;
      do { // until nothing moves any more
        sent = Http3Double.SENT.get();
        Thread.sleep(500);
      } while (sent != Http3Double.SENT.get());
      assertThat(sent).isLessThan(Http3Double.BIG);
      InputStream in = x.answer().body();
      byte[] piece = new byte[7001];
      int read = 0;
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        for (int i = 0; i < n; i++) {
          if (piece[i] != Http3Double.at(read + i)) {
            throw new AssertionError("another byte at " + (read + i));
          }
        }
        read += n;
      }
      assertThat(read).isEqualTo(Http3Double.BIG);
    }
  }

  @Test
  void largeRequestArrivesComplete() throws Exception {
    try (TracedClient c = client()) {
      Request r =
          request("PUT", server.port(), "/count", new byte[2_000_001], Duration.ofSeconds(20));
      assertThat(text(c.send(r, new Times()))).isEqualTo("2000001");
    }
  }

  @Test
  void responseMayPrecedeTheEndOfTheRequest() throws Exception {
    try (TracedClient c = client()) {
      Request r =
          request("PUT", server.port(), "/early", new byte[2_000_001], Duration.ofSeconds(20));
      Exchange x = c.send(r, new Times());
      assertThat(x.answer().status()).isEqualTo(403);
      assertThat(text(x)).isEqualTo("too much");
    }
  }

  @Test
  void headersOutsideAResponseAreNotItsHead() throws Exception {
    try (TracedClient c = client()) {
      Exchange x = get(c, server.port(), "/hints");
      assertThat(x.answer().status()).isEqualTo(200);
      assertThat(x.answer().header("x-late")).isNull();
      assertThat(text(x)).isEqualTo("after hints");
    }
  }

  @Test
  void emptyInputIsNotTruncatedGzip() throws Exception {
    try (TracedClient c = client()) {
      Exchange x = get(c, server.port(), "/unchanged");
      assertThat(x.answer().status()).isEqualTo(304);
      assertThat(text(x)).isEmpty();
    }
  }

  @Test
  void truncatedResponseIsAnError() throws Exception {
    try (TracedClient c = client()) {
      assertThatThrownBy(() -> text(get(c, server.port(), "/reset")))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("http3: ");
      assertThatThrownBy(() -> text(get(c, server.port(), "/short")))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("http3: ");
      assertThatThrownBy(() -> text(get(c, server.port(), "/gone")))
          .isInstanceOf(IOException.class)
          .hasMessage("http3: the server closed the connection with error 258: bye");
      // and the next call has a new connection
      assertThat(text(get(c, server.port(), "/hello"))).isEqualTo("hello");
    }
  }

  @Test
  void boundsHead() throws Exception {
    try (TracedClient c = client()) {
      assertThatThrownBy(() -> get(c, server.port(), "/large"))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("http3: ");
    }
  }

  @Test
  void everyWaitEndsAtItsTimeLimit() throws Exception {
    try (TracedClient c = client();
        DatagramSocket mute =
            new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      Duration timeLimit = Duration.ofMillis(700);
      assertThatThrownBy(
              () -> c.send(request("GET", mute.getLocalPort(), "/", null, timeLimit), new Times()))
          .isInstanceOf(HttpTimeoutException.class)
          .hasMessage("context deadline exceeded");
      assertThatThrownBy(
              () -> c.send(request("GET", server.port(), "/silent", null, timeLimit), new Times()))
          .isInstanceOf(HttpTimeoutException.class)
          .hasMessage("context deadline exceeded");
      assertThatThrownBy(
              () ->
                  text(
                      c.send(request("GET", server.port(), "/drip", null, timeLimit), new Times())))
          .isInstanceOf(HttpTimeoutException.class)
          .hasMessage("context deadline exceeded");
    }
  }

  @Test
  void failsFastIfNothingListens() throws Exception {
    int port;
    try (DatagramSocket s = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0))) {
      port = s.getLocalPort();
    }
    try (TracedClient c = client()) {
      assertThatThrownBy(() -> get(c, port, "/"))
          .isInstanceOf(ConnectException.class)
          .hasMessage("dial udp 127.0.0.1:" + port + ": connection refused");
    }
  }

  @Test
  void verifiesCertificates() throws Exception {
    try (TracedClient c = client()) {
      assertThatThrownBy(() -> get(c, foreign.port(), "/hello"))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("tls: failed to verify certificate: ");
    }
    try (TracedClient any = client("", true, false, null)) {
      assertThat(text(get(any, foreign.port(), "/hello"))).isEqualTo("hello");
    }
    try (TracedClient c = client("wrong.test", false, false, null)) {
      assertThatThrownBy(() -> get(c, server.port(), "/hello"))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("tls: failed to verify certificate: ")
          .hasMessageContaining("wrong.test");
    }
    for (String name : List.of("other.test", "short")) {
      try (Http3Double other = server("other", false);
          TracedClient c = client(name, false, false, null)) {
        assertThat(text(get(c, other.port(), "/hello"))).isEqualTo("hello");
        assertThat(other.names).containsExactly(name);
      }
    }
    try (Http3Double old = server("old", false);
        TracedClient c = client()) {
      assertThatThrownBy(() -> get(c, old.port(), "/hello"))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("tls: failed to verify certificate: ");
    }
  }

  @Test
  void sendsRequestedCertificate() throws Exception {
    try (TracedClient c = client("", false, true, null)) {
      assertThat(text(get(c, strict.port(), "/hello"))).isEqualTo("hello");
    }
    try (TracedClient c = client()) {
      assertThatThrownBy(() -> get(c, strict.port(), "/hello"))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("http3: server ended the TLS handshake with alert ");
    }
  }

  @Test
  void rejectsOtherSchemesAndTlsVersions() throws Exception {
    assertThatThrownBy(() -> client("", false, false, TlsVersion.TLS12))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("max_version");
    try (TracedClient c = client()) {
      Request plain =
          new Request(
              "GET",
              URI.create("http://127.0.0.1/"),
              null,
              "a",
              "a",
              Map.of(),
              null,
              true,
              System.nanoTime() + 1_000_000_000L,
              1);
      assertThatThrownBy(() -> c.send(plain, new Times()))
          .isInstanceOf(IOException.class)
          .hasMessage("http3: unsupported protocol scheme: http");
    }
  }

  /** As where a process may have no more sockets. */
  @Test
  void reportsASocketThatCannotBeOpened() throws Exception {
    EventLoopGroup ended = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ended.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
    assertThatThrownBy(
            () ->
                QuicConnection.open(
                    ended,
                    QuicSslContextBuilder.forClient().applicationProtocols("h3").build(),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()),
                    "localhost",
                    System.nanoTime() + TimeUnit.SECONDS.toNanos(30)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("http3: ");
  }
}
