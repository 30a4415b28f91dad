package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.testkit.Waiting;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of HTTP/2 that make a server work, or keep memory, for next to nothing. */
@Timeout(60)
@Tag("slow")
class Http2FloodTest {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int CALM = 11;
  private static final int HTTP_1_1_REQUIRED = 13;
  private static final long RESERVED = 1 << 20;

  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger handled = new AtomicInteger();
  private HttpListener listener;
  private Socket socket;
  private OutputStream out;
  private DataInputStream in;

  @BeforeEach
  void begin() throws IOException {
    connect(HttpListenerOptions.on("127.0.0.1:0"));
  }

  private void connect(HttpListenerOptions options) throws IOException {
    listener =
        HttpListener.start(
            options,
            new Routes()
                .get("/", (q, r) -> r.send("ok " + String.valueOf(q.header("a")).length()))
                .post("/", (q, r) -> r.send("" + q.bodyBytes(1 << 20).length))
                .post(
                    "/reserved",
                    (q, r) -> {
                      q.reserve(RESERVED);
                      handled.incrementAndGet();
                      q.bodyBytes(1 << 20);
                    })
                .get(
                    "/late",
                    (q, r) -> {
                      handled.incrementAndGet();
                      go.await(20, TimeUnit.SECONDS);
                      r.send("late");
                    }),
            null);
    socket = new Socket();
    socket.connect(new InetSocketAddress("127.0.0.1", listener.port()));
    socket.setSoTimeout(20_000);
    out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
    in = new DataInputStream(socket.getInputStream());
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
    frame(SETTINGS, 0, 0, new byte[0]);
  }

  @AfterEach
  void end() throws IOException {
    go.countDown();
    socket.close();
    listener.close();
  }

  private record Frame(int type, int flags, int stream, ByteBuffer payload) {}

