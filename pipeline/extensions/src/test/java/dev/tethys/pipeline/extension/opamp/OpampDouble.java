package dev.tethys.pipeline.extension.opamp;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.netty.shaded.io.netty.bootstrap.ServerBootstrap;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInitializer;
import io.grpc.netty.shaded.io.netty.channel.SimpleChannelInboundHandler;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpObjectAggregator;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpServerCodec;
import io.grpc.netty.shaded.io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.grpc.netty.shaded.io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.grpc.netty.shaded.io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler.HandshakeComplete;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server of OpAMP: Netty's WebSockets, or the JDK's HTTP; its received messages wait for the
 * test.
 */
final class OpampDouble implements AutoCloseable {
  private static final int MAX_FRAME = 1 << 24;

  /** Response over HTTP. */
  record Said(int status, byte[] body, Map<String, String> headers) {
    static Said ok(String text) {
      return new Said(200, OpampSchema.server(text), Map.of());
    }
  }

  private final BlockingQueue<Told> told = new LinkedBlockingQueue<>();

  /** Number of opened and closed WebSockets. */
  final AtomicInteger opened = new AtomicInteger();

  final AtomicInteger closed = new AtomicInteger();

  /** Said to each message over HTTP. */
  volatile Supplier<Said> answer = () -> Said.ok("");

  private volatile @Nullable Channel connection;
  private final @Nullable NioEventLoopGroup loops;
  private final @Nullable HttpServer http;
  private final int port;

  private final boolean secured;

  private OpampDouble(boolean socket, @Nullable SslContext tls) throws Exception {
    secured = tls != null;
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    if (socket) {
      http = null;
      loops = new NioEventLoopGroup(1);
      Channel c =
          new ServerBootstrap()
              .group(loops)
              .channel(NioServerSocketChannel.class)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                      if (tls != null) {
                        ch.pipeline().addLast(tls.newHandler(ch.alloc()));
                      }
                      ch.pipeline()
                          .addLast(new HttpServerCodec())
                          .addLast(new HttpObjectAggregator(1 << 16))
                          .addLast(
                              new WebSocketServerProtocolHandler(
                                  "/v1/opamp", null, false, MAX_FRAME, false, true))
                          .addLast(new Ear());
                    }
                  })
              .bind(any)
              .sync()
              .channel();
      port = ((InetSocketAddress) c.localAddress()).getPort();
    } else {
      loops = null;
      http = HttpServer.create(any, 0);
      http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      http.createContext("/v1/opamp", this::exchange);
      http.start();
      port = http.getAddress().getPort();
    }
  }

  static OpampDouble socket() throws Exception {
    return new OpampDouble(true, null);
  }

  /** A server of {@code wss}. */
  static OpampDouble secured(Path certificate, Path key) throws Exception {
    return new OpampDouble(
        true, SslContextBuilder.forServer(certificate.toFile(), key.toFile()).build());
  }

  static OpampDouble http() throws Exception {
    return new OpampDouble(false, null);
  }

  String url() {
    return (http == null ? secured ? "wss" : "ws" : "http") + "://127.0.0.1:" + port + "/v1/opamp";
  }

  private final class Ear extends SimpleChannelInboundHandler<BinaryWebSocketFrame> {
    private final Map<String, String> headers = new TreeMap<>();

    @Override
    public void userEventTriggered(ChannelHandlerContext c, Object event) {
      if (event instanceof HandshakeComplete h) {
        h.requestHeaders()
            .forEach(e -> headers.put(e.getKey().toLowerCase(Locale.ROOT), e.getValue()));
        connection = c.channel();
        opened.incrementAndGet();
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext c, BinaryWebSocketFrame f) {
      byte[] b = new byte[f.content().readableBytes()];
      f.content().readBytes(b);
      if (b[0] != 0) {
        throw new AssertionError("a message without a header");
      }
      told.add(new Told(OpampSchema.agent(Arrays.copyOfRange(b, 1, b.length)), headers));
    }

    @Override
    public void channelInactive(ChannelHandlerContext c) {
      closed.incrementAndGet();
    }
  }

  private void exchange(HttpExchange e) throws IOException {
    try (e) {
      byte[] asked = e.getRequestBody().readAllBytes();
      Map<String, String> headers = new TreeMap<>();
      e.getRequestHeaders()
          .forEach((k, v) -> headers.put(k.toLowerCase(Locale.ROOT), v.getFirst()));
      Said s = answer.get();
      told.add(new Told(OpampSchema.agent(asked), headers));
      s.headers.forEach(e.getResponseHeaders()::add);
      e.sendResponseHeaders(s.status, s.body.length == 0 ? -1 : s.body.length);
      try (OutputStream out = e.getResponseBody()) {
        out.write(s.body);
      }
    }
  }

  /** The next message. */
  Told next() throws InterruptedException {
    Told t = told.poll(60, TimeUnit.SECONDS);
    if (t == null) {
      throw new AssertionError("the agent says nothing");
    }
    return t;
  }

  /** Next message with a field. */
  Told nextWith(String field) throws InterruptedException {
    Told t = next();
    while (!t.has(field)) {
      t = next();
    }
    return t;
  }

  /** Sends a message over the most recent WebSocket, after the header. */
  void say(String text) {
    byte[] m = OpampSchema.server(text);
    byte[] framed = new byte[m.length + 1];
    System.arraycopy(m, 0, framed, 1, m.length);
    sayBytes(framed);
  }

  void sayBytes(byte[] message) {
    Channel c = connection;
    if (c == null) {
      throw new AssertionError("no WebSocket is open");
    }
    c.writeAndFlush(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(message)));
  }

  /** Ends the connection. */
  void drop() {
    Channel c = connection;
    if (c != null) {
      c.close();
    }
  }

  @Override
  public void close() {
    if (loops != null) {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
    if (http != null) {
      http.stop(0);
    }
  }
}
