package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a listener bears of connections beyond its read timeout, which is mostly of hours here. */
@Timeout(60)
@Tag("slow")
class ConnectionTimesTest {
  /** For what is only waited for. */
  private static final Duration SHORT = Duration.ofMillis(300);

  /** For what has to happen within it, on a busy machine. */
  private static final Duration AMPLE = Duration.ofSeconds(2);

  private static final Duration NONE = Duration.ZERO;
  private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int MAX_CONCURRENT_STREAMS = 3;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;

  private final CountDownLatch go = new CountDownLatch(1);
  private @Nullable HttpListener listener;

  @AfterEach
  void stop() {
    go.countDown();
    if (listener != null) {
      listener.close();
    }
  }

  private Socket connect(ConnectionTimes times) throws IOException {
    return connect(times, Http2Limits.USUAL);
  }

  private Socket connect(ConnectionTimes times, Http2Limits limits) throws IOException {
    return connect(times, limits, Duration.ofHours(1));
  }

  private Socket connect(ConnectionTimes times, Http2Limits limits, Duration readTimeout)
      throws IOException {
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0")
                .withReadTimeout(readTimeout)
                .withConnections(times)
                .withHttp2(limits)
                .withStopGrace(Duration.ofMillis(200)),
            new Routes()
                .get("/", (q, r) -> r.send("ok"))
                .post("/", (q, r) -> r.send("" + q.bodyBytes(1 << 20).length))
                .get(
                    "/late",
                    (q, r) -> {
                      go.await(20, TimeUnit.SECONDS);
                      r.send("late");
                    }),
            null);
    listener = l;
    Socket s = new Socket();
    s.setReceiveBufferSize(16 << 10);
    s.connect(new InetSocketAddress("127.0.0.1", l.port()));
    s.setSoTimeout(20_000);
    return s;
  }

  private static void send(Socket s, String text) throws IOException {
    s.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  /** What comes until the server ends the connection. */
  private static String rest(Socket s) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      s.getInputStream().transferTo(all);
    } catch (SocketException e) {
      // it was cut off
    }
    return all.toString(ISO_8859_1);
  }

  private static ConnectionTimes requests(Duration head, Duration answer, Duration idle) {
    return ConnectionTimes.ofRequests(head, answer, idle, true);
  }

  @Test
  void headHasATimeout() throws Exception {
    try (Socket s = connect(requests(AMPLE, NONE, NONE))) {
      send(s, GET + "GET / HTTP/1.1\r\n");
      assertThat(rest(s)).as("the first answer, then the end").endsWith("ok");
    }
  }

  @Test
  void headTimeoutDoesNotApplyToTheBody() throws Exception {
    try (Socket s = connect(requests(AMPLE, NONE, NONE))) {
      send(s, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\na");
      new CountDownLatch(1).await(AMPLE.toMillis() * 3 / 2, TimeUnit.MILLISECONDS);
      send(s, "b");
      assertThat(rest(s)).endsWith("\r\n\r\n2");
    }
  }

  @Test
  void responseHasATimeout() throws Exception {
    try (Socket s = connect(requests(NONE, SHORT, NONE))) {
      send(s, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(rest(s)).isEmpty();
    }
  }

  @Test
  void idleTimeoutAppliesBetweenRequests() throws Exception {
    try (Socket s = connect(requests(NONE, NONE, SHORT))) {
      send(s, GET);
      assertThat(rest(s)).endsWith("ok");
    }
  }

  @Test
  void newConnectionIsNotIdle() throws Exception {
    try (Socket s = connect(requests(NONE, NONE, SHORT))) {
      new CountDownLatch(1).await(3 * SHORT.toMillis(), TimeUnit.MILLISECONDS);
      send(s, GET);
      assertThat(rest(s)).endsWith("ok");
    }
  }

  @Test
  void connectionServesOneRequestWithoutKeepAlive() throws Exception {
    try (Socket s = connect(ConnectionTimes.ofRequests(NONE, NONE, NONE, false))) {
      send(s, GET + GET);
      assertThat(rest(s).toLowerCase(java.util.Locale.ROOT))
          .containsOnlyOnce("http/1.1 200")
          .contains("connection: close");
    }
  }

  @Test
  void oldConnectionClosesBetweenRequests() throws Exception {
    Duration age = AMPLE;
    try (Socket s = connect(ConnectionTimes.ofConnections(NONE, age, NONE, NONE, NONE))) {
      send(s, GET);
      assertThat(rest(s)).endsWith("ok");
    }
  }

  @Test
  void connectionAgeStartsAtFirstBytes() throws Exception {
    try (Socket s = connect(ConnectionTimes.ofConnections(NONE, AMPLE, NONE, NONE, NONE))) {
      new CountDownLatch(1).await(2 * AMPLE.toMillis(), TimeUnit.MILLISECONDS);
      DataInputStream in = beginHttp2(s);
      get(s, 1, "/");
      assertThat(next(in, HEADERS).stream()).isEqualTo(1);
      endsWithoutError(s, in, 1);
    }
  }

  private record Frame(int type, int flags, int stream, ByteBuffer payload) {
    static Frame read(DataInputStream in) throws IOException {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      return new Frame(
          type, in.readUnsignedByte(), in.readInt(), ByteBuffer.wrap(in.readNBytes(length)));
    }
  }

  private static DataInputStream beginHttp2(Socket s) throws IOException {
    send(s, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    frame(s, SETTINGS, 0, 0);
    return new DataInputStream(s.getInputStream());
  }

  private static void frame(Socket s, int type, int flags, int stream, int... payload)
      throws IOException {
    ByteArrayOutputStream f = new ByteArrayOutputStream();
    f.writeBytes(new byte[] {0, 0, (byte) payload.length, (byte) type, (byte) flags});
    f.writeBytes(ByteBuffer.allocate(4).putInt(stream).array());
    for (int b : payload) {
      f.write(b);
    }
    OutputStream out = s.getOutputStream();
    out.write(f.toByteArray());
    out.flush();
  }

  /** A request for a path of five letters or less, as HPACK has it without Huffman's code. */
  private static void get(Socket s, int stream, String path) throws IOException {
    ByteArrayOutputStream h = new ByteArrayOutputStream();
    h.write(0x82); // :method GET
    h.write(0x86); // :scheme http
    h.write(0x04); // :path
    h.write(path.length());
    h.writeBytes(path.getBytes(ISO_8859_1));
    h.write(0x01); // :authority
    h.write(1);
    h.write('x');
    int[] payload = new int[h.size()];
    for (int i = 0; i < payload.length; i++) {
      payload[i] = h.toByteArray()[i];
    }
    frame(s, HEADERS, 5, stream, payload);
  }

  /** The next frame of a type; others pass. */
  private static Frame next(DataInputStream in, int type) throws IOException {
    Frame f = Frame.read(in);
    while (f.type() != type) {
      f = Frame.read(in);
    }
    return f;
  }

  private static void hearsOfEnd(Socket s, DataInputStream in) throws IOException {
    Frame told = next(in, GOAWAY);
    assertThat(told.payload().getInt(0)).as("what is on its way").isEqualTo(Integer.MAX_VALUE);
    assertThat(next(in, PING).flags()).isZero();
    frame(s, PING, 1, 0, new int[8]);
  }

  private static void endsWithoutError(Socket s, DataInputStream in, int lastStream)
      throws IOException {
    hearsOfEnd(s, in);
    Frame last = next(in, GOAWAY);
    assertThat(last.payload().getInt(0)).isEqualTo(lastStream);
    assertThat(last.payload().getInt(4)).as("the error").isZero();
    assertThat(in.read()).isEqualTo(-1);
  }

  @Test
  void sendsGoAwayBeforeClosingIdleHttp2Connection() throws Exception {
    try (Socket s = connect(requests(NONE, NONE, AMPLE))) {
      DataInputStream in = beginHttp2(s);
      get(s, 1, "/");
      assertThat(next(in, HEADERS).stream()).isEqualTo(1);
      endsWithoutError(s, in, 1);
    }
  }

  @Test
  void respondsToARequestSentBeforeTheClientSeesGoAway() throws Exception {
    try (Socket s = connect(requests(NONE, NONE, SHORT))) {
      DataInputStream in = beginHttp2(s);
      get(s, 1, "/");
      assertThat(next(in, HEADERS).stream()).isEqualTo(1);
      next(in, GOAWAY);
      new CountDownLatch(1).await(AMPLE.toMillis(), TimeUnit.MILLISECONDS);
      get(s, 3, "/");
      frame(s, PING, 1, 0, new int[8]);
      assertThat(next(in, HEADERS).stream()).isEqualTo(3);
      assertThat(next(in, GOAWAY).payload().getInt(0)).isEqualTo(3);
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  /** A reset would take what is on its way to the client with it. */
  @Test
  void endsWithoutResetWhileTheClientKeepsSending() throws Exception {
    try (Socket s = connect(requests(NONE, NONE, SHORT))) {
      DataInputStream in = beginHttp2(s);
      get(s, 1, "/");
      assertThat(next(in, HEADERS).stream()).isEqualTo(1);
      hearsOfEnd(s, in);
      AtomicBoolean ended = new AtomicBoolean();
      Thread sending =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      while (!ended.get()) {
                        frame(s, WINDOW_UPDATE, 0, 0, 0, 0, 0, 1);
                        LockSupport.parkNanos(1_000_000); // more is refused as a flood
                      }
                    } catch (IOException e) {
                      // the connection has ended
                    }
                  });
      assertThat(next(in, GOAWAY).payload().getInt(0)).isEqualTo(1);
      get(s, 3, "/late"); // begins after the client was informed that it is not answered
      for (int i = 0; i < 100; i++) {
        frame(s, PING, 1, 0, new int[8]);
      }
      assertThat(in.read()).isEqualTo(-1);
      ended.set(true);
      sending.join(Duration.ofSeconds(20));
    }
  }

  @Test
  void oldConnectionFinishesItsRequests() throws Exception {
    try (Socket s = connect(ConnectionTimes.ofConnections(NONE, AMPLE, NONE, NONE, NONE))) {
      DataInputStream in = beginHttp2(s);
      get(s, 1, "/late");
      hearsOfEnd(s, in);
      go.countDown();
      assertThat(next(in, HEADERS).stream()).isEqualTo(1);
      assertThat(next(in, GOAWAY).payload().getInt(0)).isEqualTo(1);
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void cutsOffOldConnectionAfterItsGracePeriod() throws Exception {
    try (Socket s = connect(ConnectionTimes.ofConnections(NONE, AMPLE, AMPLE, NONE, NONE))) {
      DataInputStream in = beginHttp2(s);
      get(s, 1, "/late");
      hearsOfEnd(s, in);
      assertThat(rest(s)).isEmpty();
    }
  }

  @Test
  void http2ConnectionClosesAfterItsOnlyRequest() throws Exception {
    try (Socket s = connect(ConnectionTimes.ofRequests(NONE, NONE, NONE, false))) {
      DataInputStream in = beginHttp2(s);
      get(s, 1, "/");
      assertThat(next(in, HEADERS).stream()).isEqualTo(1);
      endsWithoutError(s, in, 1);
    }
  }

  @Test
  void pingsSilentClientAndKeepsItWhileItResponds() throws Exception {
    try (Socket s = connect(ConnectionTimes.ofConnections(NONE, NONE, NONE, SHORT, AMPLE))) {
      DataInputStream in = beginHttp2(s);
      for (int i = 0; i < 4; i++) {
        Frame asked = next(in, PING);
        assertThat(asked.flags()).isZero();
        frame(s, PING, 1, 0, new int[8]);
      }
      next(in, PING);
      assertThat(rest(s)).as("cut off without an answer").isEmpty();
    }
  }

  @Test
  void limitsThePingRate() throws Exception {
    try (Socket s =
        connect(ConnectionTimes.USUAL, Http2Limits.of(7, Duration.ofMinutes(5), true))) {
      DataInputStream in = beginHttp2(s);
      assertThat(streams(next(in, SETTINGS))).isEqualTo(7);
      for (int i = 0; i < 4; i++) { // one, and two that are borne, and one
        frame(s, PING, 0, 0, new int[8]);
      }
      Frame told = next(in, GOAWAY);
      assertThat(told.payload().getInt(4)).as("ENHANCE_YOUR_CALM").isEqualTo(11);
      assertThat(new String(told.payload().array(), 8, 14, ISO_8859_1)).isEqualTo("too_many_pings");
      assertThat(rest(s)).isEmpty();
    }
  }

  @Test
  void readTimeoutDoesNotApplyWhileTheClientWaits() throws Exception {
    try (Socket s = connect(ConnectionTimes.USUAL, Http2Limits.USUAL, AMPLE)) {
      DataInputStream in = beginHttp2(s);
      get(s, 1, "/late");
      new CountDownLatch(1).await(AMPLE.toMillis() * 5 / 2, TimeUnit.MILLISECONDS);
      go.countDown();
      assertThat(next(in, HEADERS).stream()).isEqualTo(1);
      assertThat(rest(s)).as("the answer, and the end of an idle connection").contains("late");
    }
  }

  /** Asks whether the server is there and reads no response, until it is cut off. */
  private static void pingWithoutReading(Socket s) throws IOException {
    DataInputStream in = beginHttp2(s);
    get(s, 1, "/");
    assertThat(next(in, HEADERS).stream()).isEqualTo(1);
    ByteArrayOutputStream ping = new ByteArrayOutputStream();
    ping.writeBytes(new byte[] {0, 0, 8, PING});
    ping.writeBytes(new byte[13]);
    byte[] many = new byte[1000 * ping.size()];
    for (int i = 0; i < many.length; i += ping.size()) {
      System.arraycopy(ping.toByteArray(), 0, many, i, ping.size());
    }
    try {
      while (true) {
        s.getOutputStream().write(many);
      }
    } catch (SocketException e) {
      assertThat(e).hasMessageMatching("(?i).*(reset|broken pipe|abort).*");
    }
  }

  @Test
  void disconnectsAClientThatDoesNotRead() throws Exception {
    try (Socket s = connect(ConnectionTimes.USUAL, Http2Limits.USUAL, AMPLE)) {
      pingWithoutReading(s);
    }
  }

  @Test
  void disconnectsAClientThatDoesNotReadGoAway() throws Exception {
    try (Socket s = connect(requests(NONE, NONE, AMPLE))) {
      pingWithoutReading(s);
    }
  }

  private static int streams(Frame settings) {
    ByteBuffer b = settings.payload();
    while (b.hasRemaining()) {
      int key = b.getShort();
      int value = b.getInt();
      if (key == MAX_CONCURRENT_STREAMS) {
        return value;
      }
    }
    return -1;
  }

  @Test
  void responsesOffsetPings() throws Exception {
    try (Socket s =
        connect(ConnectionTimes.USUAL, Http2Limits.of(7, Duration.ofMinutes(5), true))) {
      DataInputStream in = beginHttp2(s);
      for (int i = 0; i < 6; i++) {
        frame(s, PING, 0, 0, new int[8]);
        next(in, PING);
        get(s, 2 * i + 1, "/");
        next(in, HEADERS);
        next(in, 0);
      }
    }
  }
}
