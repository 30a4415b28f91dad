package dev.tethys.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.loki.PushReader;
import dev.tethys.model.telemetry.LogsData;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A Loki that remembers what it is sent. */
public final class LokiDouble implements AutoCloseable {
  /** Texts of all entries, in the order in which they came. */
  public final List<String> lines = Collections.synchronizedList(new ArrayList<>());

  /** Labels of the stream of each line. */
  public final List<String> streams = Collections.synchronizedList(new ArrayList<>());

  public final List<String> tenants = Collections.synchronizedList(new ArrayList<>());
  private final HttpServer server;
  private volatile boolean away;

  public LokiDouble() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/loki/api/v1/push", this::pushed);
    server.start();
  }

  private void pushed(HttpExchange x) throws IOException {
    byte[] sent = x.getRequestBody().readAllBytes();
    if (away) {
      x.sendResponseHeaders(503, -1);
      x.close();
      return;
    }
    byte[] b = Compression.SNAPPY.decompress(sent, 0, sent.length, 64 << 20);
    LogsData d = PushReader.protobuf(b, 0, b.length);
    String tenant = String.valueOf(x.getRequestHeaders().getFirst("X-Scope-OrgID"));
    d.resources()
        .forEach(
            r ->
                r.scopes()
                    .forEach(
                        s ->
                            s.items()
                                .forEach(
                                    i -> {
                                      // The line last: whoever waits for it finds the rest.
                                      streams.add(r.resource().attributes().toString());
                                      tenants.add(tenant);
                                      lines.add(String.valueOf(i.body()));
                                    })));
    x.sendResponseHeaders(204, -1);
    x.close();
  }

  /** Whether it takes nothing. */
  public void away(boolean now) {
    away = now;
  }

  /** Where it is pushed to. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/loki/api/v1/push";
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
