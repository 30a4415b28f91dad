package dev.tethys.web.internal.http2;

import dev.tethys.web.HttpListenerOptions;
import io.helidon.common.concurrency.limits.FixedLimit;
import io.helidon.common.context.Context;
import io.helidon.http.encoding.ContentDecoder;
import io.helidon.http.encoding.ContentEncoder;
import io.helidon.http.encoding.ContentEncoding;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.http.media.MediaContext;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProtocolConfigs;
import io.helidon.webserver.Router;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.http2.Http2ConnectionProvider;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Adapter of Helidon's HTTP/2: its listener context and its request handling. Creating one loads a
 * thousand classes and takes a tenth of a second.
 */
final class Http2Engine {
  /** Flow-control window of a stream in bytes. */
  private static final int WINDOW = 1 << 20;

  /**
   * The engine counts a stream for some time after its end, so its limit exceeds that of the
   * clients.
   */
  static final int STREAMS_BORNE = 4;

  private final ServerConnectionSelector engine;
  private final Listener listener;
  private final Router router;

  /**
   * Creates the engine.
   *
   * @param routing handlers of requests
   */
  Http2Engine(HttpListenerOptions options, HttpRouting.Builder routing) {
    Http2Config config =
        Http2Config.builder()
            .maxHeaderListSize(options.http2().headerListBytes())
            .maxConcurrentStreams((long) STREAMS_BORNE * options.http2().streams())
            .initialWindowSize(WINDOW)
            .validatePath(false)
            .build();
    engine =
        new Http2ConnectionProvider()
            .create("@default", config, ProtocolConfigs.create(List.of(config)));
    listener = Listener.create();
    router = Router.builder().addRouting(routing).build();
  }

  /** Serves a connection to its end. */
  void serve(ConnectionContext c) throws InterruptedException {
    engine.connection(c).handle(FixedLimit.create());
  }

  ListenerContext listener() {
    return listener;
  }

  Router router() {
    return router;
  }

  /** Interrupts requests that are still in progress. */
  void close() {
    listener.executor().shutdownNow();
  }

  private record Listener(
      Context context,
      MediaContext mediaContext,
      ContentEncodingContext contentEncodingContext,
      DirectHandlers directHandlers,
      ListenerConfig config,
      ExecutorService executor)
      implements ListenerContext {
    static Listener create() {
      ContentEncodingContext encodings =
          ContentEncodingContext.builder()
              .contentEncodingsDiscoverServices(false)
              .addContentEncoding(new AsItIs())
              .build();
      WebServerConfig config =
          WebServer.builder()
              .shutdownHook(false)
              .featuresDiscoverServices(false)
              .protocolsDiscoverServices(false)
              .contentEncoding(encodings)
              .buildPrototype();
      return new Listener(
          Context.create(),
          config.mediaContext().orElseGet(MediaContext::create),
          encodings,
          config.directHandlers().orElseGet(() -> DirectHandlers.builder().build()),
          config,
          Executors.newVirtualThreadPerTaskExecutor());
    }
  }

  /** Leaves request bodies in their encodings, which handlers decode. */
  private static final class AsItIs implements ContentEncoding {
    @Override
    public Set<String> ids() {
      return Set.of(
          "snappy",
          "x-snappy-framed",
          "gzip",
          "x-gzip",
          "zstd",
          "deflate",
          "zlib",
          "lz4",
          "br",
          "identity");
    }

    @Override
    public boolean supportsEncoding() {
      return false;
    }

    @Override
    public boolean supportsDecoding() {
      return true;
    }

    @Override
    public ContentDecoder decoder() {
      return ContentDecoder.NO_OP;
    }

    @Override
    public ContentEncoder encoder() {
      return ContentEncoder.NO_OP;
    }

    @Override
    public String name() {
      return "as-it-is";
    }

    @Override
    public String type() {
      return "as-it-is";
    }
  }
}
