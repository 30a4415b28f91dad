package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.tethys.config.ConnectionRules;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.testkit.TestCertificates;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients with their own connections and TLS, against the JDK's server. */
@Timeout(60)
@Tag("slow")
class ConnectionRulesTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir static Path dir;
  private static TestCertificates certs;
  private static HttpServer plain;
  private static HttpsServer secured;
  private static CountDownLatch hold = new CountDownLatch(0);

  @BeforeAll
  static void start() throws Exception {
    certs = new TestCertificates(dir);
    certs.issue("server", "ip:127.0.0.1");
    plain = HttpServer.create(loopback(), 0);
    secured = HttpsServer.create(loopback(), 0);
    secured.setHttpsConfigurator(
        new HttpsConfigurator(certs.context("server")) {
          @Override
          public void configure(HttpsParameters params) {
            SSLParameters p = getSSLContext().getDefaultSSLParameters();
            p.setNamedGroups(new String[] {"secp256r1", "secp384r1"});
            params.setSSLParameters(p);
          }
        });
    for (HttpServer s : List.of(plain, secured)) {
      s.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      s.createContext("/", ConnectionRulesTest::answer);
      s.start();
    }
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /** The port of the client, what it sent, and how it spoke. */
  private static void answer(HttpExchange e) throws IOException {
    try {
      hold.await();
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
    }
    e.getResponseHeaders().add("Set-Cookie", "session=s1; Max-Age=3600; Path=/");
    String suite =
        e instanceof HttpsExchange s ? s.getSSLSession().getCipherSuite() : "without TLS";
    byte[] body =
        (e.getRemoteAddress().getPort()
                + " "
                + e.getProtocol()
                + " "
                + e.getRequestHeaders().getFirst("Connection")
                + " "
                + e.getRequestHeaders().getFirst("Cookie")
                + " "
                + suite)
            .getBytes(StandardCharsets.UTF_8);
    e.sendResponseHeaders(200, body.length);
    e.getResponseBody().write(body);
    e.close();
  }

  @AfterAll
  static void stop() {
    plain.stop(0);
    secured.stop(0);
  }

  private final HttpClientFactory factory = new HttpClientFactory("Tethys/test");

  private static TlsConfig tls() {
    return tls(TlsVersion.TLS13);
  }

  private static TlsConfig tls(TlsVersion newest) {
    return new TlsConfig(
        "", certs.ca().toString(), "", "", Secret.NONE, "", "", false, null, newest);
  }

  private WebClient client(ConnectionRules rules, TlsConfig tls) throws IOException {
    return factory.client(
        new HttpClientConfig(null, null, null, tls, true, true, ProxyConfig.NONE, Map.of())
            .with(rules));
  }

  private static ClientRequest call(boolean tls, Duration timeout) {
    URI uri =
        URI.create(
            tls
                ? "https://127.0.0.1:" + secured.getAddress().getPort() + "/"
                : "http://127.0.0.1:" + plain.getAddress().getPort() + "/");
    return new ClientRequest("POST", uri, Map.of(), new byte[] {1}, timeout, null);
  }

  private static String[] ask(WebClient c, boolean tls) throws Exception {
    try (ClientResponse a = c.send(call(tls, LONG))) {
      return new String(a.bytes(1000), StandardCharsets.UTF_8).split(" ", 5);
    }
  }

  private static ConnectionRules rules(
      boolean cookies, int most, int idle, int idleEach, Duration idleTime, boolean single) {
    return new ConnectionRules(cookies, most, idle, idleEach, idleTime, single, false);
  }

  @Test
  void sendsCookiesIfConfigured() throws Exception {
    WebClient with = client(rules(true, 0, 0, 0, Duration.ZERO, false), tls());
    WebClient without = client(ConnectionRules.USUAL, tls());
    for (boolean tls : new boolean[] {false, true}) {
      assertThat(ask(without, tls)[3]).isEqualTo("null");
      assertThat(ask(without, tls)[3]).isEqualTo("null");
    }
    assertThat(ask(with, false)[3]).isEqualTo("null");
    assertThat(ask(with, false)[3]).isEqualTo("session=s1");
  }

  @Test
  void opensAConnectionForEachCallOnRequest() throws Exception {
    WebClient c = client(rules(false, 0, 0, 0, Duration.ZERO, true), tls());
    for (boolean tls : new boolean[] {false, true}) {
      String[] first = ask(c, tls);
      assertThat(first[2]).isEqualTo("close");
      assertThat(ask(c, tls)[0]).isNotEqualTo(first[0]);
    }
  }

  @Test
  void reusesIdleConnectionsUntilTheirTimeout() throws Exception {
    WebClient keeps = client(rules(false, 0, 2, 0, Duration.ZERO, false), tls());
    WebClient ends = client(rules(false, 0, 0, 0, Duration.ofNanos(1), false), tls());
    for (boolean tls : new boolean[] {false, true}) {
      String[] first = ask(keeps, tls);
      assertThat(first[1]).isEqualTo("HTTP/1.1");
      assertThat(ask(keeps, tls)[0]).as("with TLS: %s", tls).isEqualTo(first[0]);
      assertThat(ask(ends, tls)[0]).isNotEqualTo(ask(ends, tls)[0]);
    }
  }

  @Test
  void keepsConnectionsToAnyAddress() throws Exception {
    WebClient c = client(ConnectionRules.ANY_ADDRESS, tls());
    for (boolean tls : new boolean[] {false, true}) {
      assertThat(ask(c, tls)[0]).as("with TLS: %s", tls).isEqualTo(ask(c, tls)[0]);
    }
  }

  @Test
  void limitsWaitingCalls() {
    try (ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
        Connections c = new Connections(timer, System::nanoTime, 3, 2, Connections.KEEP)) {
      for (String host : new String[] {"a", "a", "a", "b", "b"}) {
        c.release(
            new Connections.Server(host, 1),
            new ConnectionStreams(
                new ByteArrayInputStream(new byte[0]), new ByteArrayOutputStream(), () -> {}));
      }
      assertThat(c.size()).isEqualTo(3);
      timer.shutdownNow();
    }
  }

  @Test
  void longestWaitingMakesRoom() {
    try (ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
        Connections c = new Connections(timer, System::nanoTime, 2, 2, Connections.KEEP)) {
      List<String> ended = new ArrayList<>();
      for (String host : new String[] {"a", "b", "c"}) {
        c.release(
            new Connections.Server(host, 1),
            new ConnectionStreams(
                new ByteArrayInputStream(new byte[0]),
                new ByteArrayOutputStream(),
                () -> ended.add(host)));
      }
      assertThat(ended).containsExactly("a");
      assertThat(c.size()).isEqualTo(2);
      c.close();
      assertThat(ended).containsExactly("a", "b", "c");
      assertThat(c.size()).isZero();
      timer.shutdownNow();
    }
  }

  /** A port may be spoken with in the clear and by TLS; what is secret goes by TLS alone. */
  @Test
  void neverSendsTlsRequestsOverPlaintext() throws Exception {
    HttpClientConfig.BasicAuth me = new HttpClientConfig.BasicAuth("me", "", new Secret("pw"), "");
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      CompletableFuture<String> first = new CompletableFuture<>();
      CompletableFuture<Integer> second = new CompletableFuture<>();
      Thread.startVirtualThread(
          () -> {
            try (Socket a = server.accept()) {
              byte[] head = new byte[4096];
              int n = a.getInputStream().read(head);
              a.getOutputStream()
                  .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII));
              Thread.startVirtualThread(
                  () -> {
                    try (Socket b = server.accept()) {
                      second.complete(b.getInputStream().read());
                    } catch (IOException e) {
                      second.complete(-1);
                    }
                  });
              String more = new String(a.getInputStream().readAllBytes(), US_ASCII);
              first.complete(new String(head, 0, n, US_ASCII) + more);
            } catch (IOException e) {
              first.completeExceptionally(e);
            }
          });
      ConnectionRules rules = rules(false, 0, 2, 0, Duration.ZERO, false);
      String at = "://127.0.0.1:" + server.getLocalPort() + "/";
      client(rules, tls()).send(ClientRequest.get(URI.create("http" + at))).close();
      WebClient c =
          factory.client(
              new HttpClientConfig(me, null, null, tls(), true, true, ProxyConfig.NONE, Map.of())
                  .with(rules));
      assertThatThrownBy(
              () ->
                  c.send(
                      ClientRequest.get(URI.create("https" + at))
                          .withTimeout(Duration.ofSeconds(5))))
          .isInstanceOf(IOException.class);
      factory.close();
      assertThat(first.get(30, TimeUnit.SECONDS)).startsWith("GET").doesNotContain("Authorization");
      assertThat(second.get(30, TimeUnit.SECONDS)).as("a handshake").isEqualTo(0x16);
    }
  }

  /**
   * What comes over a connection that waits must not be mistaken for the response to the next call.
   */
  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate", "", "|"})
  void discardsUnsolicitedDataOnAnIdleTlsConnection(String unasked) throws Exception {
    AtomicInteger accepted = new AtomicInteger();
    CountDownLatch waits = new CountDownLatch(1);
    CountDownLatch said = new CountDownLatch(1);
    byte[] ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(US_ASCII);
    try (ServerSocket server =
        certs
            .context("server")
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.startVirtualThread(
          () -> {
            try (Socket a = server.accept()) {
              a.setTcpNoDelay(
                  true); // or what is said may wait for the acknowledgement of the answer
              accepted.incrementAndGet();
              a.getInputStream().read(new byte[4096]);
              a.getOutputStream().write(ok);
              waits.await();
              if (unasked.equals("|")) {
                a.close();
              } else {
                a.getOutputStream().write(unasked.getBytes(US_ASCII));
              }
              said.countDown();
              if (unasked.isEmpty()) {
                a.getInputStream().read(new byte[4096]);
                a.getOutputStream().write(ok);
                a.getInputStream().read();
              }
              try (Socket b = server.accept()) {
                accepted.incrementAndGet();
                b.getInputStream().read(new byte[4096]);
                b.getOutputStream().write(ok);
                b.getInputStream().read();
              }
            } catch (IOException | InterruptedException e) {
              // the client has gone
            }
          });
      WebClient c = client(rules(false, 0, 2, 0, Duration.ZERO, false), tls());
      URI uri = URI.create("https://127.0.0.1:" + server.getLocalPort() + "/");
      for (int i = 0; i < 2; i++) {
        try (ClientResponse a = c.send(ClientRequest.get(uri))) {
          assertThat(a.bytes(1000)).asString().isEqualTo("ok");
        }
        waits.countDown();
        assertThat(said.await(30, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(accepted).hasValue(unasked.isEmpty() ? 1 : 2);
      factory.close();
    }
  }

  @Test
  void limitsConcurrentConnections() throws Exception {
    WebClient c = client(rules(false, 1, 0, 0, Duration.ZERO, false), tls());
    CountDownLatch held = new CountDownLatch(1);
    hold = held;
    CompletableFuture<String[]> first =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return ask(c, false);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            },
            Thread::startVirtualThread);
    // Which of both has the turn is open; the other never gets it.
    assertThatThrownBy(() -> c.send(call(false, Duration.ofMillis(300))).close())
        .hasMessageContaining("context deadline exceeded");
    held.countDown();
    assertThat(first.get(30, TimeUnit.SECONDS)).isNotEmpty();
    assertThat(ask(c, false)).isNotEmpty();
    ClientResponse unread = c.send(call(false, LONG));
    assertThatThrownBy(() -> c.send(call(false, Duration.ofMillis(50))).close())
        .hasMessageContaining("context deadline exceeded");
    unread.close();
    unread.close();
    assertThat(ask(c, false)).isNotEmpty();
  }

  @Test
  void usesConfiguredCipherSuitesAndGroups() throws Exception {
    String suite = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA";
    for (ConnectionRules rules :
        new ConnectionRules[] {
          ConnectionRules.USUAL, rules(false, 0, 1, 0, Duration.ZERO, false)
        }) {
      TlsConfig old = tls(TlsVersion.TLS12);
      assertThat(ask(client(rules, old), true)[4]).doesNotContain("CBC");
      WebClient c = client(rules, old.with(List.of(suite), List.of(), false));
      assertThat(ask(c, true)[4]).isEqualTo(suite);
      WebClient newer = client(rules, tls().with(List.of(suite), List.of("secp384r1"), false));
      assertThat(ask(newer, true)[4]).startsWith("TLS_AES_"); // Go, too, leaves those of 1.3 alone
      WebClient other = client(rules, tls().with(List.of(), List.of("secp521r1"), false));
      assertThatThrownBy(() -> ask(other, true)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void trustsTheSystemsAuthoritiesOnlyIfConfigured() throws Exception {
    int system = ClientTls.anchors(TlsConfig.DEFAULT).size();
    assertThat(ClientTls.anchors(tls())).hasSize(1);
    assertThat(ClientTls.anchors(tls().with(List.of(), List.of(), true))).hasSize(system + 1);
    WebClient c = client(ConnectionRules.USUAL, tls().with(List.of(), List.of(), true));
    assertThat(ask(c, true)[4]).startsWith("TLS_");
  }
}
