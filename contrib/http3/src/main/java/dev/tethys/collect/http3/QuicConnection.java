package dev.tethys.collect.http3;

import dev.tethys.web.client.Http3Dialer;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.http3.DefaultHttp3SettingsFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3GoAwayFrame;
import io.netty.handler.codec.http3.Http3Settings;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Connection to one server, over a separate socket. */
final class QuicConnection implements Http3Dialer.Connection {
  /** Flow-control window in bytes, of the connection and of each response. */
  private static final long WINDOW = 1 << 20;

  private static final long STREAM_WINDOW = 256 << 10;

  /** The largest head of a response. */
  private static final long MAX_HEAD = 1 << 20;

  /** Connections are few and short: pools would only keep memory. */
  private static final ByteBufAllocator MEMORY = UnpooledByteBufAllocator.DEFAULT;

  private final InetSocketAddress to;
  private final QuicSslEngine engine;
  private final ChannelFuture registered;
  private final Channel socket;
  private @Nullable QuicChannel quic;

  /** Reason for which the peer or the network ended the connection. */
  private volatile @Nullable String ended;

  private volatile boolean leaving;

  private QuicConnection(
      EventLoopGroup loop, QuicSslContext context, InetSocketAddress to, String name) {
    this.to = to;
    this.engine = context.newEngine(MEMORY, name, to.getPort());
    ServerNames.send(engine, name);
    // A connected socket is notified when no process listens there.
    this.registered =
        new Bootstrap()
            .group(loop)
            .channel(NioDatagramChannel.class)
            .option(ChannelOption.ALLOCATOR, MEMORY)
            .handler(new ChannelInboundHandlerAdapter())
            .register();
    this.socket = registered.channel();
  }

  static QuicConnection open(
      EventLoopGroup loop, QuicSslContext context, InetSocketAddress to, String name, long deadline)
      throws IOException, InterruptedException {
    QuicConnection c = new QuicConnection(loop, context, to, name);
    try {
      c.connect(deadline);
      return c;
    } catch (IOException | InterruptedException | RuntimeException e) {
      c.close();
      throw e;
    }
  }

  private void connect(long deadline) throws IOException, InterruptedException {
    await(registered, deadline); // without a socket there is nothing to add to
    long remaining = Math.max(1, deadline - System.nanoTime());
    socket
        .pipeline()
        .addLast(
            Http3.newQuicClientCodecBuilder()
                .sslEngineProvider(q -> engine)
                .sslTaskExecutor(Thread::startVirtualThread)
                .maxIdleTimeout(remaining + TimeUnit.SECONDS.toNanos(1), TimeUnit.NANOSECONDS)
                .initialMaxData(WINDOW)
                .initialMaxStreamDataBidirectionalLocal(STREAM_WINDOW)
                .build())
        .addLast(new SocketErrors());
    await(socket.connect(to), deadline);
    quic =
        await(
            QuicChannel.newBootstrap(socket)
                .option(ChannelOption.ALLOCATOR, MEMORY)
                .streamOption(ChannelOption.ALLOCATOR, MEMORY)
                .handler(
                    new ChannelInitializer<QuicChannel>() {
                      @Override
                      protected void initChannel(QuicChannel c) {
                        c.pipeline().addLast(new Closing(), http3(), new Errors());
                      }
                    })
                .remoteAddress(to)
                .connect(),
            deadline);
  }

  /** Creates the HTTP/3 handler, without the dynamic table, which only benefits many requests. */
  private Http3ClientConnectionHandler http3() {
    Http3Settings settings = Http3Settings.defaultSettings().maxFieldSectionSize(MAX_HEAD);
    return new Http3ClientConnectionHandler(
        new Leaving(), null, null, new DefaultHttp3SettingsFrame(settings), true);
  }

  /** Handles a GOAWAY frame: the server accepts no more requests. */
  private final class Leaving extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
      if (frame instanceof Http3GoAwayFrame) {
        leaving = true;
      }
      ctx.fireChannelRead(frame);
    }
  }

  /** Handles socket errors, such as a closed port. */
  private final class SocketErrors extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ended =
          cause instanceof PortUnreachableException
              ? "connection refused"
              : String.valueOf(cause.getMessage());
      ctx.close();
    }
  }

  /** Receives the reason for which the server closes. */
  private final class Closing extends ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof QuicConnectionCloseEvent e) {
        String reason = reason(e);
        ended =
            (e.isTlsError()
                    ? "server ended the TLS handshake with alert "
                        + QuicConnectionCloseEvent.extractTlsError(e.error())
                    : "the server closed the connection with error " + e.error())
                + (reason.isBlank() ? "" : ": " + reason);
      }
      ctx.fireUserEventTriggered(event);
    }

    private static String reason(QuicConnectionCloseEvent e) {
      try {
        return new String(e.reason(), StandardCharsets.UTF_8);
      } catch (NullPointerException none) { // which it copies without looking
        return "";
      }
    }
  }

  /** Handles connection errors and fails the waiting requests. */
  private final class Errors extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (ended == null) {
        ended = String.valueOf(cause.getMessage());
      }
      ctx.close();
    }
  }

  /** Waits for a result on the thread that moves the packets. */
  private <T> T await(Future<T> f, long deadline) throws IOException, InterruptedException {
    if (!f.await(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
      throw new HttpTimeoutException("context deadline exceeded");
    }
    Throwable cause = f.cause();
    if (cause != null) {
      throw failure(cause);
    }
    return f.getNow();
  }

  /** Returns an exception with the most specific reason known. */
  IOException failure(@Nullable Throwable cause) {
    String untrusted = CertificateFailureRecorder.of(engine.getSession());
    String why = ended;
    if (untrusted != null) {
      return new IOException("tls: failed to verify certificate: " + untrusted, cause);
    }
    if (why != null) {
      return why.equals("connection refused")
          ? new ConnectException("dial udp " + shown() + ": " + why)
          : new IOException("http3: " + why, cause);
    }
    return new IOException(
        "http3: "
            + (cause == null
                ? "the connection has ended"
                : cause.getMessage() == null ? cause.toString() : cause.getMessage()),
        cause);
  }

  private String shown() {
    String a = to.getAddress().getHostAddress();
    return (a.indexOf(':') < 0 ? a : "[" + a + "]") + ":" + to.getPort();
  }

  @Override
  public SSLSession session() {
    return engine.getSession();
  }

  @Override
  public boolean isOpen() {
    return quic != null && quic.isActive() && ended == null && !leaving;
  }

  @Override
  public Http3Dialer.Reply send(
      List<Map.Entry<String, String>> head, byte @Nullable [] body, long deadline)
      throws IOException, InterruptedException {
    QuicChannel q = quic;
    if (q == null) {
      throw failure(null);
    }
    RequestStream r = new RequestStream(this, deadline);
    QuicStreamChannel stream =
        await(
            Http3.newRequestStreamBootstrap(q, r).option(ChannelOption.ALLOCATOR, MEMORY).create(),
            deadline);
    r.send(stream, head, body);
    return r.reply();
  }

  @Override
  public void close() {
    QuicChannel q = quic;
    if (q == null) {
      // A channel that cannot be registered is closed by the registering code.
      if (!registered.isDone()) {
        registered.addListener(f -> closeIf(f.isSuccess()));
      } else {
        closeIf(registered.isSuccess());
      }
      return;
    }
    // The close frame is sent before the socket is closed.
    q.close(true, (int) Http3ErrorCode.H3_NO_ERROR.code(), MEMORY.buffer(0))
        .addListener(f -> socket.close());
  }

  private void closeIf(boolean open) {
    if (open) {
      socket.close();
    }
  }
}
