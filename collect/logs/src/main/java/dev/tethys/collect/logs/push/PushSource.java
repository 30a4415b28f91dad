package dev.tethys.collect.logs.push;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.collect.logs.Delivery;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Server that receives pushed entries. A request is answered with 204 once all its entries are
 * delivered (or dropped by a stage), and with 503 if that takes too long or the server stops: its
 * sender keeps unacknowledged entries.
 */
abstract class PushSource implements LogSource {
  /** Header that names the tenant. */
  static final String TENANT_HEADER = "X-Scope-OrgID";

  final SourceContext context;
  private final String kind;
  private final PushServer server;

  /** Bodies up to this are not accounted for. */
  private static final int FREE_BYTES = 64 << 10;

  /**
   * Maximum time an entry waits for entries of other requests while the destination accepts none.
   */
  private static final Duration ROOM_LIMIT = Duration.ofSeconds(5);

  /** Memory of a body's entries as a multiple of its size, for short lines. */
  private static final long PARSED_FACTOR = 5;

  private final Labels labels;
  private @Nullable HttpListener listener;
  private volatile boolean stopped;

  PushSource(String kind, PushServer server, Labels labels, SourceContext context) {
    this.kind = kind;
    this.server = server;
    this.labels = labels;
    this.context = context;
  }

  /** Adds the routes. */
  abstract void addTo(Routes routes);

  @Override
  public void start() throws IOException {
    Routes routes = new Routes();
    addTo(routes);
    listener = server.listen(routes, kind);
  }

  int port() {
    HttpListener l = listener;
    return l == null ? 0 : l.port();
  }

  /**
   * Forwards an entry of a request.
   *
   * @param discovered its labels before relabelling
   * @return whether it was passed on, and not dropped by a rule
   */
  boolean accept(
      Labels discovered,
      @Nullable String tenant,
      long time,
      String line,
      Labels metadata,
      Delivery delivery)
      throws InterruptedException {
    Labels l = context.relabeled(discovered);
    if (l == null) {
      return false;
    }
    if (stopped) {
      throw new HttpException(503, "the receiver is stopping; retry");
    }
    if (tenant != null && !tenant.isEmpty()) {
      l = l.toBuilder().set(LogEntry.TENANT_LABEL, tenant).build();
    }
    delivery.expect();
    LogEntry e = new LogEntry(l, time, line, delivery);
    e.setMetadata(metadata);
    if (!context.offer(e, ROOM_LIMIT)) {
      throw new HttpException(503, "the destination accepts no entries; retry later");
    }
    return true;
  }

  /** Reserves memory for the lines and labels of a body. */
  static byte[] parsed(HttpRequest request, byte[] body) {
    if (body.length > FREE_BYTES) {
      request.reserve(PARSED_FACTOR * body.length);
    }
    return body;
  }

  /** The body of a request, decoded by its Content-Encoding. */
  static byte[] body(HttpRequest request, int most) throws IOException {
    Compression c = Compression.named(request.header("Content-Encoding"));
    if (c == null) {
      throw new HttpException(
          415, "unsupported Content-Encoding: " + request.header("Content-Encoding"));
    }
    byte[] b = request.bodyBytes(most);
    if (c == Compression.SNAPPY) {
      return b; // decompressed by the protocol
    }
    try {
      return parsed(
          request,
          c == Compression.NONE ? b : c.decompress(b, 0, b.length, most, request::reserve));
    } catch (CodecException e) {
      throw new HttpException(400, "the body is not " + c.word() + ": " + e.getMessage());
    }
  }

  @Override
  public void stop() {
    stopped = true;
    HttpListener l = listener;
    if (l != null) {
      listener = null;
      l.close();
    }
  }

  @Override
  public Labels labels() {
    return labels;
  }

  @Override
  public Map<String, String> details() {
    return Map.of("address", PushServer.text(listener));
  }
}
