package dev.tethys.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.Builder;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ServerWebSocketTest {
  private static final int MAX = 1000;
  private static final BlockingQueue<String> ENDS = new LinkedBlockingQueue<>();
  private static HttpListener listener;
  private static HttpClient client;

  @BeforeAll
  static void start() throws IOException {
    dev.tethys.web.client.HttpClientFactory.prepare();
    client = HttpClient.newHttpClient();
    Routes routes =
        new Routes()
            .webSocket(
                "/echo",
                (q, r) -> {
                  ServerWebSocket ws = ServerWebSocket.accept(q, r, MAX);
                  byte[] message = ws.receive();
                  while (message != null) {
                    if (new String(message, UTF_8).equals("leave")) {
                      Thread.ofVirtual().start(ws::receive);
                      ws.close(ServerWebSocket.GOING_AWAY, "the server stops", 5000);
                      break;
                    }
                    ws.sendText(new String(message, UTF_8));
                    message = ws.receive();
                  }
                  ENDS.add("ended " + ws.isEnded());
                })
            .get("/hello", (q, r) -> r.send("hello"));
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterAll
  static void stop() {
    listener.close();
    client.close();
  }

  /** Messages and the end as a client of the JDK receives them. */
  private static final class Received implements WebSocket.Listener {
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final StringBuilder part = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket ws, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        events.add(part.toString());
        part.setLength(0);
      }
      ws.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket ws, ByteBuffer message) {
      events.add("pong " + UTF_8.decode(message));
      ws.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket ws, int code, String reason) {
      events.add(code + " " + reason);
      return null;
    }

    @Override
    public void onError(WebSocket ws, Throwable error) {
      events.add("error " + error);
    }

    String next() throws InterruptedException {
      return String.valueOf(events.poll(20, TimeUnit.SECONDS));
    }
  }

  private static WebSocket open(Received to, String... headers) {
    WebSocket.Builder b = client.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      b.header(headers[i], headers[i + 1]);
    }
    return b.buildAsync(URI.create("ws://127.0.0.1:" + listener.port() + "/echo"), to).join();
  }

  @Test
  void echoesMessagesOfAllSizes() throws Exception {
    Received got = new Received();
    WebSocket ws = open(got);
    for (int size : new int[] {0, 1, 125, 126, 999, 1000}) {
      String text = "x".repeat(size);
      ws.sendText(text, true).join();
      assertThat(got.next()).isEqualTo(text);
    }
    ws.sendText("två ", false).join();
    ws.sendPing(ByteBuffer.wrap("p".getBytes(UTF_8))).join();
    ws.sendText("delar", true).join();
    assertThat(got.next()).isEqualTo("pong p");
    assertThat(got.next()).isEqualTo("två delar");
    ws.sendClose(4000, "enough").join();
    assertThat(got.next()).isEqualTo("4000 ");
    assertThat(ENDS.poll(20, TimeUnit.SECONDS)).isEqualTo("ended true");
  }

  @Test
  void serverClosesWithCodeAndReason() throws Exception {
    Received got = new Received();
    WebSocket ws = open(got);
    ws.sendText("leave", true).join();
    assertThat(got.next()).isEqualTo("1001 the server stops");
  }

  @Test
  void tooLargeMessageClosesTheSocket() throws Exception {
    Received got = new Received();
    WebSocket ws = open(got);
    ws.sendText("y".repeat(600), false).join();
    ws.sendText("y".repeat(401), true).join();
    assertThat(got.next()).isEqualTo("1009 message is larger than 1000 bytes");
  }

  @Test
  void rejectsForeignOrigin() {
    assertThatThrownBy(() -> open(new Received(), "Origin", "http://elsewhere.example"))
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            WebSocketHandshakeException.class,
            e -> assertThat(e.getResponse().statusCode()).isEqualTo(403));
    open(new Received(), "Origin", "http://127.0.0.1:" + listener.port()).abort();
  }

  @Test
  void rejectsOtherRequests() throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + listener.port() + "/echo");
    Builder b = java.net.http.HttpRequest.newBuilder(uri);
    var plain = client.send(b.build(), BodyHandlers.ofString());
    assertThat(plain.statusCode()).isEqualTo(400);
    assertThat(plain.body()).contains("this endpoint is a WebSocket");
  }

  private static final String HEAD =
      "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n"
          + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

  private static byte[] masked(int first, String text) {
    ByteArrayOutputStream o = new ByteArrayOutputStream();
    byte[] t = text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    o.write(first);
    o.write(0x80 | t.length);
    o.writeBytes(new byte[] {1, 2, 3, 4});
    for (int i = 0; i < t.length; i++) {
      o.write(t[i] ^ (i % 4 + 1));
    }
    return o.toByteArray();
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder sb = new StringBuilder();
    while (!sb.toString().endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        break;
      }
      sb.append((char) b);
    }
    return sb.toString();
  }

  /** Close code that the server answers to bytes. */
  private static int closedFor(byte[] bytes) throws IOException {
    try (Socket s = new Socket("127.0.0.1", listener.port())) {
      s.setSoTimeout(20_000);
      OutputStream out = s.getOutputStream();
      out.write(HEAD.getBytes(UTF_8));
      out.write(bytes); // with the head: frames may follow it at once
      DataInputStream in = new DataInputStream(s.getInputStream());
      assertThat(head(in))
          .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
          .contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
      assertThat(in.readUnsignedByte()).isEqualTo(0x88);
      int length = in.readUnsignedByte();
      int code = in.readUnsignedShort();
      in.readNBytes(length - 2);
      assertThat(in.read()).isEqualTo(-1);
      return code;
    }
  }

  @Test
  void closesWithCodeOnBrokenFrames() throws IOException {
    assertThat(closedFor(new byte[] {(byte) 0x81, 1, 'x'})).isEqualTo(1002); // not masked
    assertThat(closedFor(masked(0xc1, "x"))).isEqualTo(1002); // reserved bit
    assertThat(closedFor(masked(0x83, "x"))).isEqualTo(1002); // reserved opcode
    assertThat(closedFor(masked(0x80, "x"))).isEqualTo(1002); // continues nothing
    assertThat(closedFor(masked(0x09, "x"))).isEqualTo(1002); // fragmented ping
    assertThat(closedFor(masked(0x81, "\u00ff"))).isEqualTo(1007); // not UTF-8
    assertThat(closedFor(masked(0x88, "\u0003"))).isEqualTo(1002); // close of one byte
    assertThat(closedFor(masked(0x88, "\u0003\u00ed"))).isEqualTo(1002); // close 1005
    assertThat(closedFor(masked(0x88, "\u0003\u00e8"))).isEqualTo(1000);
    byte[] huge = {(byte) 0x82, (byte) 0xff, 0x7f, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0};
    assertThat(closedFor(huge)).isEqualTo(1009);
  }

  @Test
  void rejectsInvalidVersionAndKey() throws IOException {
    for (String head :
        new String[] {
          HEAD.replace("Version: 13", "Version: 8"), HEAD.replace("dGhlIHNhbXBsZSBub25jZQ==", "x")
        }) {
      try (Socket s = new Socket("127.0.0.1", listener.port())) {
        s.setSoTimeout(20_000);
        s.getOutputStream().write(head.getBytes(UTF_8));
        assertThat(head(s.getInputStream())).startsWith("HTTP/1.1 400 ");
      }
    }
  }
}
