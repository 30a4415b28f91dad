package dev.tethys.collect.http3;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3GoAwayFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.ClientAuth;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A server of HTTP/3 that does what its paths say, faults above all. */
final class Http3Double implements AutoCloseable {
  /** How much {@code /big} answers. */
  static final int BIG = 8 << 20;

  /** How much of it the network has taken. */
  static final AtomicInteger SENT = new AtomicInteger();

  private static final int INTERNAL_ERROR = 0x102;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel socket;
  final AtomicInteger connections = new AtomicInteger();

  /** The servers that were requested by name. */
  final List<String> names = new CopyOnWriteArrayList<>();

  /**
   * Starts it on loopback.
   *
   * @param clients who signs certificates of clients, which must be shown; null if none
   */
  Http3Double(Path certificate, Path key, @Nullable Path clients) throws InterruptedException {
    QuicSslContextBuilder tls =
        QuicSslContextBuilder.forServer(key.toFile(), null, certificate.toFile())
            .applicationProtocols("h3");
    if (clients != null) {
      tls.trustManager(clients.toFile()).clientAuth(ClientAuth.REQUIRE);
    }
    QuicSslContext context = tls.build();
    socket =
        new Bootstrap()
            .group(group)
            .channel(NioDatagramChannel.class)
            .handler(
                Http3.newQuicServerCodecBuilder()
                    .sslContext(
                        clients != null
                            ? context
                            : QuicSslContextBuilder.buildForServerWithSni(
                                name -> {
                                  names.add(String.valueOf(name));
                                  return context;
                                }))
                    .maxIdleTimeout(60, TimeUnit.SECONDS)
                    .initialMaxData(1 << 20)
                    .initialMaxStreamDataBidirectionalRemote(1 << 16)
                    .initialMaxStreamsBidirectional(100)
                    .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
                    .handler(
                        new ChannelInitializer<QuicChannel>() {
                          @Override
                          protected void initChannel(QuicChannel c) {
                            connections.incrementAndGet();
                            c.pipeline().addLast(new Http3ServerConnectionHandler(requests()));
                          }
                        })
                    .build())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
  }

  private static ChannelInitializer<QuicStreamChannel> requests() {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(QuicStreamChannel c) {
        c.pipeline().addLast(new Answering());
      }
    };
  }

  int port() {
    return ((InetSocketAddress) socket.localAddress()).getPort();
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** Responds to one request by its path. */
  private static final class Answering extends Http3RequestStreamInboundHandler {
    private String path = "";
    private final StringBuilder seen = new StringBuilder();
    private int received;

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      path = String.valueOf(frame.headers().path());
      frame
          .headers()
          .forEach(h -> seen.append(h.getKey()).append('=').append(h.getValue()).append('\n'));
      switch (path) {
        case "/early" -> {
          head(ctx, 403);
          data(ctx, "too much");
          ((QuicStreamChannel) ctx.channel()).shutdownInput(0x100);
          end(ctx);
        }
        case "/reset" -> {
          head(ctx, 200);
          ctx.writeAndFlush(new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(new byte[10])))
              .addListener(
                  f ->
                      ctx.executor()
                          .schedule(
                              () -> ((QuicStreamChannel) ctx.channel()).shutdown(INTERNAL_ERROR),
                              100,
                              TimeUnit.MILLISECONDS));
        }
        case "/gone" -> {
          head(ctx, 200);
          ctx.writeAndFlush(new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(new byte[10])))
              .addListener(
                  f ->
                      ctx.executor()
                          .schedule(
                              () ->
                                  ((QuicStreamChannel) ctx.channel())
                                      .parent()
                                      .close(
                                          true,
                                          INTERNAL_ERROR,
                                          Unpooled.wrappedBuffer(new byte[] {'b', 'y', 'e'})),
                              100,
                              TimeUnit.MILLISECONDS));
        }
        default -> {
          // answered when the request has ended
        }
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      received += frame.content().readableBytes();
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      switch (path) {
        case "/hello" -> {
          head(ctx, 200);
          data(ctx, "hello");
          end(ctx);
        }
        case "/seen" -> {
          head(ctx, 200);
          data(ctx, seen.toString());
          end(ctx);
        }
        case "/count" -> {
          head(ctx, 200);
          data(ctx, Integer.toString(received));
          end(ctx);
        }
        case "/empty" -> {
          head(ctx, 204);
          end(ctx);
        }
        case "/unchanged" -> {
          DefaultHttp3HeadersFrame f = new DefaultHttp3HeadersFrame();
          f.headers().status("304").add("content-encoding", "gzip");
          ctx.writeAndFlush(f);
          end(ctx);
        }
        case "/hints" -> {
          head(ctx, 103);
          head(ctx, 200);
          data(ctx, "after hints");
          DefaultHttp3HeadersFrame trailers = new DefaultHttp3HeadersFrame();
          trailers.headers().add("x-late", "1");
          ctx.writeAndFlush(trailers);
          end(ctx);
        }
        case "/large" -> {
          DefaultHttp3HeadersFrame f = new DefaultHttp3HeadersFrame();
          f.headers().status("200").add("x-large", "x".repeat(2 << 20));
          ctx.writeAndFlush(f);
          end(ctx);
        }
        case "/short" -> {
          DefaultHttp3HeadersFrame f = new DefaultHttp3HeadersFrame();
          f.headers().status("200").add("content-length", "100");
          ctx.writeAndFlush(f);
          data(ctx, "less");
          end(ctx);
        }
        case "/leave" -> {
          QuicStreamChannel control = Http3.getLocalControlStream(ctx.channel().parent());
          if (control != null) {
            control
                .writeAndFlush(new DefaultHttp3GoAwayFrame(1L << 32))
                .addListener(
                    f -> {
                      head(ctx, 200);
                      data(ctx, "hello");
                      end(ctx);
                    });
          }
        }
        case "/big" -> {
          head(ctx, 200);
          big(ctx, 0);
        }
        case "/drip" -> {
          head(ctx, 200);
          data(ctx, "d");
        }
        default -> {
          // silence
        }
      }
    }

    private static void head(ChannelHandlerContext ctx, int status) {
      DefaultHttp3HeadersFrame f = new DefaultHttp3HeadersFrame();
      f.headers().status(Integer.toString(status)).add("x-kind", "double");
      ctx.writeAndFlush(f);
    }

    private static void data(ChannelHandlerContext ctx, String text) {
      ctx.writeAndFlush(
          new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8))));
    }

    /** Bytes that tell where they stand. */
    private static void big(ChannelHandlerContext ctx, int from) {
      if (from == BIG) {
        end(ctx);
        return;
      }
      int n = Math.min(50_000, BIG - from);
      byte[] piece = new byte[n];
      for (int i = 0; i < n; i++) {
        piece[i] = at(from + i);
      }
      ctx.writeAndFlush(new DefaultHttp3DataFrame(Unpooled.wrappedBuffer(piece)))
          .addListener(
              f -> {
                if (f.isSuccess()) {
                  SENT.set(from + n);
                  big(ctx, from + n);
                }
              });
    }

    private static void end(ChannelHandlerContext ctx) {
      ((QuicStreamChannel) ctx.channel()).shutdownOutput();
    }
  }

  /** The byte of {@code /big} at a place. */
  static byte at(int place) {
    return (byte) (place * 31 + (place >> 13));
  }
}
