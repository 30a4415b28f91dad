package dev.tethys.web;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.WebSocketStreams;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Server side of a WebSocket (RFC 6455) over HTTP/1.1, without extensions and subprotocols. One
 * thread receives and also responds to pings and the client's close frame; any thread sends. The
 * socket is valid until the handler of its request returns.
 */
public final class ServerWebSocket {
  /** Close codes of RFC 6455, 7.4.1. */
  public static final int NORMAL = 1000;

  public static final int GOING_AWAY = 1001;
  public static final int PROTOCOL_ERROR = 1002;
  public static final int INVALID_DATA = 1007;
  public static final int POLICY = 1008;
  public static final int TOO_BIG = 1009;
  public static final int INTERNAL_ERROR = 1011;
  public static final int TRY_LATER = 1013;

  /** Bytes of a message that need no memory of a budget. */
  private static final int FREE_BYTES = 64 << 10;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  private static final AtomicLong PINGS = new AtomicLong();

  private static final int FIN = 0x80;
  private static final int MASKED = 0x80;
  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int MAX_CONTROL = 125;

  private final InputStream in;
  private final OutputStream out;
  private final int maxMessage;
  private final ReentrantLock writing = new ReentrantLock(); // frames do not mix

  @GuardedBy("writing")
  private boolean closeSent;

  private final CountDownLatch ended = new CountDownLatch(1); // nothing more is received
  private volatile long receivedNanos = System.nanoTime();
  private final Map<String, CountDownLatch> awaited = new ConcurrentHashMap<>(); // by ping
  private ByteBudget.@Nullable Reservation memory;
  private int factor;

  private ServerWebSocket(InputStream in, OutputStream out, int maxMessage) {
    this.in = in;
    this.out = out;
    this.maxMessage = maxMessage;
  }

  /** Client that breaks the protocol; the socket is closed with the code. */
  private static final class Violation extends IOException {
    private static final long serialVersionUID = 1;

    final int code;

    Violation(int code, String message) {
      super(message);
      this.code = code;
    }
  }

  /**
   * Accepts a WebSocket request. The route is added by {@link Routes#webSocket}, which checks the
   * origin.
   *
   * @param maxMessage largest message that is received, in bytes
   * @throws HttpException if the request is not for a WebSocket of version 13
   */
  public static ServerWebSocket accept(HttpRequest request, HttpResponse response, int maxMessage)
      throws IOException {
    if (!has(request, "Upgrade", "websocket") || !has(request, "Connection", "upgrade")) {
      response.header("Upgrade", "websocket");
      throw new HttpException(
          400,
          "this endpoint is a WebSocket; the headers 'Connection: Upgrade' and 'Upgrade: websocket'"
              + " are missing (HTTP/2 has no upgrade, use HTTP/1.1)");
    }
    String version = request.header("Sec-WebSocket-Version");
    if (!"13".equals(version)) {
      throw new HttpException(
          400, "Sec-WebSocket-Version is " + version + "; the supported version is 13");
    }
    String key = request.header("Sec-WebSocket-Key");
    if (key == null || !isKey(key)) {
      throw new HttpException(400, "Sec-WebSocket-Key is not the Base64 of 16 bytes");
    }
    response
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Accept", WebSocketStreams.accept(key));
    HttpResponse.Connection c = response.upgrade();
    if (c == null) {
      throw new HttpException(400, "a WebSocket needs HTTP/1.1; HTTP/2 has no upgrade");
    }
    return new ServerWebSocket(c.input(), c.output(), maxMessage);
  }

  /**
   * Lets messages of more than {@link #FREE_BYTES} take memory of a budget, from when their first
   * frame announces them until the next message is received. Without space, the socket is closed
   * with {@link #TRY_LATER}.
   *
   * @param bytes memory for each byte of a message, with its parsed form
   */
  public ServerWebSocket withMemory(ByteBudget.Reservation reservation, int bytes) {
    memory = reservation;
    factor = bytes;
    return this;
  }

  private void reserve(int size, int before) throws Violation {
    long more = Math.clamp(before + (long) size - FREE_BYTES, 0, size);
    if (memory != null && more > 0) {
      try {
        memory.accept(more * factor);
      } catch (ByteBudget.OverBudgetException e) {
        throw new Violation(TRY_LATER, String.valueOf(e.getMessage()));
      }
    }
  }

