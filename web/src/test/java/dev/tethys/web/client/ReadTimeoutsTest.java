package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.ClientRequest.ReadTimeouts;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that say nothing, long before the time of a call is up. */
@Timeout(60)
@Tag("slow")
class ReadTimeoutsTest {
  private static final Duration SOON = Duration.ofMillis(200);
  private static final Duration LONG = Duration.ofHours(1);

  private final HttpClientFactory factory = new HttpClientFactory("Tethys/test");
  private final BlockingQueue<Socket> taken = new LinkedBlockingQueue<>();
  private @Nullable ServerSocket server;

  @AfterEach
  void end() throws IOException {
    factory.close();
    if (server != null) {
      server.close();
    }
    for (Socket s : taken) {
      s.close();
    }
  }

  /** Reads one request of each connection, and says to it so much and no more. */
  private WebClient client(String scheme, Path dir, String says) throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("server", "ip:127.0.0.1");
    InetAddress here = InetAddress.ofLiteral("127.0.0.1");
    ServerSocket s =
        scheme.equals("http")
            ? new ServerSocket(0, 50, here)
            : certs.context("server").getServerSocketFactory().createServerSocket(0, 50, here);
    server = s;
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  Socket c = s.accept();
                  InputStream in = c.getInputStream();
                  for (int last = 0; last != 0x0d0a0d0a; ) {
                    last = last << 8 | in.read();
                  }
                  c.getOutputStream().write(says.getBytes(ISO_8859_1));
                  c.getOutputStream().flush();
                  taken.add(c);
                }
              } catch (IOException e) {
                // the test is over
              }
            });
    return factory.client(
        HttpClientConfig.TYPE.read(
            YamlDocument.parse("c.yml", dir, "{enable_http2: false, tls_config: {ca_file: ca.crt}}")
                .root()));
  }

  private ClientRequest call(String scheme, ReadTimeouts timeLimit) {
    int port = Objects.requireNonNull(server).getLocalPort();
    return ClientRequest.get(URI.create(scheme + "://127.0.0.1:" + port + "/"))
        .withTimeout(LONG)
        .withReadTimeouts(timeLimit);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "https"})
  void headTimeoutIsShorterThanResponseTimeout(String scheme, @TempDir Path dir) throws Exception {
    WebClient c = client(scheme, dir, "");
    ClientRequest call = call(scheme, new ReadTimeouts(SOON, LONG));
    assertThatThrownBy(() -> c.send(call)).hasMessageContaining("context deadline exceeded");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "https"})
  void stalledBodyTimesOut(String scheme, @TempDir Path dir) throws Exception {
    WebClient c =
        client(scheme, dir, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    try (ClientResponse a = c.send(call(scheme, new ReadTimeouts(Duration.ofSeconds(30), SOON)))) {
      assertThat(a.body().read()).isEqualTo('x');
      assertThatThrownBy(() -> a.body().read())
          .isInstanceOf(HttpTimeoutException.class)
          .hasMessage("context deadline exceeded");
      Socket s = taken.take();
      assertThat(s.getInputStream().read()).as("the connection is closed").isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "https"})
  void eachReadRestartsTheTimeout(String scheme, @TempDir Path dir) throws Exception {
    WebClient c = client(scheme, dir, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    Duration longer = Duration.ofSeconds(2);
    try (ClientResponse a = c.send(call(scheme, new ReadTimeouts(longer, longer)))) {
      Socket s = taken.take();
      long begun = System.nanoTime();
      while (System.nanoTime() - begun < longer.toNanos() + 500_000_000) {
        s.getOutputStream().write("1\r\nx\r\n".getBytes(ISO_8859_1));
        s.getOutputStream().flush();
        assertThat(a.body().read()).isEqualTo('x');
      }
    }
  }
}