  private Frame read() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    return new Frame(
        in.readUnsignedByte(),
        in.readUnsignedByte(),
        in.readInt(),
        ByteBuffer.wrap(in.readNBytes(length)));
  }

  /** The next frame of a type; others pass. */
  private Frame next(int type) throws IOException {
    Frame f = read();
    while (f.type() != type) {
      f = read();
    }
    return f;
  }

  private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    int n = payload.length;
    out.write(new byte[] {(byte) (n >> 16), (byte) (n >> 8), (byte) n, (byte) type, (byte) flags});
    out.write(ByteBuffer.allocate(4).putInt(stream).array());
    out.write(payload);
  }

  private static ByteArrayOutputStream get(String path) {
    ByteArrayOutputStream h = new ByteArrayOutputStream();
    h.write(0x82); // :method GET
    h.write(0x86); // :scheme http
    h.write(0x04); // :path
    text(h, path);
    h.write(0x01); // :authority
    text(h, "x");
    return h;
  }

  private static void text(ByteArrayOutputStream to, String s) {
    int n = s.length();
    if (n < 127) {
      to.write(n);
    } else {
      to.write(127);
      for (n -= 127; n >= 128; n >>>= 7) {
        to.write(n & 127 | 128);
      }
      to.write(n);
    }
    to.writeBytes(s.getBytes(ISO_8859_1));
  }

  /** A large entry of the dynamic table, and references to it. */
  private static byte[] bomb(ByteArrayOutputStream h, int valueLength, int references) {
    h.write(0x40);
    text(h, "a");
    text(h, "v".repeat(valueLength));
    for (int i = 0; i < references; i++) {
      h.write(0x80 | 62);
    }
    return h.toByteArray();
  }

  private static double rejected(String reason) {
    for (MetricFamily f : Registry.process().gather()) {
      if (f.name().equals("tethys_http2_connections_rejected_total")) {
        for (MetricFamily.Metric m : f.metrics()) {
          if (reason.equals(m.labels().get("reason"))
              && m.point() instanceof MetricFamily.Value v) {
            return v.value();
          }
        }
      }
    }
    return 0;
  }

  private void endsCalmly(String reason, double before) throws IOException {
    ends(CALM, reason, before);
  }

  private void ends(int code, String reason, double before) throws IOException {
    assertThat(next(GOAWAY).payload().getInt(4)).as("error code").isEqualTo(code);
    try {
      while (true) {
        read();
      }
    } catch (EOFException | java.net.SocketException e) {
      assertThat(rejected(reason)).as("counted").isEqualTo(before + 1);
    }
  }

  @Test
  void rejectsHeaderBombWithoutDecoding() throws Exception {
    double before = rejected("header_list_size");
    frame(HEADERS, END_STREAM | END_HEADERS, 1, bomb(get("/"), 3900, 8_000));
    out.flush();
    Frame answer = next(HEADERS);
    assertThat(answer.stream()).isEqualTo(1);
    assertThat(new String(answer.payload().array(), ISO_8859_1)).contains("431");
    endsCalmly("header_list_size", before);
  }

  @Test
  void rejectsHeaderBombInFirstBytes() throws Exception {
    double before = rejected("header_list_size");
    frame(HEADERS, END_STREAM | END_HEADERS, 1, bomb(get("/"), 700, 900));
    out.flush();
    assertThat(next(HEADERS).stream()).isEqualTo(1);
    endsCalmly("header_list_size", before);
  }

  @Test
  void boundsTheHeaderBlockAcrossContinuationFrames() throws Exception {
    double before = rejected("header_list_size");
    byte[] all = bomb(get("/"), 3900, 12_000);
    frame(HEADERS, END_STREAM, 1, java.util.Arrays.copyOf(all, 10_000));
    frame(CONTINUATION, END_HEADERS, 1, java.util.Arrays.copyOfRange(all, 10_000, all.length));
    out.flush();
    endsCalmly("header_list_size", before);
  }

  @Test
  void boundsTrailers() throws Exception {
    double before = rejected("header_list_size");
    ByteArrayOutputStream h = get("/");
    byte[] post = h.toByteArray();
    post[0] = (byte) 0x83;
    frame(HEADERS, END_HEADERS, 1, post);
    frame(HEADERS, END_STREAM | END_HEADERS, 1, bomb(new ByteArrayOutputStream(), 3900, 8_000));
    out.flush();
    endsCalmly("header_list_size", before);
  }

  @Test
  void servesHeadersBelowTheLimit() throws Exception {
    frame(HEADERS, END_STREAM | END_HEADERS, 1, bomb(get("/"), 3900, 2));
    out.flush();
    assertThat(next(HEADERS).stream()).isEqualTo(1);
    assertThat(new String(next(0).payload().array(), ISO_8859_1)).startsWith("ok 3900");
  }

  /** Sends frames until the connection ends, which it is to do with ENHANCE_YOUR_CALM. */
  private void isRefused(String reason, int type, int flags, int stream, byte[] payload)
      throws Exception {
    double before = rejected(reason);
    Thread flood =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    for (int i = 0; i < 20_000; i++) {
                      frame(type, flags, stream, payload);
                    }
                    out.flush();
                  } catch (IOException e) {
                    // ended
                  }
                });
    endsCalmly(reason, before);
    flood.join();
  }

  /** Starts a request whose body follows. */
  private void begins() throws IOException {
    byte[] post = get("/").toByteArray();
    post[0] = (byte) 0x83; // :method POST
    frame(HEADERS, END_HEADERS, 1, post);
  }

  @Test
  void floodOfPingsClosesTheConnection() throws Exception {
    isRefused("control_frames", PING, 0, 0, new byte[8]);
  }

  @Test
  void floodOfSettingsClosesTheConnection() throws Exception {
    isRefused("control_frames", SETTINGS, 0, 0, new byte[] {0, 1, 0, 1, 0, 0});
  }

  @Test
  void floodOfWindowUpdatesClosesTheConnection() throws Exception {
    isRefused("window_updates", WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 0, 1});
  }

  @Test
  void floodOfStreamWindowUpdatesClosesTheConnection() throws Exception {
    begins();
    isRefused("window_updates", WINDOW_UPDATE, 0, 1, new byte[] {0, 0, 0, 1});
  }

  /** Of which the engine takes less than the budget would. */
  @Test
  void floodOfEmptyDataClosesTheConnection() throws Exception {
    begins();
    for (int i = 0; i < 900; i++) {
      frame(DATA, 0, 1, new byte[0]);
    }
    out.flush();
    assertThat(next(GOAWAY).payload().getInt(4)).as("ENHANCE_YOUR_CALM").isEqualTo(CALM);
  }

  /** The engine would take padding for a part of the body. */
  @Test
  void paddedDataClosesTheConnection() throws Exception {
    double before = rejected("padded_data");
    begins();
    frame(DATA, PADDED, 1, new byte[] {0, 'a'});
    frame(DATA, PADDED, 1, new byte[] {2, 'b', 0, 0});
    out.flush();
    ends(HTTP_1_1_REQUIRED, "padded_data", before);
  }

  /** As clients do that read a long answer, or send a body in small pieces. */
  @Test
  void ordinaryWindowUpdatesAreNotAFlood() throws Exception {
    for (int i = 0; i < 1_500; i++) {
      frame(HEADERS, END_STREAM | END_HEADERS, 2 * i + 1, get("/").toByteArray());
      out.flush();
      next(DATA);
      frame(WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 0, 8});
      frame(WINDOW_UPDATE, 0, 2 * i + 1, new byte[] {0, 0, 0, 8});
    }
    byte[] post = get("/").toByteArray();
    post[0] = (byte) 0x83;
    frame(HEADERS, END_HEADERS, 3_001, post);
    for (int i = 0; i < 3_000; i++) {
      frame(DATA, 0, 3_001, new byte[] {'x'});
    }
    frame(DATA, END_STREAM, 3_001, new byte[0]);
    out.flush();
    assertThat(new String(next(DATA).payload().array(), ISO_8859_1)).isEqualTo("3000");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 1000})
  void headersThatDoNotEndInTimeEndTheirConnection(int missing) throws Exception {
    listener.close();
    socket.close();
    connect(
        HttpListenerOptions.on("127.0.0.1:0")
            .withConnections(
                ConnectionTimes.ofRequests(
                    Duration.ofMillis(200), Duration.ZERO, Duration.ZERO, true)));
    frame(HEADERS, END_STREAM | END_HEADERS, 1, get("/").toByteArray());
    out.flush();
    next(DATA); // the connection has served
    byte[] whole = get("/").toByteArray();
    int length = whole.length + missing; // END_HEADERS does not come, or a part of the frame
    out.write(new byte[] {0, (byte) (length >> 8), (byte) length, HEADERS, 0});
    out.write(ByteBuffer.allocate(4).putInt(3).array());
    out.write(whole);
    out.flush();
    try {
      while (true) {
        read();
      }
    } catch (EOFException | java.net.SocketException e) {
      assertThat(e).isNotNull();
    }
  }

  @Test
  void emptyContinuationsCloseTheirConnection() throws Exception {
    double before = rejected("control_frames");
    frame(HEADERS, END_STREAM, 1, get("/").toByteArray());
    for (int i = 0; i < 2_000; i++) {
      frame(CONTINUATION, 0, 1, new byte[0]);
    }
    out.flush();
    endsCalmly("control_frames", before);
  }

  @Test
  void limitsRapidResets() throws Exception {
    byte[] late = get("/late").toByteArray();
    try {
      for (int i = 0; i < 5_000; i++) {
        frame(HEADERS, END_STREAM | END_HEADERS, 2 * i + 1, late);
        frame(RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, 8});
      }
      out.flush();
    } catch (IOException e) {
      // ended
    }
    Frame told = next(GOAWAY);
    assertThat(told.payload().getInt(4)).as("ENHANCE_YOUR_CALM").isEqualTo(CALM);
    assertThat(handled.get()).isLessThanOrEqualTo(1_100);
  }

  /** A field whose name is not that of a table, and is not added to one. */
  private static void literal(ByteArrayOutputStream to, String name, String value) {
    to.write(0);
    text(to, name);
    text(to, value);
  }

  private void isProtocolError(ByteArrayOutputStream headers) throws IOException {
    frame(HEADERS, END_HEADERS | END_STREAM, 1, headers.toByteArray());
    out.flush();
    Frame f = read();
    while (f.type() != GOAWAY && f.type() != RST_STREAM && f.type() != HEADERS) {
      f = read();
    }
    assertThat(f.type()).isIn(GOAWAY, RST_STREAM);
    assertThat(f.payload().getInt(f.type() == GOAWAY ? 4 : 0)).as("PROTOCOL_ERROR").isEqualTo(1);
  }

  @Test
  void pseudoHeadersAfterOthersAreAProtocolError() throws Exception {
    ByteArrayOutputStream h = new ByteArrayOutputStream();
    h.write(0x82); // :method GET
    h.write(0x86); // :scheme http
    literal(h, "a", "b");
    h.write(0x04); // :path
    text(h, "/");
    h.write(0x01); // :authority
    text(h, "x");
    isProtocolError(h);
  }

  @Test
  void literalPseudoHeadersAfterOthersAreAProtocolError() throws Exception {
    ByteArrayOutputStream h = get("/");
    literal(h, "a", "b");
    literal(h, ":path", "/late");
    isProtocolError(h);
  }

  @Test
  void unfinishedRequestsReleaseMemoryOnClose() throws Exception {
    byte[] post = get("/reserved").toByteArray();
    post[0] = (byte) 0x83; // :method POST
    for (int i = 0; i < 5; i++) {
      frame(HEADERS, END_HEADERS, 2 * i + 1, post);
    }
    out.flush();
    Waiting.await("the requests to be handled", () -> handled.get() == 5);
    assertThat(ByteBudget.process().inUse()).isGreaterThanOrEqualTo(5 * RESERVED);
    socket.close();
    Waiting.await("the bodies to be given up", () -> ByteBudget.process().inUse() < RESERVED);
  }
}
