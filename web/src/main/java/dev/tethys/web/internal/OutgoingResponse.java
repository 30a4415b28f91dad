package dev.tethys.web.internal;

import dev.tethys.web.HttpException;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A response as built by handlers. Used by the thread of its handler only.
 *
 * <p>Invariant: nothing is sent to the client before status, headers and encoding are settled
 * ({@link #committed}); a streamed body that ends within {@link #BUFFER} bytes is sent whole, with
 * its length.
 */
public final class OutgoingResponse implements HttpResponse {
  /** Maximum streamed body that is buffered for a client that needs its length. */
  static final int MAX_WHOLE = 64 << 20;

  /**
   * Number of bytes of a streamed body that are delayed, to send short bodies whole and long ones
   * in pieces.
   */
  static final int BUFFER = 32 << 10;

  private static final int FIRST_BUFFER = 512;

  private final WireResponse wire;
  private final ConnectionTimeouts.Exchange exchange;
  private final boolean head;
  private final @Nullable String acceptEncoding;
  private final boolean whole;
  private final Map<String, List<String>> headers = new LinkedHashMap<>();
  private final Map<String, String> trailers = new LinkedHashMap<>();
  private String route = "";
  private int status = 200;
  private boolean compressible = true;
  private boolean committed;
  private boolean upgraded;
  private BooleanSupplier ending = () -> false;
  private boolean last;
  private long bytes;
  private @Nullable BodyStream stream;

  OutgoingResponse(
      WireResponse wire,
      ConnectionTimeouts.Exchange exchange,
      boolean head,
      @Nullable String acceptEncoding,
      boolean whole) {
    this.wire = wire;
    this.exchange = exchange;
    this.head = head;
    this.acceptEncoding = acceptEncoding;
    this.whole = whole;
  }

  @Override
  public HttpResponse status(int code) {
    if (code < 200 || code > 599) {
      throw new IllegalArgumentException("not the status of an answer: " + code);
    }
    status = code;
    return this;
  }

  @Override
  public int status() {
    return status;
  }

  /** Is the last response of its connection if that is so when it is sent. */
  void lastWhere(BooleanSupplier when) {
    ending = when;
  }

  /** Whether it announced that it is the last of its connection because the listener stops. */
  boolean isLast() {
    return last;
  }

  /** Remembers the pattern of the route that responds. */
  public void route(String pattern) {
    route = pattern;
  }

  /** Returns the pattern of the route, or "". */
  public String route() {
    return route;
  }

  /** Returns the number of body bytes sent, after compression. */
  public long bytesSent() {
    return bytes;
  }

  @Override
  public HttpResponse header(String name, String value) {
    headers.put(checked(name.toLowerCase(Locale.ROOT)), new ArrayList<>(List.of(checked(value))));
    return this;
  }

  @Override
  public HttpResponse addHeader(String name, String value) {
    headers
        .computeIfAbsent(checked(name.toLowerCase(Locale.ROOT)), k -> new ArrayList<>())
        .add(checked(value));
    return this;
  }

  /** Rejects values from a handler that would end the header. */
  private static String checked(String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c < ' ' && c != '\t' || c == 0x7f) {
        throw new IllegalArgumentException("a header holds a control character");
      }
    }
    return s;
  }

  @Override
  public @Nullable String header(String name) {
    List<String> v = headers.get(name.toLowerCase(Locale.ROOT));
    return v == null ? null : v.getFirst();
  }

  @Override
  public HttpResponse uncompressed() {
    compressible = false;
    return this;
  }

  @Override
  public HttpResponse trailer(String name, String value) {
    trailers.put(checked(name.toLowerCase(Locale.ROOT)), checked(value));
    return this;
  }

  @Override
  public boolean isCommitted() {
    return committed;
  }

  private void commit() {
    if (committed) {
      throw new IllegalStateException("the response was sent already");
    }
    committed = true;
    if (ending.getAsBoolean()) {
      last = true;
      header("Connection", "close");
    }
    PageHeaders.addTo(headers);
  }

  private @Nullable String encoding(long length) {
    boolean possible =
        compressible
            && length >= Encodings.MIN_BYTES
            && header("Content-Encoding") == null
            && status != 204
            && status != 304
            && status != 206
            && Encodings.isWorthIt(header("Content-Type"));
    if (!possible) {
      return null;
    }
    addHeader("Vary", "Accept-Encoding");
    return Encodings.choose(acceptEncoding);
  }

  @Override
  public void send() throws IOException {
    commit();
    sending(() -> wire.sendHead(status, headers));
  }

  @Override
  public void send(String text) throws IOException {
    if (header("Content-Type") == null) {
      header("Content-Type", "text/plain; charset=utf-8");
    }
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void send(byte[] body) throws IOException {
    send(body, body.length);
  }

  @Override
  public void send(byte[] given, int length) throws IOException {
    byte[] out = given;
    int n = length;
    String encoding = encoding(length);
    if (encoding != null) {
      byte[] packed = Encodings.pack(encoding, given, length);
      if (packed.length < length) {
        header("Content-Encoding", encoding);
        out = packed;
        n = packed.length;
      }
    }
    if (head) {
      header("Content-Length", Integer.toString(n));
      send();
      return;
    }
    if (n == 0 || status == 204 || status == 304) {
      send();
      return;
    }
    byte[] body = out;
    int size = n;
    commit();
    bytes += n;
    sending(() -> wire.send(status, headers, body, size));
  }

  @Override
  public @Nullable Connection upgrade() throws IOException {
    if (committed || stream != null) {
      throw new IllegalStateException("the response was sent already");
    }
    AtomicReference<WireResponse.@Nullable Upgraded> to = new AtomicReference<>();
    sending(() -> to.set(wire.upgrade(headers)));
    WireResponse.Upgraded u = to.get();
    if (u == null) {
      return null;
    }
    committed = true;
    upgraded = true;
    status = 101;
    return new Connection(u.input(), new Counted(u.output()));
  }

  /** Whether another protocol has the connection. */
  boolean isUpgraded() {
    return upgraded;
  }

  private void sending(Action send) throws IOException {
    exchange.writing();
    try {
      send.run();
    } catch (ClientGoneException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new ClientGoneException(e);
    } finally {
      exchange.written();
    }
  }

  @Override
  public OutputStream stream() {
    if (committed || stream != null) {
      throw new IllegalStateException("the response was sent already");
    }
    stream = new BodyStream();
    return stream;
  }

  /** Completes a response that the handler did not end. */
  public void finish() throws IOException {
    if (stream != null) {
      stream.close();
    } else if (!committed) {
      send();
    }
  }

  /**
   * Discards prepared data that was not sent, to send an error instead; returns false if it is too
   * late.
   */
  public boolean reset() {
    if (committed) {
      return false;
    }
    if (stream != null) {
      stream.closed = true;
      stream = null;
    }
    headers.clear();
    trailers.clear();
    status = 200;
    return true;
  }

  private final class BodyStream extends OutputStream {
    private byte[] buffer = new byte[FIRST_BUFFER]; // grows: most responses to senders are short
    private int held;
    private @Nullable OutputStream out;
    private boolean closed;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] b, int off, int len) throws IOException {
      if (closed) {
        throw new IOException("the response has ended");
      }
      if (whole && len > MAX_WHOLE - held) {
        throw new HttpException(505, "the response exceeds the limit for HTTP/1.0; use HTTP/1.1");
      }
      if (!whole && len > BUFFER - held) {
        drain();
        if (len >= BUFFER) {
          start().write(b, off, len);
          return;
        }
      }
      if (len > buffer.length - held) {
        int most = whole ? MAX_WHOLE : BUFFER;
        buffer =
            java.util.Arrays.copyOf(
                buffer, Math.min(most, Math.max(held + len, 2 * buffer.length)));
      }
      System.arraycopy(b, off, buffer, held, len);
      held += len;
    }

    private void drain() throws IOException {
      OutputStream o = start();
      if (held > 0) {
        o.write(buffer, 0, held);
        held = 0;
      }
    }

    private OutputStream start() throws IOException {
      if (out == null) {
        String encoding = encoding(Integer.MAX_VALUE);
        if (encoding != null) {
          header("Content-Encoding", encoding);
        }
        if (!trailers.isEmpty()) {
          header("Trailer", String.join(", ", trailers.keySet()));
        }
        commit();
        OutputStream raw =
            head ? OutputStream.nullOutputStream() : new Counted(wire.begin(status, headers));
        out = encoding == null ? raw : Encodings.encode(encoding, raw);
      }
      return out;
    }

    @Override
    public void flush() throws IOException {
      if (!closed && !whole) {
        drain();
        start().flush();
      }
    }

    @Override
    public void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      if (out == null && trailers.isEmpty()) {
        send(buffer, held);
        return;
      }
      drain();
      start().close();
      if (head) {
        sending(() -> wire.sendHead(status, headers));
      } else {
        sending(() -> wire.end(trailers));
      }
    }
  }

  /** Counts, and puts every write under the watch for slow clients. */
  private final class Counted extends OutputStream {
    private final OutputStream to;

    Counted(OutputStream to) {
      this.to = to;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] b, int off, int len) throws IOException {
      bytes += len;
      sending(() -> to.write(b, off, len));
    }

    @Override
    public void flush() throws IOException {
      sending(to::flush);
    }

    @Override
    public void close() throws IOException {
      sending(to::close);
    }
  }

  private interface Action {
    void run() throws IOException;
  }
}
