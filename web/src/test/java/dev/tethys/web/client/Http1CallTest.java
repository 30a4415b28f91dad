package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class Http1CallTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
  private final AtomicLong nanos = new AtomicLong();
  private final Connections connections = new Connections(timer, nanos::get);
  private final AtomicInteger accepted = new AtomicInteger();
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  @GuardedBy("itself")
  private final List<String> asked = new ArrayList<>();

  private final AtomicReference<String> said = new AtomicReference<>(""); // after an answer, once
  private final CountDownLatch waits = new CountDownLatch(1);
  private final CountDownLatch hasSaid = new CountDownLatch(1);
  private ServerSocket server;

  /** Gives each request the prepared answer; a response that ends with "|" ends the connection. */
  @BeforeEach
  void serve() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(
            () -> {
              while (true) {
                try {
                  Socket s = server.accept();
                  accepted.incrementAndGet();
                  Thread.ofVirtual().start(() -> converse(s));
                } catch (IOException e) {
                  return;
                }
              }
            });
  }

  private void converse(Socket s) {
    try (s) {
      s.setTcpNoDelay(true); // or what is said may wait for the acknowledgement of the answer
      InputStream in = s.getInputStream();
      while (true) {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
          int c = in.read();
          if (c < 0) {
            return;
          }
          head.append((char) c);
        }
        int body = head.indexOf("Content-Length: ");
        if (body >= 0) {
          in.readNBytes(
              Integer.parseInt(head.substring(body + 16, head.indexOf("\r", body)).strip()));
        }
        synchronized (asked) {
          asked.add(head.toString());
        }
        String answer = answers.take();
        boolean end = answer.endsWith("|");
        s.getOutputStream()
            .write((end ? answer.substring(0, answer.length() - 1) : answer).getBytes(ISO_8859_1));
        s.getOutputStream().flush();
        if (end) {
          return;
        }
        String unasked = said.getAndSet("");
        if (!unasked.isEmpty()) {
          waits.await();
          s.getOutputStream().write(unasked.replace("|", "").getBytes(ISO_8859_1));
          if (unasked.endsWith("|")) {
            s.close();
          }
          hasSaid.countDown();
          in.transferTo(OutputStream.nullOutputStream());
          return;
        }
      }
    } catch (IOException | InterruptedException e) {
      // the client has gone
    }
  }

  @AfterEach
  void stop() throws IOException {
    connections.close();
    timer.shutdownNow();
    server.close();
  }

  private URI uri() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/m");
  }

  private ClientResponse send(
      String method, Map<String, String> headers, byte @Nullable [] body, Duration timeout)
      throws IOException, InterruptedException {
    Map<String, List<String>> all = new java.util.TreeMap<>();
    headers.forEach((k, v) -> all.put(k, List.of(v)));
    return new Http1Call(
            new ClientRequest(method, uri(), Map.of(), body, timeout, null),
            "/m",
            new RequestHeaders(all),
            System.nanoTime() + timeout.toNanos(),
            new Deadlines(timer))
        .send(connections);
  }

  private String get() throws IOException, InterruptedException {
    try (ClientResponse a = send("GET", Map.of(), null, Duration.ofSeconds(50))) {
      return new String(a.body().readAllBytes(), ISO_8859_1);
    }
  }

  @Test
  void connectionServesManyCalls() throws Exception {
    for (int i = 0; i < 5; i++) {
      answers.add(OK);
      answers.add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
      answers.add("HTTP/1.1 204 No Content\r\n\r\n");
      assertThat(get()).isEqualTo("ok");
      assertThat(get()).isEqualTo("abc");
      assertThat(get()).isEmpty();
    }
    assertThat(accepted).hasValue(1);
    assertThat(connections.size()).isEqualTo(1);
    assertThat(timer.getQueue()).as("alarms of calls that are done").hasSizeLessThanOrEqualTo(16);
  }

  @Test
  void keepsTheConnectionAfterAnUnreadBufferedResponse() throws Exception {
    answers.add(OK);
    send("GET", Map.of(), null, Duration.ofSeconds(50)).close();
    assertThat(connections.size()).isEqualTo(1);
    answers.add("HTTP/1.1 500 No\r\nContent-Length: 1000000\r\n\r\nsorry");
    send("GET", Map.of(), null, Duration.ofSeconds(50)).close();
    assertThat(connections.size()).isZero();
    answers.add(OK);
    assertThat(get()).isEqualTo("ok");
    assertThat(accepted).hasValue(2);
  }

  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'",
    "'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'",
    "'HTTP/1.1 200 OK\r\n\r\nok|'",
    "'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n'",
  })
  void reconnectsAfterSingleUseConnections(String answer) throws Exception {
    answers.add(answer);
    assertThat(get()).isEqualTo("ok");
    assertThat(connections.size()).isZero();
    answers.add(OK);
    assertThat(get()).isEqualTo("ok");
    assertThat(accepted).hasValue(2);
  }

  @Test
  void replacesConnectionClosedByTheServer() throws Exception {
    answers.add(OK);
    assertThat(get()).isEqualTo("ok");
    // It reads the next request and goes.
    answers.add("|");
    answers.add(OK);
    assertThat(get()).isEqualTo("ok");
    assertThat(accepted).hasValue(2);
    // Not for what may have done something there.
    answers.add("|");
    assertThatThrownBy(() -> send("POST", Map.of(), new byte[3], Duration.ofSeconds(50)))
        .isInstanceOf(IOException.class)
        .hasMessage("EOF");
    assertThat(accepted).hasValue(2);
  }

  /** What a server may say to an idle connection; the next request must not get it. */
  @ParameterizedTest
  @CsvSource({
    "GET, 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n|'",
    "GET, 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'",
    "GET, 'more than was told\r\n'",
    "GET, 'more than was told|'",
    "GET, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'",
    "GET, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate|'",
    "GET, '|'",
    "POST, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'",
    "POST, '|'",
  })
  void discardsUnsolicitedDataOnAnIdleConnection(String method, String unasked) throws Exception {
    said.set(unasked);
    byte @Nullable [] body = method.equals("POST") ? new byte[] {'b'} : null;
    for (int i = 1; i <= 2; i++) {
      answers.add(OK);
      try (ClientResponse a = send(method, Map.of(), body, Duration.ofSeconds(50))) {
        assertThat(a.body().readAllBytes()).asString().isEqualTo("ok");
      }
      assertThat(accepted).hasValue(i);
      assertThat(connections.size()).isEqualTo(1);
      waits.countDown();
      assertThat(hasSaid.await(50, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** Some servers mean it: the caller is notified, and a call with side effects is made once. */
  @ParameterizedTest
  @CsvSource({"GET, 3", "HEAD, 3", "POST, 2", "PUT, 2"})
  void returnsA408ThatAnswersTheRequest(String method, int requests) throws Exception {
    byte @Nullable [] body = method.startsWith("P") ? new byte[3] : null;
    answers.add("HTTP/1.1 204 No Content\r\n\r\n");
    send(method, Map.of(), body, Duration.ofSeconds(50)).close();
    String late = "HTTP/1.1 408 Late\r\nConnection: close\r\nContent-Length: 0\r\n\r\n|";
    for (int i = 1; i < requests; i++) {
      answers.add(late);
    }
    try (ClientResponse a = send(method, Map.of(), body, Duration.ofSeconds(50))) {
      assertThat(a.status()).isEqualTo(408);
    }
    synchronized (asked) {
      assertThat(asked).hasSize(requests);
    }
  }

  /** Also when it is so long gone that the request cannot even be written. */
  @ParameterizedTest
  @CsvSource({"0", "3", "200000"})
  void aConnectionThatWasResetIsReplaced(int body) throws Exception {
    try (ServerSocket resets = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      CountDownLatch reset = new CountDownLatch(1);
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket first = resets.accept()) {
                  first.getInputStream().read(new byte[100]);
                  first.getOutputStream().write(OK.getBytes(ISO_8859_1));
                  waits.await();
                  first.setSoLinger(true, 0);
                  first.close();
                  reset.countDown();
                  accepted.incrementAndGet();
                  converse(resets.accept());
                } catch (IOException | InterruptedException e) {
                  // the test fails for it
                }
              });
      URI uri = URI.create("http://127.0.0.1:" + resets.getLocalPort() + "/m");
      for (byte[] b : new byte[][] {null, new byte[body]}) {
        ClientRequest call =
            new ClientRequest("GET", uri, Map.of(), b, Duration.ofSeconds(50), null);
        RequestHeaders none = new RequestHeaders(Map.of());
        long deadline = System.nanoTime() + call.timeout().toNanos();
        try (ClientResponse a =
            new Http1Call(call, "/m", none, deadline, new Deadlines(timer)).send(connections)) {
          assertThat(a.body().readAllBytes()).asString().isEqualTo("ok");
        }
        waits.countDown();
        assertThat(reset.await(50, TimeUnit.SECONDS)).isTrue();
        answers.add(OK);
      }
    }
  }

  @Test
  void readsAnEarlyResponseToAnUnreadRequest() throws Exception {
    try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket s = busy.accept()) {
                  s.getInputStream().readNBytes(10);
                  s.getOutputStream()
                      .write("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
                  s.shutdownOutput();
                  s.getInputStream().transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      URI to = URI.create("http://127.0.0.1:" + busy.getLocalPort() + "/");
      ClientRequest call =
          new ClientRequest("POST", to, Map.of(), new byte[1 << 20], Duration.ofSeconds(50), null);
      try (ClientResponse a =
          new Http1Call(
                  call,
                  "/",
                  new RequestHeaders(Map.of()),
                  System.nanoTime() + 50_000_000_000L,
                  new Deadlines(timer))
              .send(connections)) {
        assertThat(a.status()).isEqualTo(413);
      }
    }
  }

  @Test
  void closesConnectionsThatAreIdleTooLong() throws Exception {
    answers.add(OK);
    get();
    nanos.addAndGet(Connections.KEEP - 1);
    connections.sweep();
    assertThat(connections.size()).isEqualTo(1);
    nanos.addAndGet(1);
    connections.sweep();
    assertThat(connections.size()).isZero();
    answers.add(OK);
    get();
    nanos.addAndGet(Connections.KEEP);
    answers.add(OK);
    get();
    assertThat(accepted).hasValue(3);
  }

  @Test
  void boundsIdleConnections() throws Exception {
    Connections.Server s = new Connections.Server("h", 1);
    AtomicInteger closed = new AtomicInteger();
    ConnectionStreams w =
        new ConnectionStreams(
            InputStream.nullInputStream(),
            OutputStream.nullOutputStream(),
            closed::incrementAndGet);
    for (int i = 0; i < Connections.MAX_IDLE + 3; i++) {
      connections.release(s, w);
    }
    assertThat(connections.size()).isEqualTo(Connections.MAX_IDLE);
    assertThat(closed).hasValue(3);
  }

  @Test
  void timesOutWhereverTheServerStalls() throws Exception {
    assertThatThrownBy(() -> send("GET", Map.of(), null, Duration.ofMillis(100)))
        .isInstanceOf(java.net.http.HttpTimeoutException.class);
    answers.add("never read");
    answers.add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    try (ClientResponse a = send("GET", Map.of(), null, Duration.ofMillis(300))) {
      assertThatThrownBy(() -> a.body().readAllBytes()).isInstanceOf(IOException.class);
    } catch (java.net.http.HttpTimeoutException e) {
      // the machine was so slow that there was no response in time
    }
    assertThat(connections.size()).isZero();
  }

  @Test
  void interruptedCallerStopsWaiting() throws Exception {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(1);
    Thread t =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    send("GET", Map.of(), null, Duration.ofSeconds(50));
                  } catch (Throwable e) {
                    thrown.set(e);
                  }
                  done.countDown();
                });
    while (accepted.get() == 0) {
      Waiting.pause();
    }
    t.interrupt();
    done.await();
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void callersCannotSetConnectionHeaders() {
    for (String name : List.of("Host", "content-length", "Connection", "a b", "", "x:y")) {
      assertThatThrownBy(() -> send("GET", Map.of(name, "1"), null, Duration.ofSeconds(50)))
          .hasMessage("a header cannot be sent: " + name);
    }
    assertThatThrownBy(() -> send("GET", Map.of("a", "b\r\nc: d"), null, Duration.ofSeconds(50)))
        .hasMessage("a header cannot be sent: a");
  }
}
