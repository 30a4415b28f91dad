package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2FrameData;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2HuffmanDecoder;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("slow")
@Timeout(60)
class GrpcAndAssetsTest {
  private static final int MAX = 1000;
  private static HttpListener listener;

  @BeforeAll
  static void start() throws IOException {
    dev.tethys.web.client.HttpClientFactory.prepare();
    StaticAssets assets = new StaticAssets(GrpcAndAssetsTest.class.getClassLoader(), "test-ui");
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    "/test.Echo/Say",
                    Grpc.unary(MAX, (m, q) -> ("<" + new String(m, UTF_8) + ">").getBytes(UTF_8)))
                .post(
                    "/test.Echo/Fail",
                    Grpc.unary(
                        MAX,
                        (m, q) -> {
                          throw new GrpcException(
                              GrpcException.Status.INVALID_ARGUMENT, "50% of ä is wrong");
                        }))
                .post(
                    "/test.Echo/Break",
                    Grpc.unary(
                        MAX,
                        (m, q) -> {
                          throw new IllegalStateException("on purpose");
                        }))
                .get("/assets/{file...}", assets.under("assets/", "file"))
                .get("/", assets.file("index.html")),
            null);
  }

  @AfterAll
  static void stop() {
    listener.close();
  }

  /** What a call gave: its headers and trailers as lines, and the bytes between them. */
  private record Outcome(List<String> headers, byte[] body) {}

  /** One call over HTTP/2, frame by frame (RFC 9113), because no client here shows trailers. */
  private static Outcome call(String path, byte[] body, String... more) throws IOException {
    try (Socket s = new Socket("127.0.0.1", listener.port())) {
      s.setSoTimeout(20_000);
      OutputStream out = s.getOutputStream();
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
      frame(out, 4, 0, 0, new byte[0]);
      ByteArrayOutputStream headers = new ByteArrayOutputStream();
      // POST and http from the static table, path and authority with names from it.
      headers.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86, 4, (byte) path.length()});
      headers.writeBytes(path.getBytes(ISO_8859_1));
      headers.writeBytes(new byte[] {1, 1, 'x'});
      literals(headers, "content-type", "application/grpc", "te", "trailers");
      literals(headers, more);
      frame(out, 1, 4, 1, headers.toByteArray());
      // The message comes in two frames, cut inside its prefix.
      int cut = Math.min(3, body.length);
      frame(out, 0, 0, 1, java.util.Arrays.copyOf(body, cut));
      frame(out, 0, 1, 1, java.util.Arrays.copyOfRange(body, cut, body.length));
      DataInputStream in = new DataInputStream(s.getInputStream());
      Http2Headers.DynamicTable table = Http2Headers.DynamicTable.create(4096);
      List<String> got = new ArrayList<>();
      ByteArrayOutputStream data = new ByteArrayOutputStream();
      while (true) {
        byte[] head = in.readNBytes(9);
        assertThat(head).as("the stream ends before the connection").hasSize(9);
        int length = (head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | head[2] & 0xff;
        byte[] payload = in.readNBytes(length);
        int stream = ByteBuffer.wrap(head).getInt(5);
        if (head[3] == 3 || head[3] == 7) {
          got.add("frame " + head[3] + " " + new String(payload, ISO_8859_1));
          return new Outcome(got, data.toByteArray());
        }
        if (stream != 1) {
          continue;
        }
        if (head[3] == 0) {
          data.writeBytes(payload);
        } else if (head[3] == 1) {
          Http2FrameHeader h =
              Http2FrameHeader.create(
                  length,
                  Http2FrameTypes.HEADERS,
                  Http2Flag.HeaderFlags.create(head[4] | Http2Flag.END_OF_HEADERS),
                  1);
          Http2Headers decoded =
              Http2Headers.create(
                  null,
                  table,
                  Http2HuffmanDecoder.create(),
                  new Http2FrameData(h, BufferData.create(payload)));
          if (decoded.status() != null) {
            got.add(":status: " + decoded.status().code());
          }
          decoded.httpHeaders().forEach(x -> got.add(x.name() + ": " + x.get()));
        }
        if ((head[4] & 1) != 0 && (head[3] == 0 || head[3] == 1)) {
          return new Outcome(got, data.toByteArray());
        }
      }
    }
  }

  private static void literals(ByteArrayOutputStream out, String... namesAndValues) {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      out.write(0);
      for (String s : new String[] {namesAndValues[i], namesAndValues[i + 1]}) {
        out.write(s.length());
        out.writeBytes(s.getBytes(ISO_8859_1));
      }
    }
  }

  private static void frame(OutputStream out, int type, int flags, int stream, byte[] payload)
      throws IOException {
    int n = payload.length;
    out.write(new byte[] {(byte) (n >> 16), (byte) (n >> 8), (byte) n, (byte) type, (byte) flags});
    out.write(ByteBuffer.allocate(4).putInt(stream).array());
    out.write(payload);
    out.flush();
  }

  private static byte[] message(int compressed, byte[] content) {
    return ByteBuffer.allocate(5 + content.length)
        .put((byte) compressed)
        .putInt(content.length)
        .put(content)
        .array();
  }

  @Test
  void servesUnaryCalls() throws IOException {
    Outcome o = call("/test.Echo/Say", message(0, "hi".getBytes(UTF_8)));
    assertThat(o.headers())
        .contains(":status: 200", "Content-Type: application/grpc", "grpc-status: 0");
    assertThat(o.body()).isEqualTo(message(0, "<hi>".getBytes(UTF_8)));
  }

  @Test
  void takesGzip() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream g = new GZIPOutputStream(packed)) {
      g.write("packed".getBytes(UTF_8));
    }
    Outcome o = call("/test.Echo/Say", message(1, packed.toByteArray()), "grpc-encoding", "gzip");
    assertThat(o.body()).isEqualTo(message(0, "<packed>".getBytes(UTF_8)));
    assertThat(call("/test.Echo/Say", message(1, new byte[9]), "grpc-encoding", "br").headers())
        .contains("grpc-status: 12");
    assertThat(call("/test.Echo/Say", message(1, new byte[9]), "grpc-encoding", "gzip").headers())
        .contains("grpc-status: 13");
  }

  @Test
  void failsWithAStatus() throws IOException {
    assertThat(call("/test.Echo/Fail", message(0, new byte[0])).headers())
        .contains(":status: 200", "grpc-status: 3", "grpc-message: 50%25 of %C3%A4 is wrong");
    assertThat(call("/test.Echo/Break", message(0, new byte[0])).headers())
        .contains("grpc-status: 13", "grpc-message: internal error");
    assertThat(call("/test.Echo/None", message(0, new byte[0])).headers()).contains(":status: 404");
  }

  @Test
  void boundsMessages() throws IOException {
    assertThat(call("/test.Echo/Say", message(0, new byte[MAX + 1])).headers())
        .contains("grpc-status: 8");
    byte[] liar = {0, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 1, 2};
    assertThat(call("/test.Echo/Say", liar).headers()).contains("grpc-status: 8");
    byte[] shorter = {0, 0, 0, 0, 9, 1, 2};
    assertThat(call("/test.Echo/Say", shorter).headers()).contains("grpc-status: 13");
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (OutputStream g = new GZIPOutputStream(bomb)) {
      g.write(new byte[100_000]);
    }
    assertThat(
            call("/test.Echo/Say", message(1, bomb.toByteArray()), "grpc-encoding", "gzip")
                .headers())
        .contains("grpc-status: 8");
  }

  private static java.net.http.HttpResponse<String> get(String path, String... headers)
      throws Exception {
    java.net.http.HttpRequest.Builder b =
        java.net.http.HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + listener.port() + path));
    if (headers.length > 0) {
      b.headers(headers);
    }
    return HttpClient.newHttpClient().send(b.build(), BodyHandlers.ofString());
  }

  @Test
  void servesAssets() throws Exception {
    java.net.http.HttpResponse<String> js = get("/assets/index-3fa9c1d2.js");
    assertThat(js.body()).contains("const a");
    assertThat(js.headers().firstValue("content-type")).hasValue("text/javascript; charset=utf-8");
    assertThat(js.headers().firstValue("cache-control"))
        .hasValueSatisfying(v -> assertThat(v).contains("immutable"));
    java.net.http.HttpResponse<String> page = get("/");
    assertThat(page.headers().firstValue("cache-control")).hasValue("no-cache");
    String tag = page.headers().firstValue("etag").orElseThrow();
    assertThat(get("/", "If-None-Match", tag).statusCode()).isEqualTo(304);
    for (String bad :
        List.of(
            "/assets/../index.html",
            "/assets/%2e%2e/index.html",
            "/assets/..%2findex.html",
            "/assets//index-3fa9c1d2.js",
            "/assets/",
            "/assets/nothing.js")) {
      assertThat(get(bad).statusCode()).as(bad).isEqualTo(404);
    }
  }

  @Test
  void derivesItsUrl() {
    assertThat(ExternalUrl.of("http://x/a/b/", null, 9090, false))
        .isEqualTo(new ExternalUrl(URI.create("http://x/a/b"), "/a/b"));
    assertThat(ExternalUrl.of("https://x:1", "/", 9090, false))
        .isEqualTo(new ExternalUrl(URI.create("https://x:1"), ""));
    assertThat(ExternalUrl.of("", "p/", 9090, true).url().toString())
        .startsWith("https://")
        .endsWith(":9090");
    assertThatThrownBy(() -> ExternalUrl.of("\"http://x\"", null, 1, false))
        .hasMessageContaining("quotes");
    assertThatThrownBy(() -> ExternalUrl.of("just/a/path", null, 1, false))
        .hasMessageContaining("has no scheme or host");
  }
}
