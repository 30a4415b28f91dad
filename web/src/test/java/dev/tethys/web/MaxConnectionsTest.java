package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that hold connections for nothing do not keep others out. */
@Timeout(60)
@Tag("slow")
class MaxConnectionsTest {
  private static final int MOST = 16;
  private static final String END = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  private final CountDownLatch go = new CountDownLatch(1);
  private final CountDownLatch busy = new CountDownLatch(MOST);
  private final List<Socket> open = new ArrayList<>();
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withMaxConnections(MOST),
            new Routes()
                .get("/", (q, r) -> r.send("ok"))
                .get("/-/healthy", (q, r) -> r.send("healthy"))
                .get(
                    "/late",
                    (q, r) -> {
                      busy.countDown();
                      go.await(20, TimeUnit.SECONDS);
                      r.send("late");
                    }),
            null);
  }

  @AfterEach
  void stop() throws IOException {
    go.countDown();
    for (Socket s : open) {
      s.close();
    }
    listener.close();
  }

  private Socket connect(String text) throws IOException {
    Socket s = new Socket();
    open.add(s);
    s.connect(new InetSocketAddress("127.0.0.1", listener.port()));
    s.setSoTimeout(20_000);
    s.getOutputStream().write(text.getBytes(ISO_8859_1));
    return s;
  }

  private static String answer(Socket s) throws IOException {
    return new String(s.getInputStream().readAllBytes(), ISO_8859_1);
  }

  @Test
  void evictsSilentConnections() throws Exception {
    for (int i = 0; i < 10 * MOST; i++) {
      connect("");
    }
    for (int i = 0; i < 10; i++) {
      assertThat(answer(connect("GET /" + END))).endsWith("ok");
    }
  }

  @Test
  void closesIncompleteHeadsToFreeSpace() throws Exception {
    for (int i = 0; i < 10 * MOST; i++) {
      connect("GET / HTTP/1.1\r\nHost: x\r\nX-");
    }
    assertThat(answer(connect("GET /" + END))).endsWith("ok");
  }

  @Test
  void closesIdleConnectionsToFreeSpace() throws Exception {
    for (int i = 0; i < 3 * MOST; i++) {
      Socket s = connect("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      s.getInputStream().read();
    }
    assertThat(answer(connect("GET /" + END))).endsWith("ok");
  }

  /** All places are taken, and all further connections by clients that wait for one. */
  @Test
  void stalledBodiesDoNotBlockProbes() throws Exception {
    for (int i = 0; i < MOST; i++) {
      connect("GET /late" + END);
    }
    assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
    List<Socket> slow = new ArrayList<>();
    for (int i = 0; i < 4 * MOST; i++) {
      slow.add(connect("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome"));
    }
    assertThat(answer(connect("GET /-/healthy" + END))).endsWith("healthy");
    for (Socket s : slow) {
      assertThat(s.getInputStream().available()).as("has waited too long for a place").isZero();
    }
  }

  @Test
  void servesOnlyProbesAtTheLimit() throws Exception {
    List<Socket> late = new ArrayList<>();
    for (int i = 0; i < MOST; i++) {
      late.add(connect("GET /late" + END));
    }
    assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
    Socket waiting = connect("GET /" + END);
    assertThat(answer(connect("GET /-/healthy" + END))).endsWith("healthy");
    assertThat(waiting.getInputStream().available()).as("it waits for a place").isZero();
    go.countDown();
    assertThat(answer(waiting)).endsWith("ok");
    for (Socket s : late) {
      assertThat(answer(s)).endsWith("late");
    }
  }
}
