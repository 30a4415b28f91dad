package dev.tethys.web.client;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Byte streams in both directions over a WebSocket (RFC 6455), for protocols with a WebSocket
 * transport. Each write is sent as one binary frame; reads return the concatenated contents of
 * frames, or whole messages. Pings receive replies during reads. One thread may read while another
 * writes.
 *
 * <p>Invariant: a read that times out keeps the partial frame head for the next read.
 */
public final class WebSocketStreams {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int MAX_HEAD = 64 << 10;
  private static final int FIN = 0x80;
  private static final int MASKED = 0x80;
  private static final int CONTINUATION = 0;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int NORMAL = 1000; // why it is closed
  private static final SecureRandom RANDOM = new SecureRandom();

  private final InputStream from;
  private final OutputStream to;
  private final byte[] head = new byte[14 + 125]; // with the contents of a frame of control
  private int known; // bytes of head
  private long remaining; // bytes of a frame of data that are still to come
  private int code; // of that frame
  private boolean last; // whether it ends its message
  private boolean over;
  private final ReentrantLock writing = new ReentrantLock(); // frames do not mix

  private WebSocketStreams(InputStream from, OutputStream to) {
    this.from = from;
    this.to = to;
  }

  /**
   * Upgrade request.
   *
   * @param authority host and port, as in the header Host
   * @param path request path, including any query
   * @param protocol subprotocol of both sides; "" for any
   * @param headers additional headers of the request
   */
  public record Upgrade(
      String authority, String path, String protocol, Map<String, String> headers) {}

  /** A server that does not accept a WebSocket request. */
  public static final class Refused extends IOException {
    private static final long serialVersionUID = 1;

    private final String status;
    private final String retryAfter;
    private final String location;

    Refused(String status, String retryAfter, String location) {
      super("it opens no WebSocket: HTTP status " + status);
      this.status = status;
      this.retryAfter = retryAfter;
      this.location = location;
    }

    /** Returns the value of the Retry-After header; "" for none. */
    public String retryAfter() {
      return retryAfter;
    }

    /** Returns the value of the Location header; "" for none. */
    public String location() {
      return location;
    }

    /** Whether the credentials were rejected. */
    public boolean isForbidden() {
      return status.equals("401") || status.equals("403");
    }
  }

