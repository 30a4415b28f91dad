package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConnectionRules;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Servers that accept a TLS connection and then stop reading: a writer to them holds the lock that
 * a close_notify waits for, and still no other thread waits with it.
 */
@Timeout(120)
@Tag("slow")
class StalledServerTest {
  private static final int LARGE = 64 << 20; // more than any system keeps for a socket

  @TempDir static Path dir;
  private static TestCertificates certs;

  private final HttpClientFactory factory = new HttpClientFactory("Tethys/test");
  private final CountDownLatch end = new CountDownLatch(1);
  private SSLServerSocket secured;
  private ServerSocket silent;

  @BeforeAll
  static void issue() throws Exception {
    certs = new TestCertificates(dir);
    certs.issue("server", "ip:127.0.0.1");
  }

  @BeforeEach
  void listen() throws Exception {
    secured =
        (SSLServerSocket)
            certs
                .context("server")
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void stop() throws IOException {
    end.countDown();
    secured.close();
    silent.close();
    factory.close();
  }

  private interface Conversation {
    void hold(SSLSocket s) throws IOException;
  }

  /** Takes connections, and after a conversation reads nothing any more. */
  private void serve(Conversation before, String... alpn) {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  SSLSocket s = (SSLSocket) secured.accept();
                  Thread.ofVirtual()
                      .start(
                          () -> {
                            try (s) {
                              SSLParameters p = s.getSSLParameters();
                              p.setApplicationProtocols(alpn);
                              s.setSSLParameters(p);
                              s.startHandshake();
                              before.hold(s);
                              end.await();
                            } catch (IOException | InterruptedException e) {
                              // the client has gone
                            }
                          });
                }
              } catch (IOException e) {
                // the test is over
              }
            });
  }

  private static void readHead(Socket s) throws IOException {
    InputStream in = s.getInputStream();
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      head.append((char) in.read());
    }
  }

  /** Reads a request without a body and answers it. */
  private static void answer(Socket s) throws IOException {
    readHead(s);
    s.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
  }

  private static HttpClientConfig config(ConnectionRules rules) {
    TlsConfig tls =
        new TlsConfig("", certs.ca().toString(), "", "", Secret.NONE, "", "", false, null, null);
    return new HttpClientConfig(null, null, null, tls, true, false, ProxyConfig.NONE, Map.of())
        .with(rules);
  }

  private URI uri(String scheme, ServerSocket s) {
    return URI.create(scheme + "://127.0.0.1:" + s.getLocalPort() + "/");
  }

  /** Runs something that may never end, on a separate thread. */
  private static <T> FutureTask<T> beside(Callable<T> what) {
    FutureTask<T> f = new FutureTask<>(what);
    Thread.ofPlatform().daemon().start(f);
    return f;
  }

  private static void endsInTime(FutureTask<?> call) {
    assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(IOException.class)
        .hasMessageContaining("context deadline exceeded");
  }

  @Test
  void timesOutOnAReusedConnection() throws Exception {
    serve(StalledServerTest::answer);
    WebClient c =
        factory.client(config(new ConnectionRules(false, 1, 0, 0, Duration.ZERO, false, false)));
    c.send(ClientRequest.get(uri("https", secured))).close();
    Duration time = Duration.ofSeconds(2);
    ClientRequest large =
        new ClientRequest("POST", uri("https", secured), Map.of(), new byte[LARGE], time, null);
    endsInTime(beside(() -> c.send(large).status()));
    ClientRequest small =
        ClientRequest.get(uri("http", silent)).withTimeout(Duration.ofMillis(200));
    endsInTime(beside(() -> factory.client(HttpClientConfig.DEFAULT).send(small).status()));
    // The turn of the first was returned.
    assertThat(
            beside(() -> c.send(ClientRequest.get(uri("https", secured))).status())
                .get(60, TimeUnit.SECONDS))
        .isEqualTo(200);
  }

  @Test
  void reportsInterruptOverTlsAsInterrupt() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    serve(
        s -> {
          answer(s);
          readHead(s);
          asked.countDown();
        });
    WebClient c =
        factory.client(config(new ConnectionRules(false, 1, 0, 0, Duration.ZERO, false, false)));
    c.send(ClientRequest.get(uri("https", secured))).close();
    FutureTask<?> call =
        new FutureTask<>(() -> c.send(ClientRequest.get(uri("https", secured))).status());
    Thread t = Thread.ofPlatform().daemon().start(call);
    asked.await();
    t.interrupt();
    assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(InterruptedException.class);
  }

  @Test
  void timesOutOnAWatchedConnection() throws Exception {
    serve(s -> {});
    TracedClient c = factory.traced(config(ConnectionRules.USUAL));
    TracedClient.Request large =
        new TracedClient.Request(
            "POST",
            uri("https", secured),
            null,
            "h",
            "127.0.0.1",
            Map.of(),
            new byte[LARGE],
            false,
            System.nanoTime() + Duration.ofSeconds(2).toNanos(),
            1000);
    endsInTime(beside(() -> c.send(large, new TracedClient.Times()).version()));
    ClientRequest small =
        ClientRequest.get(uri("http", silent)).withTimeout(Duration.ofMillis(200));
    endsInTime(beside(() -> factory.client(HttpClientConfig.DEFAULT).send(small).status()));
  }

  @Test
  void endsAGrpcConnectionDuringAWrite() throws Exception {
    serve(
        s -> {
          byte[] settings = {0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0x7f, -1, -1, -1};
          byte[] window = {0, 0, 4, 8, 0, 0, 0, 0, 0, 0x70, 0, 0, 0};
          s.getOutputStream().write(settings);
          s.getOutputStream().write(window);
        },
        "h2");
    Socket plain = new Socket(InetAddress.getLoopbackAddress(), secured.getLocalPort());
    SSLSocket s =
        ClientTls.secured(
            ClientTls.setup(config(ConnectionRules.USUAL).tls()),
            config(ConnectionRules.USUAL).tls(),
            plain,
            "127.0.0.1",
            secured.getLocalPort(),
            "h2");
    Http2Connection c =
        Http2Connection.start(
            ConnectionStreams.of(s, plain),
            true,
            "h",
            1000,
            Duration.ZERO,
            Duration.ofSeconds(20),
            false);
    FutureTask<?> call =
        new FutureTask<>(
            () ->
                c.call(
                    "POST", "/", Map.of(), new byte[LARGE], System.nanoTime() + 100_000_000_000L));
    Thread writer = Thread.ofPlatform().daemon().start(call);
    while (!waits(writer)) {
      Thread.onSpinWait();
    }
    beside(() -> closed(c)).get(60, TimeUnit.SECONDS);
    assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(IOException.class);
  }

  private static boolean closed(Http2Connection c) {
    c.close();
    return true;
  }

  /** Whether a thread is in the middle of a record and the system takes no more bytes of it. */
  private static boolean waits(Thread t) {
    List<String> at =
        Arrays.stream(t.getStackTrace()).map(StackTraceElement::getMethodName).toList();
    return at.contains("park") && at.contains("deliver");
  }
}
