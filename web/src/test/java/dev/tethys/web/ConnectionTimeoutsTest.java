package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real clients that keep a server waiting, against a read timeout of half a second. */
@Timeout(60)
@Tag("slow")
class ConnectionTimeoutsTest {
  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private final CountDownLatch handlerEnded = new CountDownLatch(1);

  @SuppressWarnings("NullAway.Init") // each test starts its own
  private HttpListener listener;

  private void start(int maxConnections) throws IOException {
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0")
                .withReadTimeout(TIMEOUT)
                .withMaxConnections(maxConnections)
                .withStopGrace(Duration.ofMillis(200)),
            new Routes()
                .get("/", (q, r) -> r.send("ok"))
                .get(
                    "/patient",
                    (q, r) -> {
                      // A handler may take longer than its client may.
                      new CountDownLatch(1).await(1500, TimeUnit.MILLISECONDS);
                      r.send("late");
                    })
                .post("/", (q, r) -> r.send("" + q.bodyBytes(1 << 20).length))
                .get(
                    "/endless",
                    (q, r) -> {
                      try (OutputStream out = r.uncompressed().stream()) {
                        byte[] chunk = new byte[64 << 10];
                        for (int i = 0; i < 10_000; i++) {
                          out.write(chunk);
                        }
                      } finally {
                        handlerEnded.countDown();
                      }
                    }),
            null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private Socket connect() throws IOException {
    Socket s = new Socket("127.0.0.1", listener.port());
    s.setSoTimeout(20_000);
    return s;
  }

  /** True if the server ends the connection, with or without a response. */
  private static boolean isEnded(Socket s) {
    try {
      s.getInputStream().readAllBytes();
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** Sends a byte every 50 ms, so that no single read takes long, until the server has enough. */
  private static void drip(Socket s, String start, byte drop) throws Exception {
    OutputStream out = s.getOutputStream();
    out.write(start.getBytes(ISO_8859_1));
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  out.write(drop);
                  out.flush();
                  new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS);
                }
              } catch (IOException | InterruptedException e) {
                // the server has closed
              }
            });
  }

  @Test
  void closesSilentClient() throws Exception {
    start(10);
    try (Socket s = connect()) {
      assertThat(isEnded(s)).isTrue();
    }
  }

  @Test
  void closesSlowRequestLine() throws Exception {
    start(10);
    try (Socket s = connect()) {
      drip(s, "GET /", (byte) 'x');
      assertThat(isEnded(s)).isTrue();
    }
  }

  @Test
  void closesSlowHeaders() throws Exception {
    start(10);
    try (Socket s = connect()) {
      drip(s, "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", (byte) 'x');
      assertThat(isEnded(s)).isTrue();
    }
  }

  @Test
  void closesSlowBody() throws Exception {
    start(10);
    try (Socket s = connect()) {
      drip(s, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", (byte) 'x');
      assertThat(isEnded(s)).isTrue();
    }
  }

  @Test
  void closesIdleConnection() throws Exception {
    start(10);
    try (Socket s = connect()) {
      s.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      assertThat(new String(s.getInputStream().readNBytes(12), UTF_8)).isEqualTo("HTTP/1.1 200");
      assertThat(isEnded(s)).isTrue();
    }
  }

  @Test
  void doesNotCloseDuringLongHandler() throws Exception {
    start(10);
    try (Socket s = connect()) {
      s.getOutputStream()
          .write("GET /patient HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(UTF_8));
      assertThat(new String(s.getInputStream().readAllBytes(), UTF_8)).endsWith("late");
    }
  }

  @Test
  void closesClientThatDoesNotReadItsResponse() throws Exception {
    start(10);
    try (Socket s = new Socket()) {
      s.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
      s.connect(listener.addresses().getFirst());
      s.getOutputStream().write("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      assertThat(handlerEnded.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void excessConnectionsWaitForTheirTurn() throws Exception {
    start(2);
    try (Socket a = connect();
        Socket b = connect();
        Socket c = connect()) {
      c.getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(UTF_8));
      // The first two say nothing and are closed; then the third is served.
      InputStream in = c.getInputStream();
      assertThat(new String(in.readAllBytes(), UTF_8)).startsWith("HTTP/1.1 200");
      assertThat(isEnded(a)).isTrue();
      assertThat(isEnded(b)).isTrue();
    }
  }

  @Test
  void forgetsClosedConnections() throws Exception {
    start(10);
    for (int i = 0; i < 50; i++) {
      try (Socket s = connect()) {
        s.getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(UTF_8));
        s.getInputStream().readAllBytes();
      }
    }
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (listener.openConnections() > 0) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