  /**
   * Requests an upgrade to a WebSocket.
   *
   * @throws Refused if it responds with another status
   * @throws IOException also when it does not otherwise
   */
  public static WebSocketStreams open(InputStream from, OutputStream to, Upgrade upgrade)
      throws IOException {
    byte[] nonce = new byte[16];
    RANDOM.nextBytes(nonce);
    String key = Base64.getEncoder().encodeToString(nonce);
    StringBuilder sb = new StringBuilder("GET ").append(upgrade.path).append(" HTTP/1.1\r\nHost: ");
    sb.append(upgrade.authority).append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    sb.append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ").append(key).append("\r\n");
    if (!upgrade.protocol.isEmpty()) {
      sb.append("Sec-WebSocket-Protocol: ").append(upgrade.protocol).append("\r\n");
    }
    for (Map.Entry<String, String> h : upgrade.headers.entrySet()) {
      if ((h.getKey() + h.getValue()).chars().anyMatch(c -> c == '\r' || c == '\n')) {
        throw new IOException("a header cannot be sent: " + h.getKey());
      }
      sb.append(h.getKey()).append(": ").append(h.getValue()).append("\r\n");
    }
    to.write(sb.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    to.flush();
    check(head(from).split("\r\n"), key, upgrade.protocol);
    return new WebSocketStreams(from, to);
  }

  private static String head(InputStream from) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int end = 0;
    while (end < 4) {
      int b = from.read();
      if (b < 0) {
        throw new EOFException("it closed the connection before responding");
      }
      if (head.size() == MAX_HEAD) {
        throw new IOException("the response has headers of more than " + MAX_HEAD + " bytes");
      }
      head.write(b);
      end = b == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : b == '\r' ? 1 : 0;
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  private static void check(String[] lines, String key, String protocol) throws IOException {
    String[] first = lines[0].split(" ", 3);
    if (first.length < 2 || !first[0].startsWith("HTTP/1.")) {
      throw new IOException("the server does not support WebSockets");
    }
    if (!first[1].equals("101")) {
      throw new Refused(first[1], value(lines, "Retry-After"), value(lines, "Location"));
    }
    if (!value(lines, "Sec-WebSocket-Accept").equals(accept(key))) {
      throw new IOException("the server's Sec-WebSocket-Accept does not match the request's key");
    }
    if (!value(lines, "Sec-WebSocket-Protocol").equals(protocol) && !protocol.isEmpty()) {
      throw new IOException("it does not support " + protocol + " over WebSockets");
    }
  }

  private static String value(String[] lines, String name) {
    for (String l : lines) {
      int colon = l.indexOf(':');
      if (colon > 0 && l.substring(0, colon).equalsIgnoreCase(name)) {
        return l.substring(colon + 1).strip();
      }
    }
    return "";
  }

  /** Returns the value of Sec-WebSocket-Accept for a key. */
  public static String accept(String key) {
    try {
      byte[] sha =
          MessageDigest.getInstance("SHA-1")
              .digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(sha);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-1", e);
    }
  }

  /** Bytes from the server. */
  public InputStream input() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] b, int off, int len) throws IOException {
        if (len == 0) {
          return 0;
        }
        while (remaining == 0) {
          if (over || !nextFrame()) {
            over = true;
            return -1;
          }
        }
        int n = from.read(b, off, (int) Math.min(len, remaining));
        if (n < 0) {
          throw new EOFException("it closed the connection in the middle of a frame");
        }
        remaining -= n;
        return n;
      }
    };
  }

  /**
   * Reads a whole binary message, in place of {@link #input}; null if the server has closed. A read
   * that times out loses the bytes read so far.
   *
   * @throws IOException also when the message is of text, or longer
   */
  public byte @Nullable [] message(int longest) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    boolean begun = false;
    do {
      code = CLOSE; // until a data frame arrives; control frames may come in between
      boolean more = !over;
      while (more && code == CLOSE) {
        more = nextFrame();
      }
      if (!more) {
        over = true;
        if (begun) {
          throw new EOFException("it closed the connection in the middle of a message");
        }
        return null;
      }
      if (code != (begun ? CONTINUATION : BINARY)) {
        throw new IOException("the server sent a message that is not binary");
      }
      if (remaining > longest - whole.size()) {
        throw new IOException("it sends a message of more than " + longest + " bytes");
      }
      byte[] part = new byte[(int) Math.min(remaining, 8192)];
      while (remaining > 0) {
        int n = from.read(part, 0, (int) Math.min(remaining, part.length));
        if (n < 0) {
          throw new EOFException("it closed the connection in the middle of a frame");
        }
        whole.write(part, 0, n);
        remaining -= n;
      }
      begun = true;
    } while (!last);
    return whole.toByteArray();
  }

  /** Pings the server; its reply arrives between frames. */
  public void ping() throws IOException {
    send(PING, new byte[0], 0, 0);
    to.flush();
  }

  /** Announces the end of the data. */
  public void close() throws IOException {
    send(CLOSE, new byte[] {NORMAL >> 8, (byte) NORMAL}, 0, 2);
    to.flush();
  }

  /** Bytes to the server. */
  public OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] b, int off, int len) throws IOException {
        send(BINARY, b, off, len);
      }

      @Override
      public void flush() throws IOException {
        to.flush();
      }
    };
  }

  private boolean fill(int size) throws IOException {
    while (known < size) {
      int n = from.read(head, known, size - known);
      if (n < 0) {
        return false;
      }
      known += n;
    }
    return true;
  }

  /**
   * Reads the header of a frame, and all of a control frame.
   *
   * @return false at the end of the data
   */
  private boolean nextFrame() throws IOException {
    if (!fill(2)) {
      return false;
    }
    int kind = head[0] & 15;
    long size = head[1] & 127;
    int begin = 2;
    if ((head[0] & 0x70) != 0 || (head[1] & MASKED) != 0 || kind > PONG || kind > 2 && kind < 8) {
      throw new IOException("it sends a frame that no WebSocket has");
    }
    if (size > 125) {
      begin += size == 126 ? 2 : 8;
      if (!fill(begin)) {
        return false;
      }
      size = 0;
      for (int i = 2; i < begin; i++) {
        size = size << 8 | head[i] & 0xff;
      }
    }
    if (kind < CLOSE) {
      if (size < 0) {
        throw new IOException("it sends a frame that no WebSocket has");
      }
      known = 0;
      remaining = size;
      code = kind;
      last = (head[0] & FIN) != 0;
      return true;
    }
    if (size > 125 || !fill(begin + (int) size)) {
      return false;
    }
    known = 0;
    if (kind == PING) {
      send(PONG, head, begin, (int) size);
      to.flush();
    }
    return kind != CLOSE;
  }

  private void send(int code, byte[] b, int off, int len) throws IOException {
    byte[] frame = new byte[14 + len];
    byte[] mask = new byte[4];
    RANDOM.nextBytes(mask);
    int n = 0;
    frame[n++] = (byte) (FIN | code);
    if (len < 126) {
      frame[n++] = (byte) (MASKED | len);
    } else {
      int bytes = len < 1 << 16 ? 2 : 8;
      frame[n++] = (byte) (MASKED | (bytes == 2 ? 126 : 127));
      for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        frame[n++] = (byte) ((long) len >>> shift);
      }
    }
    System.arraycopy(mask, 0, frame, n, 4);
    n += 4;
    for (int i = 0; i < len; i++) {
      frame[n + i] = (byte) (b[off + i] ^ mask[i & 3]);
    }
    writing.lock();
    try {
      to.write(frame, 0, n + len);
    } finally {
      writing.unlock();
    }
  }
}
