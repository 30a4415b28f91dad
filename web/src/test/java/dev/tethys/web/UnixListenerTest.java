package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tethys.testkit.TestCertificates;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HTTP over a socket of this machine. */
@Timeout(60)
@Tag("slow")
class UnixListenerTest {
  @TempDir private Path dir;
  private Path socket = Path.of("");
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private @Nullable HttpListener listener;

  @BeforeEach
  void socket() {
    socket = dir.resolve("l.sock");
  }

  @AfterEach
  void stop() {
    go.countDown();
    if (listener != null) {
      listener.close();
    }
  }

  private void start(HttpListenerOptions options) throws IOException {
    listener =
        HttpListener.start(
            options,
            new Routes()
                .get("/", (q, r) -> r.send(q.protocol() + " " + q.remoteAddress().getPort()))
                .get(
                    "/wait",
                    (q, r) -> {
                      begun.countDown();
                      go.await(20, TimeUnit.SECONDS);
                      r.send("waited");
                    })
                .post("/", (q, r) -> r.send("" + q.bodyBytes(1 << 20).length))
                .post("/a.B/C", Grpc.unary(1 << 20, (m, q) -> m)),
            null);
  }

  private HttpListenerOptions options() {
    return HttpListenerOptions.on("unix:" + socket).withStopGrace(Duration.ofSeconds(20));
  }

  private SocketChannel connect(String request) throws IOException {
    SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX);
    c.connect(UnixDomainSocketAddress.of(socket));
    c.write(ByteBuffer.wrap(request.getBytes(ISO_8859_1)));
    return c;
  }

  private static String rest(SocketChannel c) throws IOException {
    InputStream in = Channels.newInputStream(c);
    return new String(in.readAllBytes(), ISO_8859_1);
  }

  @Test
  void servesConsecutiveRequests() throws Exception {
    start(options());
    String one = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    String last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    try (SocketChannel c = connect(one.repeat(100) + last)) {
      String all = rest(c);
      assertThat(all.split("HTTP/1.1 200", -1)).hasSize(102);
      assertThat(all).endsWith("HTTP/1.1 0");
    }
  }

  @Test
  void distinguishesConnections() throws Exception {
    start(options());
    List<SocketChannel> open = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        open.add(connect("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
        assertThat(Channels.newInputStream(open.getLast()).read()).isEqualTo('H');
      }
      assertThat(java.util.Objects.requireNonNull(listener).openConnections()).isEqualTo(20);
    } finally {
      for (SocketChannel c : open) {
        c.close();
      }
    }
  }

  private GrpcReply call() throws Exception {
    try (GrpcChannel c =
        new GrpcChannel(
            new GrpcChannel.Options(
                "", 0, socket, null, "", true, Duration.ZERO, Duration.ZERO, false, "test"))) {
      return c.call("/a.B/C", Map.of(), "abc".getBytes(UTF_8), "", Duration.ofSeconds(20));
    }
  }

  @Test
  void connectionAboveTheLimitWaits() throws Exception {
    start(options().withMaxConnections(1));
    String last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    try (SocketChannel first =
        connect("GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) {
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      try (SocketChannel second = connect(last)) {
        go.countDown();
        assertThat(rest(first)).endsWith("waited");
        assertThat(rest(second)).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void detectsHttp2ByItsPreface() throws Exception {
    start(options());
    GrpcReply r = call();
    assertThat(r.status()).isEqualTo(GrpcReply.OK);
    assertThat(new String(r.body(), UTF_8)).isEqualTo("abc");
  }

  @Test
  void curlUsesBothProtocolsOverTls() throws Exception {
    Path curl = Path.of("/usr/bin/curl");
    assumeThat(curl).exists();
    TestCertificates certs = new TestCertificates(dir);
    certs.issueRsa("server", "dns:localhost");
    Path web = dir.resolve("web.yml");
    Files.writeString(
        web,
        "tls_server_config: {cert_file: \"%s\", key_file: \"%s\"}"
            .formatted(certs.certificate("server"), certs.key("server")));
    start(options().withWebConfigFile(web));
    for (String version : List.of("--http1.1", "--http2")) {
      Process p =
          new ProcessBuilder(
                  curl.toString(),
                  "-sS",
                  version,
                  "--cacert",
                  certs.ca().toString(),
                  "--unix-socket",
                  socket.toString(),
                  "https://localhost/")
              .redirectErrorStream(true)
              .start();
      String said = new String(p.getInputStream().readAllBytes(), UTF_8);
      assertThat(said).isEqualTo(version.equals("--http2") ? "HTTP/2.0 0" : "HTTP/1.1 0");
    }
    connect("").close();
    try (SocketChannel c = connect("no handshake\r\n\r\n")) {
      rest(c);
    }
    allHaveEnded();
  }

  private void allHaveEnded() {
    HttpListener l = java.util.Objects.requireNonNull(listener);
    Waiting.await("no open connections", () -> l.openConnections() == 0);
  }

  @Test
  void closesHttp2ConnectionAfterIdleReadTimeout() throws Exception {
    start(options().withReadTimeout(Duration.ofSeconds(2)));
    String settings = "\0\0\0\4\0\0\0\0\0";
    String get = "\0\0\6\1\5\0\0\0\1" + "\202\206\204\1\1x"; // GET http://x/
    try (SocketChannel c = connect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + get)) {
      assertThat(rest(c)).contains("HTTP/2.0 0");
    }
  }

  @Test
  void disconnectsSlowClients() throws Exception {
    start(options().withReadTimeout(Duration.ofMillis(300)));
    try (SocketChannel c = connect("GET / HTTP/1.1\r\n")) {
      assertThat(rest(c)).isEmpty();
    }
    try (SocketChannel c = connect("GET / HTTP/1.1\r\nHost: x\r\n\r\n")) {
      assertThat(rest(c)).as("idle after its answer").endsWith("HTTP/1.1 0");
    }
  }

  @Test
  void closesRejectedClientThatStays() throws Exception {
    start(options());
    try (SocketChannel c = connect("NONSENSE\r\n\r\n")) {
      assertThat(rest(c)).startsWith("HTTP/1.1 400");
    }
  }

  @Test
  void stopFinishesRequestsAndRemovesTheSocket() throws Exception {
    start(options());
    try (SocketChannel c = connect("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")) {
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      Thread closing = Thread.ofVirtual().start(java.util.Objects.requireNonNull(listener)::close);
      while (Files.exists(socket)) {
        Waiting.pause();
      }
      go.countDown();
      assertThat(rest(c)).endsWith("waited");
      assertThat(closing.join(Duration.ofSeconds(20))).isTrue();
    }
  }

  @Test
  void rejectsSecondUseAndMissingPath() throws Exception {
    start(options());
    assertThatThrownBy(() -> HttpListener.start(options(), new Routes(), null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen on " + socket)
        .hasMessageContaining("another process listens on it");
    assertThatThrownBy(
            () -> HttpListener.start(HttpListenerOptions.on("unix://"), new Routes(), null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has no path");
    assertThat(call().status()).as("the first goes on").isEqualTo(GrpcReply.OK);
  }
}
