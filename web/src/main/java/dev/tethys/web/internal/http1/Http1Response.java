package dev.tethys.web.internal.http1;

import dev.tethys.web.internal.WireResponse;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.http.Status;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Writes the responses of one connection of HTTP/1, one after another: head and body with one write
 * where they are short, bodies of unknown length in chunks.
 *
 * <p>Invariant: {@code out[0, n)} was not sent yet. All methods throw an {@link
 * java.io.UncheckedIOException} if the client has left.
 */
final class Http1Response implements WireResponse {
  private static final int USUAL = 1 << 10;

  /** Size in bytes from which data is sent immediately. */
  private static final int LONG = 12 << 10;

  /** Buffer size for short writes, and for the copied pieces of long ones. */
  private static final int MOST = 64 << 10;

  private static final byte[] CONTINUE = ascii("HTTP/1.1 100 Continue\r\n\r\n");
  private static final byte[] DATE = ascii("date: ");
  private static final byte[] CHUNKED = ascii("transfer-encoding: chunked\r\n");
  private static final byte[] END_OF_LINE = ascii("\r\n");
  private static final byte[] HEX = ascii("0123456789abcdef");
  private static final AtomicReferenceArray<byte[]> STATUS = new AtomicReferenceArray<>(600);

  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** The current time as a header value, created once per second. */
  private record Now(long second, byte[] text) {}

  private static volatile Now now = new Now(-1, new byte[0]);

  private final HelidonSocket socket;
  private final SocketInput in;
  private byte[] out = new byte[USUAL];
  private int n;
  private boolean toHead;
  private boolean upgraded;

  Http1Response(HelidonSocket socket, SocketInput in) {
    this.socket = socket;
    this.in = in;
  }

  private static byte[] ascii(String s) {
    return s.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Prepares for the next request of the connection. */
  void next(String method) {
    toHead = method.equals("HEAD");
    n = 0;
    if (out.length > USUAL) {
      out = new byte[USUAL];
    }
  }

  /** Tells a client that waits for it to send its body. */
  void proceed() {
    socket.write(BufferData.createReadOnly(CONTINUE, 0, CONTINUE.length));
  }

  private void head(int status, Map<String, List<String>> headers) {
    put(statusLine(status));
    put(DATE);
    put(date());
    put(END_OF_LINE);
    headers.forEach(
        (name, values) -> {
          for (String value : values) {
            header(name, value);
          }
        });
  }

  private void header(String name, String value) {
    put(name);
    put(": ");
    put(value);
    put(END_OF_LINE);
  }

  private static byte[] statusLine(int status) {
    byte[] line = STATUS.get(status);
    if (line == null) {
      line = ascii("HTTP/1.1 " + status + " " + Status.create(status).reasonPhrase() + "\r\n");
      STATUS.set(status, line);
    }
    return line;
  }

  private static byte[] date() {
    long second = System.currentTimeMillis() / 1000;
    Now known = now;
    if (known.second != second) {
      known = new Now(second, ascii(HTTP_DATE.format(Instant.ofEpochSecond(second))));
      now = known;
    }
    return known.text;
  }

  private void length(int length) {
    header("content-length", Integer.toString(length));
  }

  @Override
  public void send(int status, Map<String, List<String>> headers, byte[] body, int length) {
    head(status, headers);
    if (!headers.containsKey("content-length")) {
      length(length);
    }
    put(END_OF_LINE);
    write(body, 0, length);
    flush();
  }

  @Override
  public void sendHead(int status, Map<String, List<String>> headers) {
    head(status, headers);
    boolean none = status == 204 || status == 304;
    if (!none && !toHead && !headers.containsKey("content-length")) {
      length(0);
    }
    put(END_OF_LINE);
    flush();
  }

  @Override
  public OutputStream begin(int status, Map<String, List<String>> headers) {
    head(status, headers);
    put(CHUNKED);
    put(END_OF_LINE);
    return new Chunks();
  }

  @Override
  public void end(Map<String, String> trailers) {
    put("0\r\n");
    trailers.forEach(this::header);
    put(END_OF_LINE);
    flush();
  }

  @Override
  public Upgraded upgrade(Map<String, List<String>> headers) {
    upgraded = true;
    head(101, headers);
    put(END_OF_LINE);
    flush();
    return new Upgraded(in.stream(), new Direct());
  }

  /** Whether the connection was handed to another protocol, which reads it. */
  boolean isUpgraded() {
    return upgraded;
  }

  /** Output of an upgraded connection, without a buffer. */
  private final class Direct extends OutputStream {
    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] b, int off, int len) {
      socket.write(BufferData.createReadOnly(b, off, len));
    }
  }

  private final class Chunks extends OutputStream {
    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] b, int off, int len) {
      if (len > 0) { // a chunk of nothing would be the end
        for (int shift = 28, any = 0; shift >= 0; shift -= 4) {
          int digit = len >>> shift & 15;
          any |= digit;
          if (any != 0) {
            put(HEX[digit]);
          }
        }
        put(END_OF_LINE);
        Http1Response.this.write(b, off, len);
        put(END_OF_LINE);
      }
    }

    @Override
    public void flush() {
      Http1Response.this.flush();
    }
  }

  /**
   * Buffers short writes. Long writes are sent immediately, so that the client reads while the next
   * is produced, together with the buffered bytes: a write wakes the client, and takes longer than
   * copying its bytes.
   */
  private void write(byte[] b, int off, int len) {
    if (len > MOST) {
      flush();
      socket.write(BufferData.createReadOnly(b, off, len));
      return;
    }
    room(len);
    System.arraycopy(b, off, out, n, len);
    n += len;
    if (len >= LONG || n >= MOST) {
      flush();
    }
  }

  private void room(int len) {
    if (len > out.length - n) {
      out = Arrays.copyOf(out, Math.max(n + len, Math.min(MOST, 2 * out.length)));
    }
  }

  private void put(byte b) {
    room(1);
    out[n++] = b;
  }

  private void put(byte[] b) {
    room(b.length);
    System.arraycopy(b, 0, out, n, b.length);
    n += b.length;
  }

  @SuppressWarnings("deprecation") // the bytes of a string of ASCII, without a copy
  private void put(String s) {
    int len = s.length();
    for (int i = 0; i < len; i++) {
      if (s.charAt(i) >= 0x80) {
        put(s.getBytes(StandardCharsets.UTF_8));
        return;
      }
    }
    room(len);
    s.getBytes(0, len, out, n);
    n += len;
  }

  private void flush() {
    if (n > 0) {
      int length = n;
      n = 0;
      socket.write(BufferData.createReadOnly(out, 0, length));
    }
  }
}
