package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/1 byte by byte, over sockets: RFC 9112, and what hides requests from other readers. */
@Timeout(60)
@Tag("slow")
class Http1Test {
  private static final BodyBuffer REUSED = new BodyBuffer();
  private static HttpListener listener;

  @BeforeAll
  static void start() throws IOException {
    Routes routes =
        new Routes()
            .get("/thread", (q, r) -> r.send(Thread.currentThread().isVirtual() ? "many" : "own"))
            .get("/host", (q, r) -> r.send(q.host() + " " + q.rawPath() + " " + q.rawQuery()))
            .get("/header", (q, r) -> r.send(q.headers("X-A") + " " + q.headerNames()))
            .post("/echo", (q, r) -> r.send(q.bodyBytes(1 << 20)))
            .post(
                "/reused",
                (q, r) -> {
                  int n = q.bodyBytes(1 << 20, REUSED);
                  r.send(new String(REUSED.bytes(), 0, n, ISO_8859_1));
                })
            .post("/unread", (q, r) -> r.send("not wanted"))
            .get(
                "/pieces",
                (q, r) -> {
                  OutputStream out = r.uncompressed().stream();
                  for (byte[] piece : pieces(Long.parseLong(q.rawQuery()))) {
                    out.write(piece);
                  }
                })
            .get(
                "/big",
                (q, r) -> {
                  OutputStream out = r.uncompressed().stream();
                  for (int i = 0; i < 300; i++) {
                    out.write((i + "x".repeat(i * 10) + "\n").getBytes(ISO_8859_1));
                  }
                });
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterAll
  static void stop() {
    listener.close();
  }

  /** Some of every size up to beyond what a response gathers, each told from the others. */
  private static List<byte[]> pieces(long seed) {
    Random r = new Random(seed);
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      int length = 1 + r.nextInt(1 << r.nextInt(18));
      all.add((i + "." + "x".repeat(length)).getBytes(ISO_8859_1));
    }
    return all;
  }

  /** A connection that is read answer by answer. */
  private static final class Client implements AutoCloseable {
    final Socket socket = new Socket("127.0.0.1", listener.port());
    final InputStream in = socket.getInputStream();
    String head = "";

    Client() throws IOException {
      socket.setSoTimeout(20_000);
      socket.setTcpNoDelay(true);
    }

    Client send(String bytes) throws IOException {
      socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
      return this;
    }

