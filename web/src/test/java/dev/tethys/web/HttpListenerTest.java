package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
@Tag("slow")
class HttpListenerTest {
  private static final String LONG = "All work and no play makes Jack a dull boy.\n".repeat(4000);
  private static Registry registry;
  private static final CountDownLatch SSE_GO = new CountDownLatch(1);
  private static HttpListener listener;
  private static final HttpClient CLIENT;

  static {
    dev.tethys.web.client.HttpClientFactory.prepare();
    CLIENT = HttpClient.newHttpClient();
  }

  @BeforeAll
  static void start() throws IOException {
    registry = new Registry();
    Routes routes =
        new Routes()
            .get("/hello", (q, r) -> r.send("hello " + q.query().first("name", "nobody")))
            .getOrPost("/params", (q, r) -> r.send(q.params().all("a").toString()))
            .get("/label/{name}/values", (q, r) -> r.send(q.pathParam("name")))
            .get("/files/{rest...}", (q, r) -> r.send("rest=" + q.pathParam("rest")))
            .get("/long", (q, r) -> r.send(LONG))
            .get(
                "/stream",
                (q, r) -> {
                  try (OutputStream out = r.stream()) {
                    for (int i = 0; i < 4; i++) {
                      out.write(LONG.getBytes(UTF_8));
                    }
                  }
                })
            .get(
                "/short-stream",
                (q, r) -> {
                  r.header("Content-Type", "text/x-short");
                  r.stream().write("short".getBytes(UTF_8));
                })
            .get(
                "/events",
                (q, r) -> {
                  r.header("Content-Type", "text/event-stream");
                  OutputStream out = r.stream();
                  out.write("data: one\n\n".getBytes(UTF_8));
                  out.flush();
                  assertThat(SSE_GO.await(20, TimeUnit.SECONDS)).isTrue();
                  out.write("data: two\n\n".getBytes(UTF_8));
                })
            .post(
                "/echo",
                (q, r) ->
                    r.header("X-Encoding", "" + q.header("content-encoding"))
                        .send("x/y", q.bodyBytes(1 << 20)))
            .get(
                "/broken",
                (q, r) -> {
                  throw new IllegalStateException("on purpose");
                })
            .get(
                "/unlinked",
                (q, r) -> {
                  throw new NoClassDefFoundError("on purpose");
                })
            .get(
                "/full",
                (q, r) -> {
                  throw new OutOfMemoryError("on purpose");
                })
            .get(
                "/broken-late",
                (q, r) -> {
                  OutputStream out = r.stream();
                  out.write(new byte[100_000]);
                  throw new IllegalStateException("on purpose");
                })
            .get("/split", (q, r) -> r.header("X-Split", "a\r\nSet-Cookie: b").send("x"))
            .get(
                "/who",
                (q, r) ->
                    r.send(q.protocol() + " " + q.remoteAddress().getAddress().getHostAddress()))
            .get("/nothing", (q, r) -> r.status(204));
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0", "127.0.0.1:0"),
            routes,
            new HttpMetrics(registry, "test"));
  }

  @AfterAll
  static void stop() {
    listener.close();
  }

  private static java.net.http.HttpRequest.Builder to(String path) {
    return java.net.http.HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + listener.port() + path));
  }

  private static java.net.http.HttpResponse<String> get(String path) throws Exception {
    return CLIENT.send(to(path).build(), BodyHandlers.ofString());
  }

  /** Sends bytes as they are and reads until the server closes. */
  private static String raw(String request) throws IOException {
    try (Socket s = new Socket("127.0.0.1", listener.port())) {
      s.setSoTimeout(5_000);
      s.getOutputStream().write(request.getBytes(ISO_8859_1));
      return new String(s.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void servesBothVersionsOnOnePort(HttpClient.Version version) throws Exception {
    if (version.name().equals("HTTP_3")) {
      return;
    }
    java.net.http.HttpResponse<String> r =
        CLIENT.send(to("/hello?name=a%20b").version(version).build(), BodyHandlers.ofString());
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body()).isEqualTo("hello a b");
    assertThat(r.headers().firstValue("content-type")).hasValue("text/plain; charset=utf-8");
  }

  @Test
  void severalAddresses() throws Exception {
    for (InetSocketAddress a : listener.addresses()) {
      assertThat(
              CLIENT
                  .send(
                      java.net.http.HttpRequest.newBuilder(
                              URI.create("http://127.0.0.1:" + a.getPort() + "/hello"))
                          .build(),
                      BodyHandlers.ofString())
                  .body())
          .isEqualTo("hello nobody");
    }
    assertThat(listener.addresses()).hasSize(2);
  }

  @Test
  void formFieldsPrecedeQueryParameters() throws Exception {
    java.net.http.HttpResponse<String> r =
        CLIENT.send(
            to("/params?a=3&b=4")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("a=1&a=2+%C3%A4"))
                .build(),
            BodyHandlers.ofString());
    assertThat(r.body()).isEqualTo("[1, 2 ä, 3]");
    assertThat(raw("GET /params?a=%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 400")
        .contains("invalid URL escape \"%zz\"");
  }

  @Test
  void ignoresAnUpgradeToHttp2() throws Exception {
    try (HttpClient fresh = HttpClient.newHttpClient()) {
      java.net.http.HttpResponse<String> r =
          fresh.send(
              to("/params?a=1")
                  .header("Content-Type", "application/x-www-form-urlencoded")
                  .POST(BodyPublishers.ofString(""))
                  .build(),
              BodyHandlers.ofString());
      assertThat(r.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
      assertThat(r.body()).isEqualTo("[1]");
    }
  }

  @Test
  void queriesMayContainUnescapedCharacters() throws IOException {
    assertThat(
            raw(
                "GET /hello?name=up{job=\"x\",y=~\"[a|b]^\"} HTTP/1.1\r\n"
                    + "Host: x\r\n"
                    + "Connection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200")
        .endsWith("hello up{job=\"x\",y=~\"[a|b]^\"}");
  }

  @Test
  void matchesPaths() throws Exception {
    assertThat(get("/label/a%2Fb%20c/values").body()).isEqualTo("a/b c");
    assertThat(get("/files/x/y.js").body()).isEqualTo("rest=x/y.js");
    assertThat(get("/files/").body()).isEqualTo("rest=");
    assertThat(get("/label//values").statusCode()).isEqualTo(404);
    assertThat(get("/nowhere").statusCode()).isEqualTo(404);
    assertThat(get("/nowhere").body()).isEqualTo("404 page not found\n");
    java.net.http.HttpResponse<String> page =
        CLIENT.send(
            to("/no%3Cb%3Ewhere").header("Accept", "text/html,*/*;q=0.8").GET().build(),
            BodyHandlers.ofString());
    assertThat(page.statusCode()).isEqualTo(404);
    assertThat(page.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
    assertThat(page.body())
        .contains("<h1>404 page not found</h1>", "<a href=\"/\">Open the start page</a>")
        .doesNotContain("<b>");
    java.net.http.HttpResponse<String> r =
        CLIENT.send(to("/hello").DELETE().build(), BodyHandlers.ofString());
    assertThat(r.statusCode()).isEqualTo(405);
    assertThat(r.headers().firstValue("allow")).hasValue("GET, HEAD");
    assertThat(get("/nothing").statusCode()).isEqualTo(204);
  }

  @Test
  void headHasTheHeadersOfGet() throws Exception {
    for (String path : List.of("/long", "/stream", "/hello")) {
      java.net.http.HttpResponse<String> r =
          CLIENT.send(to(path).HEAD().build(), BodyHandlers.ofString());
      assertThat(r.statusCode()).isEqualTo(200);
      assertThat(r.body()).isEmpty();
    }
    assertThat(
            CLIENT
                .send(to("/long").HEAD().build(), BodyHandlers.ofString())
                .headers()
                .firstValue("content-length"))
        .hasValue("" + LONG.length());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/long", "/stream"})
  void compressesForThoseWhoTakeIt(String path) throws Exception {
    byte[] expected = LONG.repeat(path.equals("/long") ? 1 : 4).getBytes(UTF_8);
    java.net.http.HttpResponse<byte[]> plain =
        CLIENT.send(to(path).build(), BodyHandlers.ofByteArray());
    assertThat(plain.body()).isEqualTo(expected);
    java.net.http.HttpResponse<byte[]> gzip =
        CLIENT.send(
            to(path).header("Accept-Encoding", "gzip, deflate").build(),
            BodyHandlers.ofByteArray());
    assertThat(gzip.headers().firstValue("content-encoding")).hasValue("gzip");
    assertThat(gzip.headers().firstValue("vary")).hasValue("Accept-Encoding");
    assertThat(gzip.body()).hasSizeLessThan(10_000);
    assertThat(new GZIPInputStream(new ByteArrayInputStream(gzip.body())).readAllBytes())
        .isEqualTo(expected);
    java.net.http.HttpResponse<byte[]> zstd =
        CLIENT.send(
            to(path).header("Accept-Encoding", "gzip, zstd").build(), BodyHandlers.ofByteArray());
    assertThat(zstd.headers().firstValue("content-encoding")).hasValue("zstd");
    assertThat(
            new com.github.luben.zstd.ZstdInputStream(new ByteArrayInputStream(zstd.body()))
                .readAllBytes())
        .isEqualTo(expected);
    assertThat(
            CLIENT
                .send(
                    to(path).header("Accept-Encoding", "gzip;q=0, br").build(),
                    BodyHandlers.ofByteArray())
                .headers()
                .firstValue("content-encoding"))
        .isEmpty();
  }

  @Test
  void sendsShortResponsesWhole() throws Exception {
    java.net.http.HttpResponse<String> r =
        CLIENT.send(
            to("/short-stream").header("Accept-Encoding", "gzip").build(), BodyHandlers.ofString());
    assertThat(r.headers().firstValue("content-length")).hasValue("5");
    assertThat(r.headers().firstValue("content-encoding")).isEmpty();
    assertThat(r.headers().firstValue("content-type")).hasValue("text/x-short");
    assertThat(r.body()).isEqualTo("short");
  }

  @Test
  void eventsArriveWhenFlushed() throws Exception {
    try (InputStream in =
        CLIENT
            .send(
                to("/events").header("Accept-Encoding", "gzip").build(),
                BodyHandlers.ofInputStream())
            .body()) {
      assertThat(new String(in.readNBytes(11), UTF_8)).isEqualTo("data: one\n\n");
      SSE_GO.countDown();
      assertThat(new String(in.readAllBytes(), UTF_8)).isEqualTo("data: two\n\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"snappy", "gzip", "zstd"})
  void bodiesComeInTheEncodingTheyWereSentIn(String encoding) throws Exception {
    byte[] body = {1, 2, 3};
    java.net.http.HttpResponse<byte[]> r =
        CLIENT.send(
            to("/echo")
                .header("Content-Encoding", encoding)
                .POST(BodyPublishers.ofByteArray(body))
                .build(),
            BodyHandlers.ofByteArray());
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.body()).isEqualTo(body);
    assertThat(r.headers().firstValue("x-encoding")).hasValue(encoding);
  }

  @Test
  void rejectsATooLargeBody() throws Exception {
    assertThat(
            CLIENT
                .send(
                    to("/echo").POST(BodyPublishers.ofByteArray(new byte[2 << 20])).build(),
                    BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(413);
    // One that does not say how large it is, and never ends.
    try (Socket s = new Socket("127.0.0.1", listener.port())) {
      s.setSoTimeout(20_000);
      OutputStream out = s.getOutputStream();
      out.write(
          "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(UTF_8));
      byte[] chunk = ("10000\r\n" + "x".repeat(65536) + "\r\n").getBytes(UTF_8);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 2000; i++) {
                  out.write(chunk);
                }
              })
          .as("the server stops reading and closes")
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void throwingHandlerReturns500() throws Exception {
    java.net.http.HttpResponse<String> r = get("/broken");
    assertThat(r.statusCode()).isEqualTo(500);
    assertThat(r.body()).isEqualTo("Internal Server Error\n").doesNotContain("on purpose");
    assertThat(get("/unlinked").statusCode()).as("an error, no exception").isEqualTo(500);
    assertThat(get("/split").statusCode()).isEqualTo(500);
    assertThat(get("/split").headers().map()).doesNotContainKey("set-cookie");
  }

  @Test
  void fullHeapReturnsRetryAfter() throws Exception {
    java.net.http.HttpResponse<String> r = get("/full");
    assertThat(r.statusCode()).isEqualTo(503);
    assertThat(r.headers().firstValue("Retry-After")).contains("1");
    assertThat(r.body()).isEqualTo("the heap is full, send the request again later\n");
  }

  @Test
  void doesNotAcceptATruncatedResponse() {
    assertThatThrownBy(() -> get("/broken-late")).isInstanceOf(IOException.class);
    assertThatThrownBy(
            () ->
                CLIENT.send(
                    to("/broken-late").version(HttpClient.Version.HTTP_2).build(),
                    BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /hello%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /label/%ff%c0/values HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /label/\u00ff\u00c0/values HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /label/%zz/values HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /label/%/values HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET http://x/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "FOO /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.1\r\nno colon\r\n\r\n",
        "GET /hello HTTP/9.9\r\nHost: x\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n"
            + "xxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n\r\n",
        "\r\n\r\n\r\n\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n\r\n"
      })
  void malformedRequestsAffectOnlyTheirConnection(String request) throws Exception {
    String answer = raw(request);
    assertThat(answer).doesNotContain("Exception").doesNotContain("500");
    assertThat(get("/hello").statusCode()).isEqualTo(200);
  }

  @Test
  void rejectsHugeHeadersAndLines() throws Exception {
    String header = "X-Big: " + "x".repeat(2 << 20) + "\r\n";
    String a = rawMayBreak("GET /hello HTTP/1.1\r\nHost: x\r\n" + header + "\r\n");
    assertThat(a).doesNotContain("200 OK");
    String b = rawMayBreak("GET /hello?" + "y".repeat(2 << 20) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    assertThat(b).doesNotContain("200 OK");
    String c =
        "GET /hello?name="
            + "y".repeat(100_000)
            + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assertThat(raw(c)).as("long queries are ordinary").startsWith("HTTP/1.1 200");
    assertThat(get("/hello").statusCode()).isEqualTo(200);
  }

  private static String rawMayBreak(String request) {
    try {
      return raw(request);
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void countsRequestsByRoute() throws Exception {
    get("/label/one/values");
    get("/label/two/values");
    get("/broken");
    List<MetricFamily> all = registry.gather();
    MetricFamily requests =
        all.stream()
            .filter(f -> f.name().equals("test_http_requests_total"))
            .findFirst()
            .orElseThrow();
    assertThat(requests.metrics())
        .extracting(MetricFamily.Metric::labels)
        .contains(
            Labels.of("code", "200", "handler", "/label/:name/values"),
            Labels.of("code", "500", "handler", "/broken"));
    assertThat(all)
        .extracting(MetricFamily::name)
        .contains("test_http_request_duration_seconds", "test_http_response_size_bytes");
  }

  @Test
  void completesResponsesBeforeClosing() throws Exception {
    for (String encoding : List.of("identity", "gzip", "zstd")) {
      for (String path : List.of("/stream", "/long", "/short-stream", "/hello")) {
        String answer =
            raw(
                "GET "
                    + path
                    + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: "
                    + encoding
                    + "\r\n\r\n");
        int end = answer.indexOf("\r\n\r\n");
        String head = answer.substring(0, end).toLowerCase(java.util.Locale.ROOT);
        String body = answer.substring(end + 4);
        assertThat(head).startsWith("http/1.1 200");
        if (head.contains("transfer-encoding: chunked")) {
          assertThat(body).as(path + " " + encoding).endsWith("0\r\n\r\n");
        } else if (head.contains("content-length: ")) {
          String length = head.replaceAll("(?s).*content-length: (\\d+).*", "$1");
          assertThat(body).as(path + " " + encoding).hasSize(Integer.parseInt(length));
        } else {
          assertThat(body.length()).as(path + " " + encoding).isGreaterThan(20);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\r\n\r\n", "\r\nConnection: keep-alive\r\nHost: x\r\n\r\n"})
  void answersHttp10WholeAndWithTheirLength(String rest) throws IOException {
    for (String path : List.of("/who", "/stream", "/long", "/nowhere")) {
      String answer = raw("GET " + path + " HTTP/1.0" + rest);
      int end = answer.indexOf("\r\n\r\n");
      String head = answer.substring(0, end).toLowerCase(java.util.Locale.ROOT);
      assertThat(head).contains("connection: close").doesNotContain("chunked");
      assertThat(head).contains("content-length: " + (answer.length() - end - 4));
      assertThat(answer).startsWith(path.equals("/nowhere") ? "HTTP/1.1 404" : "HTTP/1.1 200");
    }
    assertThat(raw("GET /who HTTP/1.0" + rest)).endsWith("HTTP/1.0 127.0.0.1");
    assertThat(raw("OPTIONS / HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 404");
  }

  @Test
  void keepsConnectionsAlive() throws Exception {
    try (Socket s = new Socket("127.0.0.1", listener.port())) {
      s.setSoTimeout(20_000);
      for (int i = 0; i < 3; i++) {
        s.getOutputStream().write("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
        byte[] status = s.getInputStream().readNBytes(12);
        assertThat(new String(status, UTF_8)).isEqualTo("HTTP/1.1 204");
        while (s.getInputStream().available() > 0) {
          s.getInputStream().skip(s.getInputStream().available());
        }
      }
    }
  }

  @Test
  void errorNamesAPortInUse() {
    String taken = "127.0.0.1:" + listener.port();
    assertThatThrownBy(() -> HttpListener.start(HttpListenerOptions.on(taken), new Routes(), null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen on " + taken + ": ")
        .hasMessageContaining("in use");
    assertThatThrownBy(
            () -> HttpListener.start(HttpListenerOptions.on("nonsense"), new Routes(), null))
        .hasMessageContaining("must be host:port");
  }

  @Test
  void removesTheRoutePrefix() throws Exception {
    Routes routes = new Routes().get("/x", (q, r) -> r.send(q.path()));
    try (HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withRoutePrefix("/prom"), routes, null)) {
      String base = "http://127.0.0.1:" + l.port();
      assertThat(fetch(base + "/prom/x").body()).isEqualTo("/x");
      assertThat(fetch(base + "/x").statusCode()).isEqualTo(404);
      assertThat(fetch(base + "/promx").statusCode()).isEqualTo(404);
      assertThat(fetch(base + "/").headers().firstValue("location")).hasValue("/prom/");
    }
  }

  private static java.net.http.HttpResponse<String> fetch(String url) throws Exception {
    return CLIENT.send(
        java.net.http.HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
  }

  @Test
  void stopFinishesRequestsInProgress() throws Exception {
    CountDownLatch in = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Routes routes =
        new Routes()
            .get(
                "/slow",
                (q, r) -> {
                  in.countDown();
                  assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
                  r.send("done");
                });
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(20)),
            routes,
            null);
    var answer =
        CLIENT.sendAsync(
            java.net.http.HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + l.port() + "/slow"))
                .version(HttpClient.Version.HTTP_1_1)
                .build(),
            BodyHandlers.ofString());
    assertThat(in.await(20, TimeUnit.SECONDS)).isTrue();
    Thread closing = Thread.ofVirtual().start(l::close);
    go.countDown();
    assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo("done");
    closing.join(Duration.ofSeconds(20));
    assertThat(closing.isAlive()).isFalse();
  }

  /** A frame as RFC 9113 section 4.1 has it: length, type, flags, stream. */
  private record Frame(int type, byte[] payload) {
    static Frame read(InputStream in) throws IOException {
      byte[] head = in.readNBytes(9);
      if (head.length < 9) {
        return new Frame(-1, new byte[0]);
      }
      int length = (head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | head[2] & 0xff;
      return new Frame(head[3], in.readNBytes(length));
    }
  }

  private static final byte[] MOST = {0x7f, -1, -1, -1};

  @Test
  void stopSendsGoAwayOnIdleHttp2Connections() throws Exception {
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(60)),
            new Routes().get("/", (q, r) -> r.send("x")),
            null);
    try (Socket s = new Socket("127.0.0.1", l.port())) {
      s.setSoTimeout(20_000);
      OutputStream out = s.getOutputStream();
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.write(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0}); // SETTINGS
      // A ping of eight bytes: once it is answered the connection is the engine's.
      out.write(new byte[] {0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8});
      out.flush();
      Frame f = Frame.read(s.getInputStream());
      while (f.type() != 6) {
        f = Frame.read(s.getInputStream());
      }
      Thread closing = Thread.ofVirtual().start(l::close);
      f = Frame.read(s.getInputStream());
      assertThat(f.type()).as("GOAWAY").isEqualTo(7);
      assertThat(Arrays.copyOfRange(f.payload(), 4, 8)).as("no error").containsOnly(0);
      assertThat(Arrays.copyOf(f.payload(), 4)).as("what is on its way").isEqualTo(MOST);
      f = Frame.read(s.getInputStream());
      assertThat(f.type()).as("PING, for its client to answer that it has heard").isEqualTo(6);
      out.write(new byte[] {0, 0, 8, 6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
      out.flush();
      f = Frame.read(s.getInputStream());
      assertThat(f.type()).as("GOAWAY").isEqualTo(7);
      assertThat(Arrays.copyOf(f.payload(), 4)).as("there was no stream").containsOnly(0);
      assertThat(s.getInputStream().read()).isEqualTo(-1);
      closing.join(Duration.ofSeconds(20));
      assertThat(closing.isAlive()).isFalse();
    }
  }
}