  private static boolean has(HttpRequest request, String header, String token) {
    for (String value : request.headers(header)) {
      for (String one : value.split(",")) {
        if (one.strip().toLowerCase(Locale.ROOT).equals(token)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isKey(String key) {
    try {
      return Base64.getDecoder().decode(key).length == 16;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Sends a message of text. */
  public void sendText(String text) throws IOException {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    send(TEXT, b, b.length);
  }

  /** Sends a message of bytes. */
  public void sendBinary(byte[] message) throws IOException {
    send(BINARY, message, message.length);
  }

  /** Sends a ping, to which clients respond. */
  public void ping() throws IOException {
    send(PING, new byte[0], 0);
  }

  /**
   * Whether the client responds to a ping in time. Another thread must be receiving meanwhile.
   *
   * @param millis maximum wait
   */
  public boolean answers(long millis) throws InterruptedException {
    byte[] mark = Long.toHexString(PINGS.incrementAndGet()).getBytes(StandardCharsets.US_ASCII);
    CountDownLatch answered = new CountDownLatch(1);
    awaited.put(new String(mark, StandardCharsets.US_ASCII), answered);
    try {
      // A client that reads nothing may keep its sender for as long as it likes.
      Thread.ofVirtual()
          .name("websocket-ping")
          .start(
              () -> {
                try {
                  send(PING, mark, mark.length);
                } catch (IOException e) {
                  LOG.log(Level.DEBUG, "WebSocket client disconnected", e);
                }
              });
      return answered.await(millis, TimeUnit.MILLISECONDS) && !isEnded();
    } finally {
      awaited.remove(new String(mark, StandardCharsets.US_ASCII));
    }
  }

  private void noteAnswer(byte[] mark) {
    CountDownLatch answered = awaited.get(new String(mark, StandardCharsets.US_ASCII));
    if (answered != null) {
      answered.countDown();
    }
  }

  /** Returns the time of {@link System#nanoTime} at which the last frame of the client arrived. */
  public long lastReceivedNanos() {
    return receivedNanos;
  }

  /** Whether the connection can no longer receive messages. */
  public boolean isEnded() {
    return ended.getCount() == 0;
  }

  /**
   * Sends a close frame, once, and waits for that of the client, which the receiving thread reads.
   *
   * @param reason reason for closing, truncated to 123 bytes
   * @param millis maximum wait
   */
  public void close(int code, String reason, long millis) throws InterruptedException {
    sendClose(code, reason);
    boolean acknowledged = ended.await(millis, TimeUnit.MILLISECONDS);
    if (!acknowledged) {
      LOG.log(Level.DEBUG, "WebSocket closed without the close frame of its client");
    }
  }

  private void sendClose(int code, String reason) {
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(text.length, MAX_CONTROL - 2);
    while (length < text.length && length > 0 && (text[length] & 0xc0) == 0x80) {
      length--; // not within a character
    }
    byte[] b = new byte[2 + length];
    b[0] = (byte) (code >> 8);
    b[1] = (byte) code;
    System.arraycopy(text, 0, b, 2, length);
    try {
      send(CLOSE, b, b.length);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "WebSocket client disconnected", e);
    }
  }

  private void send(int code, byte[] payload, int length) throws IOException {
    byte[] frame = new byte[10 + length];
    int n = 0;
    frame[n++] = (byte) (FIN | code);
    if (length < 126) {
      frame[n++] = (byte) length;
    } else {
      int bytes = length < 1 << 16 ? 2 : 8;
      frame[n++] = (byte) (bytes == 2 ? 126 : 127);
      for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        frame[n++] = (byte) ((long) length >>> shift);
      }
    }
    System.arraycopy(payload, 0, frame, n, length);
    writing.lock();
    try {
      if (closeSent) { // nothing follows a close frame
        if (code == CLOSE || code == PONG) {
          return;
        }
        throw new IOException("the WebSocket is closed");
      }
      closeSent = code == CLOSE;
      out.write(frame, 0, n + length);
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      writing.unlock();
    }
  }

  /**
   * Waits for the next message of the client. Pings receive replies meanwhile.
   *
   * @return null if the client has closed, disconnected, or violated the protocol
   */
  public byte @Nullable [] receive() {
    try {
      byte[] message = next();
      if (message == null) {
        end();
      }
      return message;
    } catch (Violation e) {
      LOG.log(Level.DEBUG, "WebSocket client broke the protocol: {0}", e.getMessage());
      sendClose(e.code, String.valueOf(e.getMessage()));
    } catch (IOException | UncheckedIOException e) {
      LOG.log(Level.DEBUG, "WebSocket client disconnected", e);
    }
    end();
    return null;
  }

  private void end() {
    ended.countDown();
    awaited.values().forEach(CountDownLatch::countDown); // nothing is answered any more
  }

  private record Frame(boolean last, int code, byte[] payload) {}

  private byte @Nullable [] next() throws IOException {
    if (memory != null) {
      memory.close();
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    int kind = CONTINUATION;
    while (true) {
      Frame f = frame(whole.size());
      if (f == null) {
        return null;
      }
      switch (f.code) {
        case PING -> send(PONG, f.payload, f.payload.length);
        case PONG -> noteAnswer(f.payload);
        case CLOSE -> {
          answerClose(f.payload);
          return null;
        }
        default -> {
          if ((f.code == CONTINUATION) != (kind != CONTINUATION)) {
            throw new Violation(PROTOCOL_ERROR, "frames of messages are out of order");
          }
          kind = kind == CONTINUATION ? f.code : kind;
          whole.write(f.payload);
          if (f.last) {
            byte[] message = whole.toByteArray();
            if (kind == TEXT) {
              checkUtf8(message, 0);
            }
            return message;
          }
        }
      }
    }
  }

  private static void checkUtf8(byte[] b, int from) throws Violation {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(b, from, b.length - from));
    } catch (CharacterCodingException e) {
      throw new Violation(INVALID_DATA, "text is not valid UTF-8");
    }
  }

  private void answerClose(byte[] payload) throws Violation {
    int code = NORMAL;
    if (payload.length > 0) {
      code = payload.length == 1 ? 0 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
      boolean allowed =
          code >= 3000 && code <= 4999
              || code >= 1000 && code <= 1014 && !List.of(1004, 1005, 1006).contains(code);
      if (!allowed) {
        throw new Violation(PROTOCOL_ERROR, "close code " + code + " is not allowed");
      }
      checkUtf8(payload, 2);
    }
    sendClose(code, "");
  }

  /**
   * Reads the next frame; null if the connection ended between frames.
   *
   * @param before bytes of the message in frames before
   */
  private @Nullable Frame frame(int before) throws IOException {
    byte[] head = new byte[14];
    int first = in.read();
    if (first < 0) {
      return null;
    }
    head[0] = (byte) first;
    fill(head, 1, 1);
    int code = head[0] & 15;
    boolean last = (head[0] & FIN) != 0;
    boolean control = code >= CLOSE;
    if ((head[0] & 0x70) != 0 || code > PONG || code > BINARY && code < CLOSE) {
      throw new Violation(PROTOCOL_ERROR, "frame has reserved bits or an unknown opcode");
    }
    if ((head[1] & MASKED) == 0) {
      throw new Violation(PROTOCOL_ERROR, "frame of a client is not masked");
    }
    long length = head[1] & 127;
    if (control && (length > MAX_CONTROL || !last)) {
      throw new Violation(PROTOCOL_ERROR, "control frame is fragmented or longer than 125 bytes");
    }
    if (length > MAX_CONTROL) {
      int bytes = length == 126 ? 2 : 8;
      fill(head, 2, bytes);
      length = 0;
      for (int i = 2; i < 2 + bytes; i++) {
        length = length << 8 | head[i] & 0xff;
      }
    }
    if (!control && (length < 0 || length > maxMessage - before)) {
      throw new Violation(TOO_BIG, "message is larger than " + maxMessage + " bytes");
    }
    byte[] mask = new byte[4];
    fill(mask, 0, 4);
    reserve(control ? 0 : (int) length, before);
    byte[] payload = in.readNBytes((int) length); // grows as the bytes come
    if (payload.length < length) {
      throw new IOException("the connection ended within a frame");
    }
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    receivedNanos = System.nanoTime();
    return new Frame(last, code, payload);
  }

  private void fill(byte[] into, int from, int length) throws IOException {
    if (in.readNBytes(into, from, length) < length) {
      throw new IOException("the connection ended within a frame");
    }
  }
}