    private String line() throws IOException {
      StringBuilder out = new StringBuilder();
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < 0) {
          throw new IOException("the connection ended: " + head + out);
        }
        out.append((char) c);
      }
      assertThat(out).endsWith("\r");
      return out.substring(0, out.length() - 1);
    }

    /** Status and body of the next response, such as {@code 200 text}. */
    String answer() throws IOException {
      StringBuilder all = new StringBuilder();
      for (String l = line(); !l.isEmpty(); l = line()) {
        all.append(l).append('\n');
      }
      head = all.toString().toLowerCase(java.util.Locale.ROOT);
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      int length = head.indexOf("content-length: ");
      if (length >= 0) {
        String digits = head.substring(length + 16, head.indexOf('\n', length));
        body.writeBytes(in.readNBytes(Integer.parseInt(digits)));
      } else if (head.contains("transfer-encoding: chunked")) {
        for (int n = chunk(); n > 0; n = chunk()) {
          body.writeBytes(in.readNBytes(n));
          assertThat(line()).isEmpty();
        }
        assertThat(line()).isEmpty();
      }
      return head.substring(9, 12) + " " + body.toString(ISO_8859_1);
    }

    private int chunk() throws IOException {
      return Integer.parseInt(line(), 16);
    }

    boolean ended() throws IOException {
      return in.read() < 0;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static final String GET = " HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final String CHUNKED =
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

  @Test
  void servesPipelinedRequestsInOrder() throws IOException {
    try (Client c = new Client()) {
      c.send(
          "GET /host?1"
              + GET
              + "POST /echo HTTP/1.1\r\nhost:y\r\nCONTENT-LENGTH: 5 \r\n\r\nhello"
              + CHUNKED
              + "3\r\nabc\r\n0\r\n\r\n"
              + "\r\nGET /host?2"
              + GET);
      assertThat(c.answer()).isEqualTo("200 x /host 1");
      assertThat(c.answer()).isEqualTo("200 hello");
      assertThat(c.answer()).isEqualTo("200 abc");
      assertThat(c.answer()).isEqualTo("200 x /host 2");
    }
  }

  @Test
  void acceptsRequestByteByByte() throws IOException {
    String all =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
            + CHUNKED
            + "A;name=\"value\"\r\n0123456789\r\n00\r\nTrailer: t\r\n\r\nGET /host"
            + GET;
    try (Client c = new Client()) {
      for (char x : all.toCharArray()) {
        c.send(String.valueOf(x));
      }
      assertThat(c.answer()).isEqualTo("200 abc");
      assertThat(c.answer()).isEqualTo("200 0123456789");
      assertThat(c.answer()).isEqualTo("200 x /host ");
    }
  }

  @Test
  void readsBodiesOfAllSizesInPiecesOfAllSizes() throws IOException {
    Random random = new Random(7);
    try (Client c = new Client()) {
      for (int i = 0; i < 60; i++) {
        byte[] body = new byte[random.nextInt(1 << random.nextInt(1, 20))];
        random.nextBytes(body);
        String text = new String(body, ISO_8859_1);
        StringBuilder request = new StringBuilder();
        if (random.nextBoolean()) {
          request.append("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length);
          request.append("\r\n\r\n").append(text);
        } else {
          request.append(CHUNKED);
          for (int at = 0; at < body.length; ) {
            int n = Math.min(body.length - at, random.nextInt(1, 100_000));
            request.append(Integer.toHexString(n)).append("\r\n");
            request.append(text, at, at + n).append("\r\n");
            at += n;
          }
          request.append("0\r\n\r\n");
        }
        for (int at = 0; at < request.length(); ) {
          int n = Math.min(request.length() - at, random.nextInt(1, 200_000));
          c.send(request.substring(at, at + n));
          at += n;
        }
        assertThat(c.answer()).isEqualTo("200 " + text);
      }
    }
  }

  @Test
  void distinguishesAlmostIdenticalHeads() throws IOException {
    try (Client c = new Client()) {
      for (String body : new String[] {"ab", "cd", "efg", "hij", "x".repeat(12), "y".repeat(34)}) {
        c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length() + "\r\n\r\n");
        assertThat(c.send(body).answer()).isEqualTo("200 " + body);
      }
      for (String query : new String[] {"a", "a", "b", "bb", "b"}) {
        assertThat(c.send("GET /host?" + query + GET).answer()).isEqualTo("200 x /host " + query);
      }
      for (String value : new String[] {"1", "1", "2"}) {
        c.send("GET /header HTTP/1.1\r\nHost: x\r\nX-A: " + value + "\r\n\r\n");
        assertThat(c.answer()).isEqualTo("200 [" + value + "] [Host, X-A]");
      }
      c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
      assertThat(c.answer()).isEqualTo("200 a");
      c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: a\r\n\r\na");
      assertThat(c.answer()).startsWith("400");
    }
  }

  @Test
  void longAnswersComeInChunks() throws IOException {
    StringBuilder expected = new StringBuilder("200 ");
    for (int i = 0; i < 300; i++) {
      expected.append(i).append("x".repeat(i * 10)).append('\n');
    }
    try (Client c = new Client()) {
      for (int i = 0; i < 3; i++) {
        assertThat(c.send("GET /big" + GET).answer()).isEqualTo(expected.toString());
        assertThat(c.head).contains("transfer-encoding: chunked", "date: ");
      }
    }
  }

  @Test
  void keepsTheOrderOfPiecesOfAnySize() throws IOException {
    try (Client c = new Client()) {
      for (int seed = 0; seed < 50; seed++) {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        pieces(seed).forEach(expected::writeBytes);
        assertThat(c.send("GET /pieces?" + seed + GET).answer())
            .as("pieces of seed %d", seed)
            .isEqualTo("200 " + expected.toString(ISO_8859_1));
      }
    }
  }

  @Test
  void sendsContinueToAClientThatExpectsIt() throws IOException {
    String expecting = " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    try (Client c = new Client()) {
      assertThat(c.send("POST /echo" + expecting).answer()).isEqualTo("100 ");
      assertThat(c.send("body").answer()).isEqualTo("200 body");
      assertThat(c.send("POST /unread" + expecting).answer()).isEqualTo("200 not wanted");
      assertThat(c.ended()).as("nobody knows whether the body is still sent").isTrue();
    }
  }

  @Test
  void drainsAnUnreadBody() throws IOException {
    try (Client c = new Client()) {
      c.send("POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n");
      c.send("y".repeat(70_000) + "GET /host" + GET);
      assertThat(c.answer()).isEqualTo("200 not wanted");
      assertThat(c.answer()).isEqualTo("200 x /host ");
    }
  }

  @Test
  void readsConsecutiveBodiesInOneBuffer() throws IOException {
    try (Client c = new Client()) {
      for (int size : new int[] {3, 200_000, 40_000, 0, 7, 32 << 10, 300_000, 9}) {
        String body = (size + "y".repeat(size)).substring(0, size);
        c.send("POST /reused HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + "\r\n\r\n" + body);
        assertThat(c.answer()).isEqualTo("200 " + body);
        String chunk = size == 0 ? "" : Integer.toHexString(size) + "\r\n" + body + "\r\n";
        c.send("POST /reused HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        c.send(chunk + "0\r\n\r\n");
        assertThat(c.answer()).isEqualTo("200 " + body);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://there:90/host?a=b,there:90 /host a=b",
    "HTTP://there?a,404",
    "/host?a?b#c,x /host a?b#c",
    "/host?\u00c3\u00a4,x /host \u00c3\u00a4",
    "/host?,x /host ''",
    "*,404",
  })
  void targets(String target, String expected) throws IOException {
    try (Client c = new Client()) {
      String answer = c.send("GET " + target + GET).answer();
      if (expected.equals("404")) {
        assertThat(answer).startsWith("404");
      } else {
        assertThat(answer).isEqualTo("200 " + expected.replace("''", ""));
      }
    }
  }

  @Test
  void acceptsHeadersInAnyCaseAndBareLineFeeds() throws IOException {
    try (Client c = new Client()) {
      c.send("GET /header HTTP/1.1\nHost: x\r\nX-a:  1 , 2\t\nx-A:\r\n\n");
      assertThat(c.answer()).isEqualTo("200 [1 , 2, ] [Host, X-a, x-A]");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /host HTTP/1.1\r\n\r\n",
        "GET /host HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET /host HTTP/1.1\r\nHost: x y\r\n\r\n",
        "GET /host HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        "GET /host HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET /host HTTP/1.1\r\nHost: x\r\nX-A : 1\r\n\r\n",
        "GET /host HTTP/1.1\r\nHost: x\r\nX-A: 1\rX-B: 2\r\n\r\n",
        "GET /host HTTP/1.1\r\nHost: x\r\nX-A: 1\u00002\r\n\r\n",
        "GET /host HTTP/1.1\r\nHost: x\r\n: 1\r\n\r\n",
        "GET /host  HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        " GET /host HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /host\r\n\r\n",
        "GET host HTTP/1.1\r\nHost: x\r\n\r\n",
        "G\u00cbT /host HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\na",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\na",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        CHUNKED + "3\nabc\r\n0\r\n\r\n",
        CHUNKED + "3\r\nabcd\r\n0\r\n\r\n",
        CHUNKED + "-3\r\nabc\r\n0\r\n\r\n",
        CHUNKED + "0x3\r\nabc\r\n0\r\n\r\n",
        CHUNKED + "\r\nabc\r\n0\r\n\r\n",
        CHUNKED + "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
      })
  void rejectsAmbiguousRequestsAndClosesTheConnection(String request) throws IOException {
    try (Client c = new Client()) {
      c.send(request);
      c.socket.shutdownOutput();
      assertThat(c.answer()).startsWith("400 Bad Request");
      assertThat(c.head).contains("connection: close");
      assertThat(c.ended()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET /host HTTP/1.2,505",
    "GET /host HTTP/3.0,505",
    "GET /host HTTP/1.1|Host: x|Transfer-Encoding: gzip,501",
    "GET /host HTTP/1.1|Host: x|Transfer-Encoding: chunked|Transfer-Encoding: chunked,501",
  })
  void rejectsUnsupportedRequestsWithTheirStatus(String request, int status) throws IOException {
    try (Client c = new Client()) {
      assertThat(c.send(request.replace("|", "\r\n") + "\r\n\r\n").answer())
          .startsWith(status + " ");
      assertThat(c.ended()).isTrue();
    }
  }

  @Test
  void rejectsTooLongHeads() throws IOException {
    for (int bytes : new int[] {(2 << 20) + 100, 8 << 20}) {
      try (Client c = new Client()) {
        assertThat(sentAndAnswered(c, "GET /" + "a".repeat(bytes) + GET)).startsWith("414");
      }
      try (Client c = new Client()) {
        String header = "X: " + "a".repeat(bytes) + "\r\n";
        assertThat(sentAndAnswered(c, "GET / HTTP/1.1\r\nHost: x\r\n" + header)).startsWith("431");
      }
    }
  }

  private static String sentAndAnswered(Client c, String request) throws IOException {
    Thread sender =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    c.send(request);
                  } catch (IOException e) {
                    // The server reads only so much of it.
                    c.head = e.toString();
                  }
                });
    try {
      return c.answer();
    } finally {
      c.close();
      sender.interrupt();
    }
  }

  @Test
  void randomBytesNeverBreakTheServer() throws IOException {
    Random random = new Random(11);
    String[] parts = {
      "GET ",
      "POST ",
      "/echo",
      "/host",
      " HTTP/1.1",
      "\r\n",
      "\n",
      "\r",
      ": ",
      ":",
      "Host",
      "x",
      "Content-Length",
      "3",
      "Transfer-Encoding",
      "chunked",
      "0",
      " ",
      "\t",
      "\u0000",
      "\u00ff",
      "Expect: 100-continue",
      "Connection: close",
      "?",
      "%",
      "A",
      ";"
    };
    for (int i = 0; i < 300; i++) {
      StringBuilder request = new StringBuilder(random.nextBoolean() ? "POST /echo HTTP/1.1" : "");
      for (int k = random.nextInt(60); k > 0; k--) {
        request.append(parts[random.nextInt(parts.length)]);
      }
      try (Client c = new Client()) {
        c.send(request.toString());
        c.socket.shutdownOutput();
        String all = new String(c.in.readAllBytes(), ISO_8859_1);
        assertThat(all).as(request.toString()).doesNotContain(" 500 ");
        assertThat(all.isEmpty() || all.startsWith("HTTP/1.1 ")).as(all).isTrue();
      }
    }
  }

  @Test
  void busyConnectionUsesPlatformThreadUntilIdle() throws Exception {
    try (Client c = new Client()) {
      assertThat(c.send("GET /thread" + GET).answer()).isEqualTo("200 many");
      List<String> seen = new ArrayList<>();
      while (!seen.contains("200 own")) {
        seen.add(c.send("GET /thread" + GET).answer());
        assertThat(seen).hasSizeLessThan(10_000);
      }
      // Slower within a request than what counts as silence between two of them.
      c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Le");
      Thread.sleep(1_300);
      c.send("ngth: 4\r\n\r\nab");
      Thread.sleep(1_300);
      assertThat(c.send("cd").answer()).isEqualTo("200 abcd");
      while (c.send("GET /thread" + GET).answer().equals("200 own")) {
        Thread.sleep(1_100);
      }
    }
  }

  @Test
  void servesMoreBusyConnectionsThanThreads() throws Exception {
    List<Client> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        clients.add(new Client());
      }
      for (int round = 0; round < 40; round++) {
        for (Client c : clients) {
          c.send("GET /host?" + round + GET);
        }
        for (Client c : clients) {
          assertThat(c.answer()).isEqualTo("200 x /host " + round);
        }
      }
    } finally {
      for (Client c : clients) {
        c.close();
      }
    }
  }

  /** Some clients name the end among other options. */
  @Test
  void connectionCloseMayBeInAList() throws Exception {
    for (String h : List.of("TE, close", "keep-alive\r\nConnection: Close", "close,x")) {
      try (Client c = new Client()) {
        c.send("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: " + h + "\r\n\r\n");
        assertThat(new String(c.in.readAllBytes(), ISO_8859_1))
            .as(h)
            .containsIgnoringCase("connection: close");
      }
    }
  }
}
