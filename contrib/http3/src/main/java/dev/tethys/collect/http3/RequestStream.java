package dev.tethys.collect.http3;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.web.client.Http3Dialer;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.AsciiString;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response. The network thread stores incoming data, and stops reading while
 * too much of it is buffered; the calling thread consumes it.
 */
final class RequestStream extends Http3RequestStreamInboundHandler {
  /** Maximum number of buffered body bytes. */
  private static final int MAX_HELD = 256 << 10;

  private static final int PIECE = 16 << 10;

  /** Maximum number of informational heads before the final one. */
  private static final int MAX_INFORMATIONAL = 5;

  private static final int SWITCHING = 101;

  private final QuicConnection connection;
  private final long deadline;

  @GuardedBy("this")
  private @Nullable QuicStreamChannel stream;

  @GuardedBy("this")
  private @Nullable Http3Headers head;

  @GuardedBy("this")
  private long headAt;

  private volatile boolean wantsBody = true;

  @GuardedBy("this")
  private long received;

  @GuardedBy("this")
  private int informational;

  @GuardedBy("this")
  private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>();

  @GuardedBy("this")
  private int held;

  @GuardedBy("this")
  private boolean paused;

  @GuardedBy("this")
  private boolean ended; // as it should

  @GuardedBy("this")
  private boolean cancelled;

  @GuardedBy("this")
  private @Nullable IOException failure;

  RequestStream(QuicConnection connection, long deadline) {
    this.connection = connection;
    this.deadline = deadline;
  }

  // ---- sending ----

  void send(QuicStreamChannel to, List<Map.Entry<String, String>> fields, byte @Nullable [] body) {
    synchronized (this) {
      stream = to;
    }
    DefaultHttp3HeadersFrame frame = new DefaultHttp3HeadersFrame();
    fields.forEach(f -> frame.headers().add(AsciiString.of(f.getKey()), f.getValue()));
    wantsBody = !"HEAD".contentEquals(frame.headers().method());
    to.writeAndFlush(frame)
        .addListener(
            f -> {
              if (f.isSuccess()) {
                sendBody(to, body == null ? new byte[0] : body, 0);
              } else {
                fail(connection.failure(f.cause()));
              }
            });
  }

  /**
   * Sends the body piece by piece, because a server may respond, and stop reading, before it has
   * everything.
   */
  private static void sendBody(QuicStreamChannel to, byte[] body, int from) {
    if (from == body.length) {
      to.shutdownOutput();
      return;
    }
    int n = Math.min(PIECE, body.length - from);
    to.writeAndFlush(new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(body, from, n)))
        .addListener(
            f -> {
              if (f.isSuccess()) {
                sendBody(to, body, from + n);
              }
            });
  }

  // ---- receiving ----

  @Override
  protected synchronized void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
    if (head != null) {
      return; // trailers
    }
    Integer status = status(frame.headers());
    if (status == null) {
      fail(new IOException("http3: the response has no status"));
    } else if (status / 100 == 1 && status != SWITCHING) {
      if (++informational > MAX_INFORMATIONAL) {
        fail(new IOException("http3: too many 1xx informational responses"));
      }
    } else {
      headAt = System.nanoTime();
      head = frame.headers();
      notifyAll();
    }
  }

  private static @Nullable Integer status(Http3Headers h) {
    CharSequence s = h.status();
    try {
      return s == null ? null : Integer.valueOf(s.toString());
    } catch (NumberFormatException e) {
      return null;
    }
  }

  @Override
  protected synchronized void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
    byte[] piece = new byte[frame.content().readableBytes()];
    frame.content().readBytes(piece);
    frame.release();
    if (piece.length == 0 || cancelled) {
      return;
    }
    pieces.add(ByteBuffer.wrap(piece));
    held += piece.length;
    received += piece.length;
    if (held > MAX_HELD && !paused) {
      paused = true;
      ctx.channel().config().setAutoRead(false);
    }
    notifyAll();
  }

  @Override
  protected synchronized void channelInputClosed(ChannelHandlerContext ctx) {
    if (isCutOff()) {
      fail(new IOException("http3: the response ended before its content-length"));
    }
    ended = failure == null;
    notifyAll();
  }

  /**
   * Whether the stream was cut off: the codec reports this too, but possibly after the end of the
   * stream, which ends the reader.
   */
  @GuardedBy("this")
  private boolean isCutOff() {
    Http3Headers h = head;
    Integer status = h == null ? null : status(h);
    if (h == null || status == null || status == 304 || !wantsBody || cancelled) {
      return false;
    }
    return h.getLong(HttpHeaderNames.CONTENT_LENGTH, 0) > received;
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    synchronized (this) {
      if (!ended) {
        fail(connection.failure(null));
      }
    }
    super.channelInactive(ctx);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(connection.failure(cause));
  }

  private synchronized void fail(IOException e) {
    if (failure == null) {
      failure = e;
    }
    notifyAll();
  }

  // ---- reading ----

  /** Waits for data from the network thread. */
  private void await() throws IOException, InterruptedException {
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      throw new HttpTimeoutException("context deadline exceeded");
    }
    TimeUnit.NANOSECONDS.timedWait(this, left);
  }

  synchronized Http3Dialer.Reply reply() throws IOException, InterruptedException {
    try {
      while (head == null) {
        if (failure != null) {
          throw new IOException(failure.getMessage(), failure);
        }
        if (ended) {
          throw new IOException("http3: the response ended before it began");
        }
        await();
      }
    } catch (IOException | InterruptedException e) {
      cancel();
      throw e;
    }
    Map<String, List<String>> fields = new LinkedHashMap<>();
    for (Map.Entry<CharSequence, CharSequence> f : head) {
      String name = f.getKey().toString();
      if (!name.startsWith(":")) {
        fields.computeIfAbsent(name, k -> new ArrayList<>()).add(f.getValue().toString());
      }
    }
    Integer status = status(head);
    return new Http3Dialer.Reply(status == null ? 0 : status, fields, new Body(), headAt);
  }

  private synchronized int read(byte[] to, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    try {
      while (pieces.isEmpty()) {
        if (failure != null) {
          throw new IOException(failure.getMessage(), failure);
        }
        if (ended) {
          return -1;
        }
        await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
    ByteBuffer piece = pieces.getFirst();
    int n = Math.min(piece.remaining(), length);
    piece.get(to, offset, n);
    if (!piece.hasRemaining()) {
      pieces.removeFirst();
    }
    held -= n;
    if (paused && held <= MAX_HELD / 2 && stream != null) {
      paused = false;
      QuicStreamChannel s = stream;
      s.eventLoop().execute(() -> s.config().setAutoRead(true));
    }
    return n;
  }

  /** Requests no more. */
  private synchronized void cancel() {
    QuicStreamChannel s = stream;
    if (s != null && !ended && !cancelled) {
      s.shutdown((int) Http3ErrorCode.H3_REQUEST_CANCELLED.code()).addListener(f -> s.close());
    }
    cancelled = true;
    pieces.clear();
  }

  private final class Body extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int offset, int length) throws IOException {
      return RequestStream.this.read(b, offset, length);
    }

    @Override
    public void close() {
      cancel();
    }
  }
}
